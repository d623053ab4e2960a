"""What NOMAD makes of results: entries with figures, a graph from the specimen to the report, models that can be reached, forms that start actions."""
from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import pytest
from lab import Lab
from stack import Stack


@pytest.fixture(scope="module")
def converted(nomad: Stack, specimen: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A specimen that pynxtools-apm made of vendor files."""
    folder = tmp_path_factory.mktemp("converted")
    for name in ("tip.pos", "tip.rrng"):
        shutil.copy(specimen / name, folder / name)
    (folder / "x.oasis.specific.yaml").write_text("common: {}\n")  # without it the converter stumbles
    subprocess.run([pathlib.Path(sys.executable).with_name("pynx"), "convert", "tip.pos", "tip.rrng", "x.oasis.specific.yaml", "--reader", "apm", "--nxdl", "NXapm", "--output",
                    "run42.nxs"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return folder / "run42.nxs"


@pytest.fixture(scope="module")
def found(nomad: Stack, converted: pathlib.Path, specimen: pathlib.Path) -> tuple[Lab, dict[str, Any], dict[str, Any]]:
    """An upload with a vendor file, a converted specimen, an import and the csro recipe, as NOMAD has read it."""
    lab = Lab(converted, specimen / "tip.pos", specimen / "tip.rrng")
    imported = lab.done("import", input_path=["tip.pos", "tip.rrng"])
    document = lab.done("recipe", recipe="csro", inputs={"tip": "run42.nxs"}, values={"species": "Ni"}, output_name="order")
    lab.process()
    return lab, imported, document


def references(lab: Lab, mainfile: str) -> set[str]:
    """Main files that an entry refers to, as NOMAD resolved them."""
    told = lab.archive(mainfile)["metadata"].get("entry_references", [])
    return {item["target_mainfile"] for item in told if item.get("target_mainfile")}


def test_every_file_becomes_an_entry_without_an_error(found: tuple[Lab, dict[str, Any], dict[str, Any]]) -> None:
    lab, imported, document = found
    entries = lab.entries()
    states = {name: entry.process_status for name, entry in entries.items()}
    assert set(states.values()) == {"SUCCESS"}, {name: (entry.process_status, entry.errors) for name, entry in entries.items() if entry.process_status != "SUCCESS"}
    name = imported["output"]["file"]
    assert {"run42.nxs", name, name.replace(".nxs", ".archive.json"), "results/order.nxs", "results/order.archive.json", "results/models/cocrni-002.nxs",
            "results/models/cocrni-002.archive.json", "results/workflow.archive.yaml"} <= set(states)


@pytest.mark.parametrize(("mainfile", "names"), [("results/order.nxs", {"control", "found", "null", "why", "domains"}), ("results/models/cocrni-002.nxs", {"bank", "net"})])
def test_every_step_in_a_file_is_kept(found: tuple[Lab, dict[str, Any], dict[str, Any]], mainfile: str, names: set[str]) -> None:
    """As a section of its own, though NOMAD does not know our definitions."""
    entry = found[0].archive(mainfile)["data"]["ENTRY"][0]
    assert names == {part["name"] for part in entry["SUBENTRY"]}


def test_a_result_is_one_entry_and_not_a_hundred(found: tuple[Lab, dict[str, Any], dict[str, Any]]) -> None:
    """NeXus fields named identifier would each make one more."""
    names = sorted(found[0].entries())
    assert len(names) <= 12, names


def test_the_result_tells_what_was_found(found: tuple[Lab, dict[str, Any], dict[str, Any]]) -> None:
    lab, _, document = found
    data = lab.archive("results/order.archive.json")["data"]
    assert data["m_def"] == "ordapt.nomad.schema.OrdaptResult" and data["step"] == "recipe csro" and [part["species"] for part in data["order"]] == ["Ni"]
    assert data["domains"] == document["summary"]["domains"] and data["results_sha256"] == document["output"]["results_sha256"]
    assert [step["step"] for step in data["steps"]][:2] == ["shuffle", "classify"] and data["report_file"] == "results/order.html"
    assert data["figures"] and all(figure["figure"]["data"] for figure in data["figures"])


def test_from_a_result_one_reaches_its_model_its_training_and_its_bank(found: tuple[Lab, dict[str, Any], dict[str, Any]]) -> None:
    lab = found[0]
    assert "results/models/cocrni-002.archive.json" in references(lab, "results/order.archive.json")
    model = lab.archive("results/models/cocrni-002.archive.json")["data"]
    assert model["training"]["step"] == "train" and model["bank"]["step"] == "bank" and len(model["model_sha256"]) == 64
    assert references(lab, "results/models/cocrni-002.archive.json") == {"results/models/cocrni-002.nxs"}
    assert model["model_sha256"] == json.loads(model["training"]["summary"])["model_sha256"]


def test_the_chain_leads_from_the_vendor_file_to_the_report(found: tuple[Lab, dict[str, Any], dict[str, Any]]) -> None:
    lab, imported, _ = found
    made = imported["output"]["file"]
    archive = lab.archive("results/workflow.archive.yaml")
    assert references(lab, "results/workflow.archive.yaml") >= {made, made.replace(".nxs", ".archive.json"), "run42.nxs", "results/order.nxs", "results/order.archive.json",
                                                               "results/models/cocrni-002.archive.json"}
    tasks = {task["name"]: task for task in archive["workflow2"]["tasks"]}
    assert list(tasks) == ["import", "recipe csro", "report of order.nxs"]
    for task in tasks.values():
        assert task["inputs"] and task["outputs"] and all(link["section"].startswith("../upload/archive/") for link in task["inputs"] + task["outputs"])
    assert tasks["recipe csro"]["outputs"][0]["section"] == tasks["report of order.nxs"]["inputs"][0]["section"], "an arrow needs equal sections on both ends"
    assert {link["name"] for link in archive["workflow2"]["inputs"]} == {"files: tip.pos", "files: tip.rrng", "tip: run42.nxs"}


def form(lab: Lab, name: str, data: dict[str, Any]) -> None:
    """What the browser writes where a person edits an entry."""
    (lab.raw / name).write_text(json.dumps({"data": data}))
    lab.process()


def test_a_form_starts_its_action_and_leads_to_the_result(nomad: Stack, lab: Lab) -> None:
    asked = {"m_def": "ordapt.nomad.schema.Composition", "input_path": "tip.nxs", "parameters": {"decompose": False}, "output_name": "mine"}
    form(lab, "mine.archive.json", asked | {"start": True})
    started = lab.archive("mine.archive.json")["data"]
    assert started["action_instance"].startswith("ordapt.nomad:composition_action-") and not started.get("start") and started["status"] in ("RUNNING", "COMPLETED")
    assert lab.wait(started["action_instance"]).status == "COMPLETED"
    form(lab, "mine.archive.json", {name: value for name, value in started.items() if name != "figures"} | {"refresh": True})
    ended = lab.archive("mine.archive.json")["data"]
    assert ended["status"] == "COMPLETED" and ended["result_file"] == "results/mine.nxs" and ended["figures"]
    assert "results/mine.archive.json" in references(lab, "mine.archive.json")


def test_a_form_shows_the_words_of_the_engine(nomad: Stack, lab: Lab) -> None:
    form(lab, "wrong.archive.json", {"m_def": "ordapt.nomad.schema.Sdm", "input_path": "tip.nxs", "parameters": {"radius": 5e-6}, "start": True})
    told = lab.archive("wrong.archive.json")["data"]
    assert "E_PARAMETER_RANGE" in told["message"] and not told.get("action_instance")


def test_the_example_runs(nomad: Stack) -> None:
    """Its three buttons, one after the other."""
    import ordapt.nomad

    lab = Lab()
    ordapt.nomad.csro_example.load(str(lab.raw))
    lab.process()
    for name in ("1-specimen", "2-order", "3-score"):
        path = lab.raw / f"{name}.archive.json"
        path.write_text(json.dumps({"data": json.loads(path.read_text())["data"] | {"start": True}}))
        lab.process()
        ended = lab.wait(lab.archive(f"{name}.archive.json")["data"]["action_instance"])
        assert ended.status == "COMPLETED", ended.text
    assert {"results/specimen.nxs", "results/order.nxs", "results/order.html", "results/score.nxs"} <= set(lab.paths())


def test_the_application_shows_forms_and_the_app(nomad: Stack) -> None:
    """Over REST: the forms of all actions, with units and bounds."""
    import urllib.request

    if "app" not in nomad.processes:
        pytest.skip("no application in this stack")
    with urllib.request.urlopen(f"{nomad.wait_for_app()}/actions/schemas", timeout=60) as answer:
        forms = {item["action_id"]: item for item in json.load(answer)}
    radius = forms["ordapt.nomad:sdm_action"]["json_schema"]["properties"]["parameters"]["properties"]["radius"]
    assert radius["title"] == "radius [nm]" and radius["minimum"] == 0.01 and radius["maximum"] == 100 and "default 0.75 nm" in radius["description"]
    assert "user_id" not in forms["ordapt.nomad:sdm_action"]["json_schema"]["properties"]
