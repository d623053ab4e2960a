"""Results are found by search over REST. The stand-in finds everything, so that this needs a real node: nightly.sh."""
from __future__ import annotations

import json
import os
import pathlib
import urllib.request
from typing import Any

import pytest
from conftest import ordapt
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


def model_sha256() -> str:
    model = pathlib.Path(os.environ["ORDAPT_SOURCE"]) / "examples" / "models" / "cocrni-002.nxs"
    return str(ordapt("show", model, folder=model.parent)["records"][-1]["summary"]["model_sha256"])


SAID = {
    "step": lambda _: "recipe csro",
    "step_version": lambda _: "2",
    "order.species": lambda _: "Co",
    "domains": lambda document: max(part["domains"] for part in document["summary"].values()),
    "order.domains": lambda document: document["summary"]["Ni"]["domains"],
    "order.mu": lambda document: {"gte": document["summary"]["Ni"]["mu"] - 1e-6, "lte": document["summary"]["Ni"]["mu"] + 1e-6},
    "models.name": lambda _: "cocrni-002",
    "models.model_sha256": lambda _: model_sha256(),
    "results_sha256": lambda document: document["output"]["results_sha256"],
}


@pytest.mark.parametrize("quantity", SAID)
def test_a_result_is_found_by_what_it_says(nomad: Stack, document: dict[str, Any], quantity: str) -> None:
    found = ask(nomad.wait_for_app(), "entries/query", {"owner": "visible", "query": {f"data.{quantity}#{SCHEMA}": SAID[quantity](document)}})
    assert any(entry["mainfile"] == "results/searched.archive.json" for entry in found["data"])


@pytest.mark.parametrize(("quantity", "value"), [("results_sha256", "0" * 64), ("order.species", "Cr"), ("models.name", "feal-002")])
def test_what_is_not_there_is_not_found(nomad: Stack, document: dict[str, Any], quantity: str, value: str) -> None:
    found = ask(nomad.wait_for_app(), "entries/query", {"owner": "visible", "query": {f"data.{quantity}#{SCHEMA}": value}})
    assert found["data"] == []
