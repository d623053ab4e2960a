"""Peak memory of the program by its own account, on three million ions."""
import pytest

import tool
from tool import ok

MEGABYTES = 50e6


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """3 M synthesised ions as vendor files."""
    folder = tmp_path_factory.mktemp("large")
    ions = ok("synthesise", "--box", "-25,25,-25,25,-26,0", "--domains", "20", "-o", folder / "tip.nxs", "--compression", "none", timeout=120)["summary"]["ions"]
    assert ions > 2.9e6
    ok("export", folder / "tip.nxs", "-o", folder / "tip.pos", timeout=120)
    (folder / "tip.nxs").unlink()
    yield folder, ions
    tool.shutil.rmtree(folder)


def peak(*args):
    return ok(*args, timeout=120)["peak_rss_bytes"]


def test_import_crop_and_range_need_24_bytes_an_ion(large):
    folder, n = large
    calls = {"import": ("import", folder / "tip.pos", folder / "tip.rrng", "-o", folder / "ions.nxs"),
             "crop": ("crop", folder / "ions.nxs", "--roi", "-24,24,-24,24,-25,-1", "-o", folder / "crop.nxs"),
             "range": ("range", folder / "ions.nxs", "-o", folder / "range.nxs")}
    found = {name: (peak(*args) - MEGABYTES) / n for name, args in calls.items()}
    assert all(bytes_an_ion <= 24 for bytes_an_ion in found.values()), found


@pytest.mark.parametrize("method", ["dbscan", "max_separation"])
def test_domains_need_40_bytes_an_ion(method, large):
    folder, n = large
    if not (folder / "ions.nxs").exists():
        ok("import", folder / "tip.pos", folder / "tip.rrng", "-o", folder / "ions.nxs")
    assert (peak("domains", folder / "ions.nxs", "--method", method, "-o", folder / f"{method}.nxs") - MEGABYTES) / n <= 40


def test_a_slab_holds_only_its_ions(large):
    """What is left beside the ions of an eighth are the pieces that the file is read in, the same for any number of ions."""
    folder, n = large
    if not (folder / "ions.nxs").exists():
        ok("import", folder / "tip.pos", folder / "tip.rrng", "-o", folder / "ions.nxs")
    call = ("sdm", folder / "ions.nxs", "--pairs", "Ni-Ni", "--roi", "-3,3,-3,3,-25,-1", "--threads", "1")
    whole = ok(*call, "-o", folder / "whole.nxs", timeout=120)
    parts = [ok(*call, "--slab", f"{k}/8", "-o", folder / f"part{k}.nxs", timeout=120) for k in range(1, 9)]
    merged = ok("merge", *(folder / f"part{k}.nxs" for k in range(1, 9)), "--threads", "1", "-o", folder / "merged.nxs", timeout=120)
    assert tool.digest(merged) == tool.digest(whole)
    assert whole["peak_rss_bytes"] > 13 * n + 20e6
    for document in (*parts, merged):
        assert (document["peak_rss_bytes"] - 1.5 * MEGABYTES) / n <= 4, document["peak_rss_bytes"]


def test_dry_run_predicts_enough(large):
    folder, n = large
    if not (folder / "ions.nxs").exists():
        ok("import", folder / "tip.pos", folder / "tip.rrng", "-o", folder / "ions.nxs")
    predicted = ok("domains", folder / "ions.nxs", "--dry-run")["predicted_bytes"]
    assert 1.1 * predicted + MEGABYTES >= peak("domains", folder / "ions.nxs", "-o", folder / "again.nxs", "--overwrite") >= predicted / 20
