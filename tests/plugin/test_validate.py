"""Every kind of file we write, judged by the real pynxtools: by NXapm as it comes, and by our own definitions."""
import pathlib
import re
import shutil

import h5py
import pytest

from made import NETWORK_RECIPES, RECIPES, RUNS, judge, ordapt

MADE = [name for name, _ in RECIPES + RUNS + NETWORK_RECIPES]
MISSING_UNITS = re.compile(r"WARNING: The required attribute (/\S+)/@units hasn't been supplied\.$")


def nexus_of(name):
    """A side-car holds the record of what is no NeXus file itself."""
    return name if name.endswith(".nxs") else name + ".nxs"


def subentries(path):
    with h5py.File(path, "r") as file:
        return [(f"/entry1/{name}", group["definition"][()].decode()) for name, group in file["entry1"].items()
                if isinstance(group, h5py.Group) and group.attrs.get("NX_class") == "NXsubentry"]


@pytest.fixture(scope="module")
def verdicts(workshop, overlay):
    """By stock NXapm, by NXapm with units as categories, and per subentry by our definition."""
    files = workshop.files()
    whole = [[path, "/entry1", "NXapm"] for path in files]
    parts = [[path, group, definition] for path in files for group, definition in subentries(path)]
    out = {path.name: {"stock": None, "amended": None, "ours": {}} for path in files}
    for (path, *_), verdict in zip(whole, judge(whole)):
        out[path.name]["stock"] = verdict
    for (path, group, definition), verdict in zip(whole + parts, judge(whole + parts, overlay)):
        if definition == "NXapm":
            out[path.name]["amended"] = verdict
        else:
            out[path.name]["ours"][group] = verdict
    return out


def real_findings(path, verdict):
    """Without those that say an attribute `units` is missing which is there (see the fixture overlay)."""
    findings = []
    with h5py.File(path, "r") as file:
        for line in verdict["findings"]:
            match = MISSING_UNITS.match(line)
            if not (match and match.group(1) in file and "units" in file[match.group(1)].attrs):
                findings.append(line)
    return findings


@pytest.mark.parametrize("name", MADE)
def test_stock_nxapm_has_nothing_to_say(workshop, verdicts, name):
    workshop.file(name)
    path = workshop.file(nexus_of(name))
    verdict = verdicts[path.name]["stock"]
    assert real_findings(path, verdict) == []
    assert verdict["valid"] or verdict["findings"], "invalid without a reason"


@pytest.mark.parametrize("name", MADE)
def test_nxapm_with_units_as_categories_calls_it_valid(workshop, verdicts, name):
    path = workshop.file(nexus_of(name))
    assert verdicts[path.name]["amended"] == {"valid": True, "findings": []}


@pytest.mark.parametrize("name", MADE)
def test_our_definition_calls_every_subentry_valid(workshop, verdicts, name):
    path = workshop.file(nexus_of(name))
    ours = verdicts[path.name]["ours"]
    assert ours, "no subentry"
    assert {group: verdict for group, verdict in ours.items() if verdict != {"valid": True, "findings": []}} == {}


def test_a_recipe_file_is_valid(workshop, overlay):
    """Several steps in one file."""
    (workshop.folder / "two.recipe").write_text(
        "# two.recipe - shares of a part\nparam roi = -4,4,-4,4,-12,-4\npart = crop tip roi=$roi\nshares = composition part\n"
        "mixed = shuffle part seed=7\n", encoding="utf-8")
    ordapt("run", "two.recipe", "tip=tip.nxs", "-o", "two.nxs", folder=workshop.folder)
    path = workshop.folder / "two.nxs"
    jobs = [[path, "/entry1", "NXapm"]] + [[path, group, definition] for group, definition in subentries(path)]
    assert len(jobs) == 4
    assert judge(jobs, overlay) == [{"valid": True, "findings": []}] * 4


MODELS = sorted((pathlib.Path(__file__).resolve().parents[2] / "examples/models").glob("*.nxs"))


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_shipped_model_is_valid(path, overlay):
    """Its bank is a record without results."""
    jobs = [[path, "/entry1", "NXapm"]] + [[path, group, definition] for group, definition in subentries(path)]
    assert len(jobs) == 3 and judge(jobs, overlay) == [{"valid": True, "findings": []}] * 3


# ---- the judge itself: a check that never complains is none ----

def spoil_entry(file):
    del file["entry1/operation_mode"]


def spoil_units(file):
    file["entry1/specimen_reference_frame/x"].attrs["units"] = "K"


def spoil_class(file):
    file["entry1/crop/crop1"].create_group("odd").attrs["NX_class"] = "NXcg_grid"


def spoil_free_field(file):
    file["entry1/crop"]["results"] = "text where none may be"


@pytest.mark.parametrize("spoil", [spoil_entry, spoil_units, spoil_class, spoil_free_field])
def test_pynxtools_finds_a_broken_file(workshop, overlay, tmp_path, spoil):
    path = tmp_path / "broken.nxs"
    shutil.copy(workshop.file("crop.nxs"), path)
    with h5py.File(path, "r+") as file:
        spoil(file)
    verdict = judge([[path, "/entry1", "NXapm"]], overlay)[0]
    assert not verdict["valid"] and verdict["findings"]


def spoil_summary(file):
    del file["entry1/crop/crop1/summary/ions_before"]


def spoil_type(file):
    del file["entry1/crop/crop1/summary/ions"]
    file["entry1/crop/crop1/summary/ions"] = 1.5


def spoil_origin(file):
    del file["entry1/crop/config/origin/every"]
    file["entry1/crop/config/origin/every"] = "guessed"


def spoil_digest(file):
    del file["entry1/crop/results_sha256/checksum"]


def spoil_environment(file):
    del file["entry1/crop/environment"]


@pytest.mark.parametrize("spoil", [spoil_summary, spoil_type, spoil_origin, spoil_digest, spoil_environment])
def test_our_definition_finds_a_broken_record(workshop, overlay, tmp_path, spoil):
    path = tmp_path / "broken.nxs"
    shutil.copy(workshop.file("crop.nxs"), path)
    with h5py.File(path, "r+") as file:
        spoil(file)
    verdict = judge([[path, "/entry1/crop", "NXapm_ordapt_crop_results"]], overlay)[0]
    assert not verdict["valid"] and verdict["findings"]
