"""The second parser of pynxtools reads what we write; nothing is said to be wrong. The first is the one of the internal worker: test_entries.py."""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

import pytest
from conftest import HERE, ordapt

KINDS = ("tip", "imported", "composition", "sdm", "csro", "cocrni-002")


@pytest.fixture(scope="module")
def files(specimen: pathlib.Path) -> dict[str, pathlib.Path]:
    ordapt("import", "tip.pos", "tip.rrng", "-o", "imported.nxs", folder=specimen)
    ordapt("composition", "tip.nxs", "-o", "composition.nxs", folder=specimen)
    ordapt("sdm", "tip.nxs", "--pairs", "Ni-Ni", "-o", "sdm.nxs", folder=specimen)
    ordapt("run", "csro", "tip=tip.nxs", "species=Ni,Co", "draws=0", "-o", "csro.nxs", folder=specimen)
    model = pathlib.Path(os.environ["ORDAPT_SOURCE"]) / "examples" / "models" / "cocrni-002.nxs"
    return {name: specimen / f"{name}.nxs" for name in KINDS if name != model.stem} | {model.stem: model}


@pytest.fixture(scope="module")
def parsed(files: dict[str, pathlib.Path]) -> dict[str, dict[str, Any]]:
    from importlib.metadata import entry_points

    if not any(point.value.endswith("nexus_parser_v2") for point in entry_points(group="nomad.plugin")):
        pytest.skip("this pynxtools has no second parser")
    done = subprocess.run([sys.executable, HERE / "parse.py", "2", *files.values()], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {pathlib.Path(item["file"]).stem: item for item in told}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_read_without_errors(parsed: dict[str, dict[str, Any]], kind: str) -> None:
    assert kind in parsed and not parsed[kind]["errors"], parsed.get(kind)


def test_a_result_is_few_entries(parsed: dict[str, dict[str, Any]]) -> None:
    assert parsed["csro"]["entries"] <= 2 and parsed["csro"]["quantities"] <= 100
