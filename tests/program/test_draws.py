"""Shuffled controls that `domains` draws itself: the step that selected the ions is run again, from a file, in a recipe, at replay."""
import shutil

import pytest

from tool import digest, fails, ok

SAME = ("domains", "control_domains", "controls", "mu", "chi2", "p_value", "mu_low", "mu_high", "significant_domains")
SPARSE = ("--species", "Ni", "--eps", "0.2")  # many small domains: the network of these tests selects most ions


def figures(document):
    return {name: document["summary"].get(name) for name in SAME}


def test_a_drawn_control_is_the_given_one(house, tmp_path):
    given = ok("domains", house.classify, *SPARSE, "--control", house.null, "--seed", 6, "-o", tmp_path / "given.nxs", "--search", house.folder)
    drawn = ok("domains", house.classify, *SPARSE, "--draws", 1, "--seed", 6, "-o", tmp_path / "drawn.nxs", "--search", house.folder)
    assert given["summary"]["controls"] == 1 and given["summary"]["domains"] > 50 and figures(given) == figures(drawn)
    assert figures(ok("domains", house.classify, *SPARSE, "--draws", 1, "--seed", 7, "-o", tmp_path / "other.nxs", "--search", house.folder)) != figures(drawn)


RECIPE = """control = shuffle  tip seed=6
found   = classify tip     model=net species=Ni,Co threshold=0.5
null    = classify control model=net species=Ni,Co threshold=0.5
domains = domains  found   control=null draws=3 seed=6
"""


def test_draws_in_a_recipe_from_files_and_at_replay(house, tmp_path):
    for name in (house.range, house.net):
        shutil.copy2(name, tmp_path)
    (tmp_path / "a.recipe").write_text(RECIPE)
    document = ok("run", tmp_path / "a.recipe", f"tip={tmp_path}/range.nxs", f"net={tmp_path}/net.nxs", "-o", tmp_path / "out.nxs", "--threads", 1)
    whole = document["records"][-1]
    assert set(whole["summary"]) == {"Ni", "Co"} and all(part["controls"] == 4 for part in whole["summary"].values())
    assert all(record["same"] for record in ok("replay", tmp_path / "out.nxs", "--threads", 3)["records"])
    ok("shuffle", tmp_path / "range.nxs", "--seed", 6, "-o", tmp_path / "control.nxs")
    for ions, name in (("range", "found"), ("control", "null")):
        ok("classify", tmp_path / f"{ions}.nxs", "--model", tmp_path / "net.nxs", "--species", "Ni,Co", "--threshold", 0.5, "-o", tmp_path / f"{name}.nxs")
    single = ok("domains", tmp_path / "found.nxs", "--control", tmp_path / "null.nxs", "--draws", 3, "--seed", 6, "-o", tmp_path / "domains.nxs")
    assert digest(single) == whole["results_sha256"]
    assert all(record["same"] for record in ok("replay", tmp_path / "domains.nxs")["records"])
    nickel = ok("classify", tmp_path / "range.nxs", "--model", tmp_path / "net.nxs", "--species", "Ni", "--threshold", 0.5, "-o", tmp_path / "nickel.nxs")
    assert nickel["summary"]["ions_selected"] == single["summary"]["Ni"]["ions"]


def test_what_cannot_be_drawn(house, tmp_path):
    fails(64, "E_PARAMETER_VALUE", "domains", house.range, "--draws", 2, "-o", tmp_path / "x.nxs")
    fails(64, "E_PARAMETER_VALUE", "domains", house.tip, "--species", "Ni", "--draws", 2, "--selection", house.tip, "-o", tmp_path / "x.nxs")
    assert ok("domains", house.range, "--species", "Ni", "--draws", 2, "-o", tmp_path / "y.nxs")["summary"]["controls"] == 2


@pytest.mark.parametrize("threads", [1, 3])
def test_the_model_of_a_file_must_be_there(threads, house, tmp_path):
    for name in (house.range, house.classify):
        shutil.copy2(name, tmp_path)
    fails(66, "E_INPUT_NOT_FOUND", "domains", tmp_path / "classify.nxs", "--draws", 2, "--threads", threads, "-o", tmp_path / "x.nxs")
