"""The crate beside a result: what the records say, in a form that the validator of RO-Crates accepts."""
import json
import os
import shutil

import pipelines
import pytest
from made import HERE
from pipelines import FOLDER, environment, run

PLUGIN = FOLDER.parents[1]


@pytest.fixture(scope="module")
def specimen(tmp_path_factory):
    return pipelines.shared_specimen(tmp_path_factory)


def crate(*words, code=0, cwd=None):
    env = os.environ | {"PYTHONPATH": str(PLUGIN), "ORDAPT_PROGRAM": str(pipelines.PROGRAM)}
    return run([environment("report"), "-m", "ordapt.pipelines.crate", *words], code, cwd=cwd, env=env)


def read(folder):
    entities = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))["@graph"]
    return {entity["@id"]: entity for entity in entities}


def test_a_chain_from_vendor_file_to_domains(specimen, tmp_path):
    crate(specimen.folder / "domains.nxs", "-o", tmp_path / "crate", "--licence", "https://creativecommons.org/licenses/by/4.0/")
    shutil.copytree(tmp_path / "crate", tmp_path / "bare")
    graph = read(tmp_path / "crate")
    actions = [entity for entity in graph.values() if entity["@type"] == "CreateAction"]
    assert [action["name"].split()[-1] for action in actions if action["name"].startswith(("import", "domains"))]
    assert sorted(action["name"].split()[-1] for action in actions) == ["classify", "classify", "domains", "import", "shuffle"]
    assert {part["@id"] for part in graph["./"]["hasPart"]} == {"domains.nxs", "found.nxs", "null.nxs", "tip.nxs", "control.nxs", "tip.pos", "tip.rrng"}
    assert graph["domains.nxs#domains"]["sha256"] == specimen.digests["domains"]
    found = next(action for action in actions if action["result"][0]["@id"] == "found.nxs")
    values = {graph[one["@id"]]["name"]: graph[one["@id"]] for one in found["object"] if graph[one["@id"]]["@type"] == "PropertyValue"}
    assert values["radius"]["value"] == 0.75 and values["radius"]["unitText"] == "nm" and values["species"]["value"] == "Ni"
    model = next(graph[one["@id"]] for one in found["object"] if graph[one["@id"]].get("name") == "cocrni-002.nxs")
    assert model["@id"].startswith("ni:///sha-256;") and "Network ensemble" in model["description"]
    assert not any(entity["@type"] in ("Person", "Organization") for entity in graph.values()), "nobody's name"


def test_valid_as_process_run_crate(specimen, tmp_path):
    """With the data of the whole chain, with a result alone, and with results of a recipe that stayed in memory."""
    crate(specimen.folder / "domains.nxs", "-o", tmp_path / "chain")
    alone = specimen.copy(tmp_path / "alone", "found.nxs")
    crate(alone / "found.nxs")
    run([pipelines.PROGRAM, "run", "csro", f"tip={specimen.folder / 'tip.nxs'}", f"roi={pipelines.ROI}", "draws=0", "-o", tmp_path / "csro.nxs", "-q"])
    crate(tmp_path / "csro.nxs", "-o", tmp_path / "recipe")
    broken = tmp_path / "broken"
    shutil.copytree(alone, broken)
    text = (broken / "ro-crate-metadata.json").read_text(encoding="utf-8")
    (broken / "ro-crate-metadata.json").write_text(text.replace('"instrument"', '"tool"').replace('"datePublished"', '"when"'), encoding="utf-8")
    folders = [tmp_path / "chain", alone, tmp_path / "recipe", broken]
    done = run([environment("crates"), HERE / "crates.py", pipelines.context(), "process-run-crate", *folders])
    *good, bad = [json.loads(line)["REQUIRED"] for line in done.stdout.splitlines()]
    assert good == [[], [], []] and bad


def test_files_without_a_record_are_refused(specimen, tmp_path):
    assert "E_RECORD" in crate(specimen.folder / "tip.rrng", "-o", tmp_path / "a", code=65).stderr
    assert "E_NOT_FOUND" in crate(tmp_path / "none.nxs", code=66).stderr
    assert not (tmp_path / "a").exists()
