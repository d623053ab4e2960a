"""Cubes of `synthesise`, as a user meets them: a bank from one seed, ordinary ions for the other steps, a record that replays."""
import h5py
import numpy as np
import pytest

from tool import call, digest, fails, ok

GROUP = "entry1/synthesise/synthesise1/"


def table(file, *names):
    return [file[f"{GROUP}{name}"][()] for name in names]


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    path = tmp_path_factory.mktemp("cubes") / "bank.nxs"
    ok("synthesise", "--preset", "au-cu", "--cubes", 12, "--cells", "8,12", "--cube-domains", "2,3,5,6", "-o", path)
    return path


def test_the_table_describes_the_ions(bank):
    with h5py.File(bank) as file:
        cube, domain, first, ions, x, y, part, domains = table(file, "truth/cube", "truth/domain", "cubes/first_ion", "cubes/ions", "cubes/x", "cubes/y",
                                                               "cubes/part", "cubes/domains")
        places = file["entry1/atom_probe1/reconstruction/reconstructed_positions"][()]
        assert file[f"{GROUP}cubes/part"].attrs["long_name"] == "part: 0 training,1 validation,2 test"
    assert list(part) == [0] * 10 + [1, 2] and np.array_equal(np.repeat(np.arange(1, 13), ions.astype(int)), cube)
    last = 0
    for k in range(12):
        rows = slice(int(first[k]), int(first[k] + ions[k]))
        inside = set(domain[rows]) - {0}
        assert inside <= set(range(last + 1, last + int(domains[k]) + 1)) and inside
        last += int(domains[k])
        assert np.abs(places[rows, 0] - x[k]).max() < 6 and np.abs(places[rows, 1] - y[k]).max() < 6 and np.abs(places[rows, 2]).max() < 6


def test_any_number_of_threads_gives_the_same_and_replay_too(bank, tmp_path):
    seen = {digest(ok("synthesise", "--preset", "co-alloy", "--cubes", 4, "--cells", "6,9", "--threads", t, "-o", tmp_path / f"{t}.nxs")) for t in (1, 2, 3)}
    assert len(seen) == 1
    assert call("replay", bank).code == 0 and call("verify", bank).code == 0


def test_other_steps_take_the_cubes_as_ions(bank, tmp_path):
    whole = ok("domains", bank, "--selection", bank, "--method", "max_separation", "--eps", "0.4", "-o", tmp_path / "d.nxs")["summary"]
    assert whole["domains"] >= 12
    part = tmp_path / "one.nxs"
    with h5py.File(bank) as file:
        x, y, ions, cube, domain = table(file, "cubes/x", "cubes/y", "cubes/ions", "truth/cube", "truth/domain")
    roi = f"{x[6] - 9},{x[6] + 9},{y[6] - 9},{y[6] + 9},-9,9"
    assert ok("crop", bank, "--roi", roi, "-o", part)["summary"]["ions"] == ions[6]
    selected = ok("density_map", part, "--selection", bank, "-o", tmp_path / "m.nxs")["summary"]["ions"]
    assert selected == np.count_nonzero(domain[cube == 7])


def test_one_specimen_takes_no_ranges_and_cubes_take_no_box(tmp_path):
    out = tmp_path / "x.nxs"
    fails(64, "E_PARAMETER_VALUE", "synthesise", "--efficiency", "0.4,0.8", "-o", out)
    fails(64, "E_PARAMETER_CHOICE", "synthesise", "--noise", "published", "-o", out)
    fails(64, "E_PARAMETER_VALUE", "synthesise", "--cubes", 2, "--box", "-3,3,-3,3,-6,0", "-o", out)
    fails(64, "E_PARAMETER_CHOICE", "synthesise", "--cubes", 2, "--structure", "bcc", "-o", out)
    assert not out.exists()


def probabilities(path):
    with h5py.File(path) as file:
        group = file["entry1/segment/segment1/probability"]
        return group["probability"][()], group["by_block"][()]


def test_a_network_learns_from_cubes_and_segments_them(bank, tmp_path):
    network, copy, found = tmp_path / "network.nxs", tmp_path / "again.nxs", tmp_path / "found.nxs"
    words = ("train", bank, "--preset", "au-cu", "--blocks", 2, "--epochs", 1, "--neighbours", 8)
    done = ok(*words, "--threads", 3, "-o", network)
    summary = done["summary"]
    assert summary["cubes"] == 12 and summary["members"] == 1 and 0.3 < summary["test_auc"] <= 1
    assert digest(ok(*words, "--threads", 1, "-o", copy)) == digest(done)
    assert call("replay", network, "--search", bank.parent).code == 0 and call("verify", network, "--search", bank.parent).code == 0
    ok("segment", bank, "--model", network, "-o", found)
    p, by_block = probabilities(found)
    with h5py.File(bank) as file:
        cube, domain, part = table(file, "truth/cube", "truth/domain", "cubes/part")
    test, threshold = part[cube - 1] == 2, 0.3
    with h5py.File(network) as file:
        recall = file["entry1/train/train1/blocks/recall"][()]
    assert by_block.shape == (len(p), 2)
    for block in range(2):
        assert np.isclose(np.mean(by_block[test & (domain > 0), block] > threshold), recall[block], atol=1e-12)


def test_a_network_of_neighbours_needs_cubes(bank, tmp_path):
    specimen, out = tmp_path / "specimen.nxs", tmp_path / "x.nxs"
    ok("synthesise", "--box", "-3,3,-3,3,-6,0", "--domains", 2, "-o", specimen)
    assert "synthesise --cubes" in fails(65, "E_INPUT_KIND", "train", specimen, "--preset", "au-cu", "-o", out)["text"]
    fails(65, "E_INPUT_KIND", "train", bank, "--preset", "cocrni-002", "-o", out)
    fails(64, "E_PARAMETER_VALUE", "train", bank, "--preset", "au-cu", "--dense", 64, "-o", out)
    assert not out.exists()
