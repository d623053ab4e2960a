"""The Galaxy tools: nothing to complain about for Galaxy's linter, and every command runs as its template writes it."""
import json
import os
import pathlib
import re

import pipelines
import pytest
from made import HERE
from pipelines import FOLDER, environment, on_path, run

GALAXY = FOLDER / "galaxy"
TOOLS = sorted(GALAXY.glob("ordapt_*.xml"))
JUDGE = HERE / "galaxy_tools.py"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("test-data")
    run(["sh", GALAXY / "test-data.sh", folder], env=os.environ | {"ORDAPT_PROGRAM": pipelines.PROGRAM})
    return folder


def verdicts(*paths):
    done = run([environment("galaxy"), JUDGE, "lint", *paths])
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_the_linter_of_galaxy_has_nothing_to_say():
    said = verdicts(*TOOLS)
    assert len(said) == len(TOOLS) > 10
    for verdict in said:
        assert not verdict["errors"] and not verdict["warnings"] and verdict["checks"] > 5, verdict


def test_the_linter_finds_mistakes(tmp_path):
    (tmp_path / "macros.xml").write_bytes((GALAXY / "macros.xml").read_bytes())
    text = (GALAXY / "ordapt_crop.xml").read_text(encoding="utf-8")
    (tmp_path / "a.xml").write_text(text.replace('min="1"', 'min="one"'), encoding="utf-8")
    (tmp_path / "b.xml").write_text(re.sub(r"<tests>.*</tests>", "", text, flags=re.S), encoding="utf-8")
    wrong, bare = verdicts(tmp_path / "a.xml", tmp_path / "b.xml")
    assert wrong["errors"] and (bare["warnings"] or bare["errors"])


def test_every_tool_runs_as_its_template_says(data, tmp_path):
    done = run([environment("galaxy"), JUDGE, "command", data, *TOOLS])
    commands = [json.loads(line) for line in done.stdout.splitlines()]
    assert [pathlib.Path(one["tool"]) for one in commands] == TOOLS
    for number, one in enumerate(commands):
        folder = tmp_path / str(number)
        folder.mkdir()
        run(["sh", "-c", one["command"]], cwd=folder, env=on_path(tmp_path / "bin"))
        document = json.loads((folder / "document").read_text(encoding="utf-8"))
        assert document["status"] == "success", one


def test_a_wrong_parameter_ends_with_a_status_that_galaxy_calls_fatal(data, tmp_path):
    from xml.etree import ElementTree

    ranges = [entry.get("range") for entry in ElementTree.parse(GALAXY / "macros.xml").iter("exit_code") if entry.get("level").startswith("fatal")]
    done = run([pipelines.PROGRAM, "crop", data / "tip.nxs", "--every", "0", "-o", tmp_path / "x.nxs"], code=None)
    assert str(done.returncode) in ranges and "E_PARAMETER_RANGE" in done.stderr
