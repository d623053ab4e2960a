"""Every step as an action, asked by a client that knows only the contract; each result is what the program gives by hand."""
from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import ordapt
from lab import Lab
from stack import Stack

SMALL_BANK = {"sigma_lateral": [0.2, 0.4], "sigma_depth": "0.02/0.03", "efficiency": [0.4, 0.5], "voxels": 200}
# step, input of the upload or result of an earlier line, further slots, parameters
LINES: list[tuple[str, str, dict[str, str], dict[str, Any]]] = [
    ("synthesise", "", {}, {"domains": 12, "box": [-6, 6, -6, 6, -18, 0], "seed": 3}),
    ("export", "synthesise", {}, {}),
    ("import", "tip.pos", {"ranges": "tip.rrng"}, {}),
    ("crop", "import", {}, {"roi": [-5, 5, -5, 5, -16, -4]}),
    ("range", "import", {}, {}),
    ("composition", "import", {}, {}),
    ("spectrum", "import", {}, {"bin_width": 0.05}),
    ("shuffle", "import", {}, {"seed": 5}),
    ("frequency", "import", {}, {"species": "Ni"}),
    ("neighbours", "crop", {}, {"pairs": "Ni-Ni", "k": 3, "draws": 5}),
    ("warren_cowley", "crop", {}, {"pairs": "Ni-Ni,Ni-Cr", "k": [7], "draws": 5}),
    ("density_map", "import", {}, {"axes": "xz"}),
    ("sdm", "crop", {}, {"pairs": "Ni-Ni"}),
    ("bank", "", {}, {"preset": "cocrni-002"} | SMALL_BANK),
    ("train", "bank", {}, {"filters": [4], "dense": 8, "epochs": 2, "folds": 2}),
    ("evaluate", "train", {"patterns": "bank"}, {}),
    ("classify", "crop", {"model": "train"}, {"species": "Ni", "threshold": [1]}),
    ("attribute", "train", {"patterns": "classify"}, {}),
    ("domains", "classify", {}, {}),
    ("superlattice", "crop", {}, {"species": "Ni", "radii": [0.8, 1.2]}),
    ("score", "classify", {"truth": "synthesise"}, {}),
    ("synthesise", "", {}, {"preset": "au-cu", "cubes": 3, "cells": [6, 8]}),
    ("diffuse", "import", {}, {"species": "Ni", "q": "1,0,0;1,1,0"}),
    ("monte_carlo", "", {}, {"energies": "Ni-Al:-0.03", "cells": [6]}),
    ("train", "synthesise", {}, {"preset": "au-cu", "blocks": 1, "epochs": 1}),
    ("segment", "synthesise", {"model": "train"}, {}),
]


@pytest.fixture(scope="module")
def house(stack: Stack, specimen: pathlib.Path) -> Iterator[tuple[Lab, dict[str, str]]]:
    yield Lab(specimen / "tip.pos", specimen / "tip.rrng"), {}


@pytest.mark.parametrize("line", LINES, ids=[line[0] for line in LINES])
def test_a_step_runs_and_leaves_its_result(house: tuple[Lab, dict[str, str]], line: tuple[str, str, dict[str, str], dict[str, Any]], tmp_path: pathlib.Path) -> None:
    lab, made = house
    step, source, slots, parameters = line
    paths = {f"{slot}_path": made.get(name, name) for slot, name in slots.items()} | ({"input_path": made.get(source, source)} if source else {})
    document = lab.done(step, parameters=parameters, **paths)
    made[step] = document["output"]["file"]
    assert document["step"] == step and document["status"] == "success" and document["exit_code"] == 0
    assert made[step].startswith("results/") and made[step] in lab.paths("results")
    assert [item["file"] for item in document["inputs"]] == list(dict.fromkeys([*([paths["input_path"]] if source else []), *(paths[f"{slot}_path"] for slot in slots)]))
    assert document["output"]["results_sha256"] == by_hand(lab, step, pathlib.Path(made[step]).name, paths, parameters, tmp_path)


def by_hand(lab: Lab, step: str, output: str, paths: dict[str, str], parameters: dict[str, Any], folder: pathlib.Path) -> str:
    words = [word for name, value in parameters.items() for word in (f"--{name}", ",".join(map(str, value)) if isinstance(value, list) else value)]
    main = [lab.raw / paths["input_path"]] if "input_path" in paths else []
    for name, path in paths.items():
        if name == "ranges_path":
            main.append(lab.raw / path)
        elif name != "input_path":
            words += [f"--{name.removesuffix('_path')}", lab.raw / path]
    return str(ordapt(step, *main, *words, "-o", output, "--search", lab.raw, folder=folder)["output"]["results_sha256"])


def test_every_step_of_the_catalogue_is_tried_here() -> None:
    from ordapt import _catalogue

    assert {line[0] for line in LINES} == set(_catalogue.steps())
