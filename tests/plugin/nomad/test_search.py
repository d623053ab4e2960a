"""Results are found by search over REST. The stand-in finds everything, so that this needs a real node: nightly.sh."""
from __future__ import annotations

import json
import os
import urllib.request
from typing import Any

import pytest
from lab import Lab
from stack import Stack

pytestmark = pytest.mark.skipif("ORDAPT_ELASTIC_JARS" not in os.environ, reason="needs a real Elasticsearch node: tests/plugin/nomad/nightly.sh")
SCHEMA = "ordapt.nomad.schema.OrdaptResult"


def ask(address: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(f"{address}/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


@pytest.fixture(scope="module")
def document(nomad: Stack, specimen: Any) -> dict[str, Any]:
    lab = Lab(specimen / "tip.nxs")
    made = lab.done("recipe", recipe="csro", inputs={"tip": "tip.nxs"}, values={"species": "Ni,Co"}, output_name="searched")
    lab.process()
    return made


@pytest.mark.parametrize(("quantity", "value"), [("species", "Co"), ("step", "recipe csro"), ("domains", None), ("results_sha256", None)])
def test_a_result_is_found_by_what_it_says(nomad: Stack, document: dict[str, Any], quantity: str, value: Any) -> None:
    told = {"domains": max(part["domains"] for part in document["summary"].values()), "results_sha256": document["output"]["results_sha256"]}
    query = {f"data.{quantity}#{SCHEMA}": told.get(quantity, value)}
    found = ask(nomad.wait_for_app(), "entries/query", {"owner": "visible", "query": query})
    assert any(entry["mainfile"] == "results/searched.archive.json" for entry in found["data"])


def test_what_is_not_there_is_not_found(nomad: Stack, document: dict[str, Any]) -> None:
    found = ask(nomad.wait_for_app(), "entries/query", {"owner": "visible", "query": {f"data.results_sha256#{SCHEMA}": "0" * 64}})
    assert found["data"] == []
