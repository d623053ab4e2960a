"""The CWL tools and workflows, run by cwltool: digests as by hand, provenance as a valid crate, bad input told by the engine."""
import json
import shutil

import pipelines
import pytest
from made import HERE
from pipelines import FOLDER, digest, environment, on_path, run

CWL = FOLDER / "cwl"
CHECK = """
import glob, sys
from cwltool.context import LoadingContext
from cwltool.load_tool import load_tool
from cwltool.workflow import default_make_tool
context = LoadingContext({"construct_tool_object": default_make_tool, "strict": True, "do_validate": True})
for path in sorted(glob.glob(sys.argv[1] + "/*.cwl")):
    load_tool(path, context.copy())
    print(path)
"""


@pytest.fixture(scope="module")
def specimen(tmp_path_factory):
    return pipelines.shared_specimen(tmp_path_factory)


def file(path):
    return {"class": "File", "path": str(path)}


def cwltool(tool, job, folder, code=0, more=(), env=None):
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    env = env or on_path(folder / "bin", "cwl")
    return run([environment("cwl").parent / "cwltool", "--disable-color", "--no-container", *more, "--outdir", folder / "out", CWL / tool, folder / "job.json"],
               code, cwd=folder, env=env)


def test_every_tool_and_workflow_is_valid():
    done = run([environment("cwl"), "-c", CHECK, CWL])
    assert len(done.stdout.split()) == len(list(CWL.glob("*.cwl"))) > 20
    assert "WARNING" not in done.stderr, done.stderr


def test_the_check_finds_a_mistake(tmp_path):
    text = (CWL / "crop.cwl").read_text(encoding="utf-8")
    (tmp_path / "crop.cwl").write_text(text.replace('type: "double[]?"', 'type: "doubles"'), encoding="utf-8")
    assert "doubles" in run([environment("cwl"), "-c", CHECK, tmp_path], code=1).stderr


def test_slabs_scattered_and_merged_have_the_digest_of_one_run(specimen, tmp_path):
    """With networks of one's own, which reach the merge too, and memory that the job asks for."""
    model = tmp_path / "own.nxs"
    shutil.copy2(pipelines.SOURCE / "examples" / "models" / "cocrni-002.nxs", model)
    job = {"ions": file(specimen.folder / "tip.nxs"), "model": file(model), "species": "Ni", "threshold": [0.5], "class_": "1", "calibrated": False,
           "slabs": ["1/3", "2/3", "3/3"], "cwl:requirements": [{"class": "ResourceRequirement", "ramMin": 300}]}
    cwltool("classify_slabs.cwl", job, tmp_path, more=["--parallel"])
    assert digest(tmp_path / "out" / "classify.nxs.json") == specimen.digests["whole"]


def test_a_recipe_in_one_call(specimen, tmp_path):
    job = {"recipe": "csro", "files": [{"name": "tip", "file": file(specimen.folder / "tip.nxs")}], "values": ["species=Ni", f"roi={pipelines.ROI}", "draws=0"]}
    cwltool("run.cwl", job, tmp_path)
    records = json.loads((tmp_path / "out" / "run.nxs.json").read_text(encoding="utf-8"))["records"]
    assert {record["name"]: record["results_sha256"] for record in records if record["name"] in ("control", "found", "null")} == {
        name: specimen.digests[name] for name in ("control", "found", "null")}


def test_the_chain_and_its_provenance(specimen, tmp_path):
    """Vendor file to domains and page; the research object becomes a Provenance Run Crate without a violation."""
    env = on_path(tmp_path / "bin", "cwl")
    report = tmp_path / "bin" / "ordapt-report"
    report.write_text(f'#!/bin/sh\nPYTHONPATH="{FOLDER.parents[1]}" exec "{environment("report")}" -m ordapt.report "$@"\n', encoding="utf-8")
    report.chmod(0o755)
    job = {"vendor": [file(specimen.folder / "tip.pos"), file(specimen.folder / "tip.rrng")], "species": "Ni", "roi": [float(x) for x in pipelines.ROI.split(",")],
           "page": True}
    cwltool("csro_workflow.cwl", job, tmp_path, more=["--provenance", tmp_path / "object"], env=env)
    assert digest(tmp_path / "out" / "domains.nxs.json") == specimen.digests["domains"]
    assert b"<html" in (tmp_path / "out" / "report.html").read_bytes()[:300]
    run([environment("crates").parent / "runcrate", "convert", tmp_path / "object", "-o", tmp_path / "crate"])
    done = run([environment("crates"), HERE / "crates.py", pipelines.context(), "provenance-run-crate", tmp_path / "crate"])
    assert json.loads(done.stdout)["REQUIRED"] == []


def test_a_wrong_parameter_fails_for_good_with_the_words_of_the_program(specimen, tmp_path):
    done = cwltool("crop.cwl", {"ions": file(specimen.folder / "tip.nxs"), "every": 0}, tmp_path, code=1)
    assert "E_PARAMETER_RANGE: every is 0; it must lie between" in done.stderr
    assert "completed permanentFail" in done.stderr and "exited with status: 64" in done.stderr


def test_a_word_that_is_no_choice_is_refused_before_anything_runs(tmp_path):
    done = cwltool("synthesise.cwl", {"preset": "nonsense"}, tmp_path, code=1)
    assert "'nonsense' is not a valid" in done.stderr and "[job" not in done.stderr


def test_exit_codes_are_those_of_the_program():
    for path in CWL.glob("*.cwl"):
        text = path.read_text(encoding="utf-8")
        if "CommandLineTool" in text:
            codes = [int(word) for line in text.splitlines() if "FailCodes" in line for word in line.split("[")[1].rstrip("]").split(",")]
            assert "temporaryFailCodes: [74, 75]" in text and len(set(codes)) == len(codes) and {65, 66, 69, 70, 73, 130, 143} <= set(codes), path
