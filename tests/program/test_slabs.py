"""A step split into slabs and merged is the step: same digest, and nothing but the slabs of one run is taken."""
import shutil

import pytest

import tool
from tool import digest, fails, ok

CALLS = {
    "sdm": lambda h: ("sdm", h.range, "--pairs", "Ni-Ni,Co-Cr", "--roi", "-3,3,-3,3,-7,-2"),
    "sdm_tree": lambda h: ("sdm", h.range, "--pairs", "Ni-Ni", "--mode", "tree", "--radius", "0.5", "--roi", "-2,2,-2,2,-6,-2"),
    "sdm_plane": lambda h: ("sdm", h.range, "--pairs", "Ni-Ni", "--dimensions", "2", "--roi", "-2,2,-2,2,-5,-2", "--bins", "40", "--crop-first", "0",
                            "--crop-bins", "40"),
    "sdm_picture": lambda h: ("sdm", h.range, "--pairs", "Ni-Ni", "--dimensions", "2", "--roi", "-2,2,-2,2,-5,-2", "--picture", "levels", "--pixels", "20"),
    "superlattice": lambda h: ("superlattice", h.range, "--species", "Ni,Co", "--joint", "true", "--period", "0.36", "--radii", "0.8,1.2"),
    "neighbours": lambda h: ("neighbours", h.range, "--k", "3", "--draws", "2"),
    "neighbours_pairs": lambda h: ("neighbours", h.range, "--pairs", "Ni-Ni,Cr-Co", "--k", "5", "--draws", "5"),
    "warren_cowley": lambda h: ("warren_cowley", h.range, "--pairs", "Ni-Ni,Cr-Co", "--k", "4,7", "--draws", "40"),
    "warren_cowley_shells": lambda h: ("warren_cowley", h.range, "--pairs", "Ni-Ni,Cr-Co", "--lattice", "fcc", "--lattice-parameter", "0.356", "--draws", "5",
                                       "--layers", "5"),
    "classify_turned": lambda h: ("classify", h.range, "--model", h.net, "--species", "Ni", "--class", "1,FCC", "--threshold", "0.5,2", "--direction", "0.05,0.1,1",
                                  "--roi", "-3,3,-3,3,-8,-2"),
    "classify": lambda h: ("classify", h.range, "--model", h.net, "--species", "Ni", "--threshold", "0.5"),
    "classify_two": lambda h: ("classify", h.range, "--model", h.net, "--species", "Ni,Co", "--nan", "zero", "--threshold", "0.5"),
}


def slabs(args, n, folder):
    parts = [folder / f"part{k}.nxs" for k in range(1, n + 1)]
    for k, part in enumerate(parts, 1):
        ok(*args, "--slab", f"{k}/{n}", "-o", part)
    return parts


@pytest.fixture
def place(house, tmp_path):
    """Where the inputs are found beside the parts."""
    house.range, house.net
    for name in ("range.nxs", "net.nxs"):
        shutil.copy2(house.folder / name, tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", list(CALLS))
@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_merged_slabs_have_the_digest_of_one_run(name, n, house, place):
    args = CALLS[name](house)
    whole = ok(*args, "-o", place / "whole.nxs")
    parts = slabs(args, n, place)
    merged = ok("merge", *reversed(parts), "-o", place / "merged.nxs")
    assert digest(merged) == digest(whole) and merged["summary"] == whole["summary"]
    assert merged["output"]["bytes"] < 1.1 * whole["output"]["bytes"], "what classes of a species share is there once"
    if n == 3:
        assert ok("verify", place / "merged.nxs", "--search", house.folder)
        assert ok("replay", place / "merged.nxs")["records"][0]["same"]
        assert ok("replay", parts[1])["records"][0]["same"], "a part replays as the part it is"


def test_more_slabs_than_layers(house, place):
    args = ("classify", house.range, "--model", house.net, "--species", "Ni", "--roi", "-2,2,-2,2,-5,-3", "--threshold", "0.5")
    whole = ok(*args, "-o", place / "whole.nxs")
    parts = slabs(args, 9, place)
    assert digest(ok("merge", *parts, "-o", place / "merged.nxs")) == digest(whole)


def test_merged_results_go_on_like_others(house, place):
    args = CALLS["classify"](house)
    ok("merge", *slabs(args, 2, place), "-o", place / "merged.nxs")
    ok(*args, "-o", place / "whole.nxs")
    a = ok("domains", place / "merged.nxs", "-o", place / "a.nxs")
    assert a["summary"] == ok("domains", place / "whole.nxs", "-o", place / "b.nxs")["summary"]


def test_parts_that_are_not_the_slabs_of_one_run_are_refused(house, place):
    args = CALLS["sdm"](house)
    a = slabs(args, 3, place)
    out = place / "x.nxs"
    other = place / "other"
    other.mkdir()
    b = slabs((*args, "--radius", "0.7"), 3, other)
    c = place / "two.nxs"
    ok(*args, "--slab", "2/2", "-o", c)
    d = place / "shuffled.nxs"
    ok("shuffle", house.range, "-o", place / "s.nxs")
    ok("sdm", place / "s.nxs", *args[2:], "--slab", "2/3", "-o", d)
    ok(*args, "-o", place / "whole.nxs")
    for parts in (a[:2], a[1:], [a[0], a[1], a[1]], [*a, a[0]], [a[0], b[1], a[2]], [a[0], c], [a[0], d, a[2]], [place / "whole.nxs"],
                  [place / "whole.nxs", a[0]], [house.range], [a[0], house.composition, a[2]]):
        error = fails(65, "E_SLABS", "merge", *parts, "-o", out)
        assert error["file"]
    fails(66, "E_NOT_FOUND", "merge", a[0], place / "none.nxs", "-o", out)
    fails(65, ("E_H5_OPEN", "E_SLABS", "E_RECORD"), "merge", house.pos, "-o", out)
    assert not out.exists()


def test_a_changed_part_is_refused(house, place):
    h5py = pytest.importorskip("h5py")
    parts = slabs(CALLS["sdm"](house), 2, place)
    with h5py.File(parts[0], "r+") as file:
        counts = file["entry1/sdm/sdm1/maps/counts"]
        counts[0, 0, 0] = counts[0, 0, 0] + 1
    fails(65, "E_DIGEST", "merge", *parts, "-o", place / "x.nxs")


def test_a_part_is_no_whole_result(house, place):
    """Half a scan must not silently pass for the selection of a specimen."""
    part = slabs(CALLS["classify"](house), 2, place)[0]
    fails(65, ("E_SLABS", "E_INPUT_KIND"), "domains", part, "-o", place / "x.nxs")


def test_steps_without_slabs_refuse_the_option(house, tmp_path):
    for args in (("crop", house.range), ("composition", house.range), ("domains", house.range), ("shuffle", house.range), ("synthesise",)):
        error = fails(64, "E_SLAB", *args, "--slab", "1/2", "-o", tmp_path / "x.nxs")
        assert error["parameter"] == "slab"
    assert not tool.listing(tmp_path)


def test_slabs_tell_which_in_their_record(house, place, steps):
    assert steps["sdm"]["has_slabs"] and steps["classify"]["has_slabs"] and not steps["crop"]["has_slabs"]
    parts = slabs(CALLS["sdm"](house), 2, place)
    assert len({digest(ok("sdm", *CALLS["sdm"](house)[1:], "--slab", f"{k}/2", "-o", place / f"again{k}.nxs")) for k in (1, 2)}) == 2
    assert "1/2" in tool.call("show", parts[0]).out
