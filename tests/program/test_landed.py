"""Files of earlier versions stay readable; a step that has not changed replays to the same digest, and one that has says so.

Archives are made by landed/make.py when a version lands."""
import pathlib
import tarfile

import pytest

import tool
from tool import call, ok

ARCHIVES = sorted((pathlib.Path(__file__).parent / "landed").glob("*.tar.xz"))


def members():
    for archive in ARCHIVES:
        with tarfile.open(archive) as tar:
            for name in sorted(tar.getnames()):
                if name.endswith(".nxs"):
                    yield pytest.param(archive, name, id=f"{archive.name.split('.')[0]}-{name}")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folders = {}
    for archive in ARCHIVES:
        folders[archive] = tmp_path_factory.mktemp("landed")
        with tarfile.open(archive) as tar:
            tar.extractall(folders[archive], filter="data") if hasattr(tarfile, "data_filter") else tar.extractall(folders[archive])
    return folders


def test_there_are_archives():
    assert ARCHIVES


@pytest.mark.parametrize("archive, name", list(members()))
def test_it_is_shown_and_verified(archive, name, unpacked):
    path = unpacked[archive] / name
    assert name in call("show", path).out
    assert name in [record["file"] for record in ok("verify", path)["records"]]


@pytest.mark.parametrize("archive, name", list(members()))
def test_it_replays_or_says_that_the_step_has_changed(archive, name, unpacked, steps):
    path = unpacked[archive] / name
    result = call("replay", path, "--json", timeout=120)
    records = result.json["records"]
    for record in records:
        assert record["version_now"] == steps[record["step"]]["version"]
        assert record["same"] or record["version"] < record["version_now"], record
    differing = [record for record in records if not record["same"]]
    assert result.code == (65 if differing else 0), result
    if differing:
        assert "has changed since" in result.json["error"]["text"]
        assert any(warning["code"] == "W_VERSION" for warning in result.json["warnings"])
        told = [line for line in call("replay", path, timeout=120).out.splitlines() if "DIFFERS" in line]
        assert len(told) == len(differing) and all("of the step instead of" in line for line in told), told


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.name.split(".")[0])
def test_its_files_are_inputs(archive, unpacked, tmp_path):
    """Ions, networks, selections and controls of then, in steps of now."""
    folder = unpacked[archive]
    ok("crop", folder / "tip.nxs", "--every", "2", "-o", tmp_path / "crop.nxs")
    ok("composition", folder / "range.nxs", "-o", tmp_path / "composition.nxs")
    ok("classify", folder / "range.nxs", "--model", folder / "net.nxs", "--species", "Ni", "--threshold", "0.5", "-o", tmp_path / "found.nxs")
    ok("domains", folder / "classify.nxs", "--control", folder / "null.nxs", "-o", tmp_path / "domains.nxs")
    ok("density_map", folder / "domains.nxs", "-o", tmp_path / "map.nxs")
    ok("score", folder / "found.nxs", "--truth", folder / "tip.nxs", "-o", tmp_path / "score.nxs")
    for path in sorted(tmp_path.glob("*.nxs")):
        ok("verify", path, "--search", folder)
        ok("replay", path, "--search", folder)


def test_networks_of_then_and_now_answer_alike(unpacked, tmp_path):
    """What a file of then did not say - pictures, a direction, a temperature - changes no answer."""
    folder, told = unpacked[ARCHIVES[0]], []
    ok("import", folder / "net_0.h5", folder / "net_1.h5", "-o", tmp_path / "net.nxs")
    for net in (folder / "net.nxs", tmp_path / "net.nxs"):
        summary = ok("classify", folder / "range.nxs", "--model", net, "--species", "Ni", "--threshold", "0.5", "-o", tmp_path / "x.nxs", "--overwrite")["summary"]
        told.append({name: value for name, value in summary.items() if name != "model_sha256"})
    assert told[0] == told[1]
