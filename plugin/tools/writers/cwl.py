"""A CWL v1.2 CommandLineTool for every step, and a Workflow with one job a slab for every step that can be split."""

from __future__ import annotations

import json
from typing import Any

from .descriptors import FOLDER, NOTE, STOP, TRY_AGAIN, is_many, is_needed, option, parameters, told, words

HDF5 = "http://edamontology.org/format_3590"
JSON = "http://edamontology.org/format_3464"
MEMORY = 1024  # MiB: 30 million ions in one piece; a job that needs more says so by cwl:requirements (docs/pipelines.md)
RESERVED = {"class": "class_"}  # a key of every object of CWL


def lines(value: Any, indent: int) -> list[str]:
    """YAML of dictionaries with lists of plain values."""
    made: list[str] = []
    for key, item in value.items():
        if isinstance(item, dict) and item:
            made += [" " * indent + f"{key}:", *lines(item, indent + 2)]
        else:
            made.append(" " * indent + f"{key}: {json.dumps(item, ensure_ascii=False)}")
    return made


def kind(parameter: dict[str, Any]) -> Any:
    if words(parameter):
        return ["null", {"type": "enum", "symbols": words(parameter)}]
    if parameter["type"] == "array":
        return "double[]?"
    if parameter["type"] == "integer":
        return "int?" if parameter["maximum"] < 2**31 and parameter["minimum"] >= -(2**31) else "long?"
    return {"boolean": "boolean?", "number": "double?", "string": "string?"}[parameter["type"]]


def parameter_input(step: dict[str, Any], name: str) -> dict[str, Any]:
    parameter = parameters(step)[name]
    binding: dict[str, Any] = {"prefix": option(name)}
    if parameter["type"] == "boolean":
        binding = {"valueFrom": f"{option(name)}=$(self)"}
    elif parameter["type"] == "array":
        binding["itemSeparator"] = ","
    return {"type": kind(parameter), "label": name, "doc": told(step, name), "inputBinding": binding}


def slot_input(step: dict[str, Any], slot: dict[str, Any]) -> dict[str, Any]:
    is_first = slot is step["slots"][0]
    binding = {"position": 1} if is_first and slot["required"] else {"prefix": option(slot["name"])}
    one: Any = "File[]" if is_many(slot) else "File"
    if is_needed(step, slot):
        return {"type": one, "doc": slot["description"], "inputBinding": binding}
    if slot["takes"] != "model":
        return {"type": f"{one}?", "doc": slot["description"], "inputBinding": binding}
    text = f"{slot['description']}: a file, or the name of one that ships; left out: that of the preset"
    return {"type": ["null", "File", "string"], "doc": text, "inputBinding": {"prefix": option(slot["name"])}}


def common_inputs(step: dict[str, Any]) -> dict[str, Any]:
    name = {"type": "string", "doc": "name of the result"}
    if step["gives_file"]:
        name["doc"] = "name of the file; its suffix says which format"
    else:
        name["default"] = f"{step['name']}.nxs"
    made: dict[str, Any] = {
        "output": {**name, "inputBinding": {"prefix": "--output"}},
        "threads": {"type": "int", "default": 1, "doc": "threads; results do not depend on it", "inputBinding": {"prefix": "--threads"}},
    }
    if step["slots"]:
        each = {"type": "array", "items": "File", "inputBinding": {"prefix": "--search", "valueFrom": "$(self.dirname)"}}
        made["search"] = {
            "type": ["null", each],
            "doc": "files that the records of the inputs name: the ions behind a result, and those behind them",
            "inputBinding": {},
        }
    if not step["gives_file"]:
        made["embed"] = {"type": "boolean?", "doc": "copy positions and ion types into the result", "inputBinding": {"prefix": "--embed"}}
    if step["has_slabs"]:
        made["slab"] = {"type": "string?", "doc": "k/n: part k of n; merge.cwl joins the parts", "inputBinding": {"prefix": "--slab"}}
    return made


def outputs(step: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {"type": "File", "format": HDF5, "doc": "the result with its record", "outputBinding": {"glob": "$(inputs.output)"}}
    if step["gives_file"]:
        beside = [{"pattern": ".nxs", "required": True}, {"pattern": "^.rrng", "required": False}]
        result = {
            "type": "File",
            "secondaryFiles": beside,
            "doc": "the file, its record, and ranges where the format needs them",
            "outputBinding": {"glob": "$(inputs.output)"},
        }
    return {
        "result": result,
        "document": {"type": "stdout", "format": JSON, "doc": "what the program says: digest, summary, warnings, times, memory"},
    }


def tool(step: dict[str, Any], version: str) -> dict[str, Any]:
    taken = {slot["name"]: slot_input(step, slot) for slot in step["slots"]}
    chosen = {RESERVED.get(name, name): parameter_input(step, name) for name in parameters(step)}
    common = common_inputs(step)
    if set(taken) & set(chosen) or set(common) & (set(taken) | set(chosen)):
        raise ValueError(f"{step['name']}: a name is both a slot, a parameter or an option that every tool has")
    return {
        "cwlVersion": "v1.2",
        "class": "CommandLineTool",
        "label": step["title"],
        "doc": step["description"],
        "hints": {
            "SoftwareRequirement": {"packages": {"ordapt": {"version": [version]}}},
            "ResourceRequirement": {"coresMin": "$(inputs.threads)", "ramMin": MEMORY},
        },
        "baseCommand": ["ordapt", step["name"], "--json"],
        "inputs": {**taken, **chosen, **common},
        "outputs": outputs(step),
        "stdout": "$(inputs.output).json",
        "successCodes": [0],
        "temporaryFailCodes": TRY_AGAIN,
        "permanentFailCodes": STOP,
    }


def unbound(entry: dict[str, Any]) -> dict[str, Any]:
    """An input of a workflow: the same type and help, nothing of the command line."""
    return {key: value for key, value in entry.items() if key != "inputBinding"}


def in_slabs(step: dict[str, Any], version: str) -> dict[str, Any]:
    """One job a slab, on as many machines as there are, and one that joins them."""
    entries = tool(step, version)["inputs"]
    given = {name: unbound(entry) for name, entry in entries.items() if name not in ("output", "slab")}
    given["search"] = {"type": "File[]", "default": [], "doc": entries["search"]["doc"]}
    given["slabs"] = {"type": "string[]", "default": [f"{k}/4" for k in range(1, 5)], "doc": "all slabs"}
    part = {name: name for name in given if name not in ("slabs", "search")}
    models = {
        slot["name"]: {**given[slot["name"]], "type": "File?", "doc": slot["description"]} for slot in step["slots"] if slot["takes"] == "model"
    }
    behind = [slot["name"] for slot in step["slots"] if is_needed(step, slot)]
    return {
        "cwlVersion": "v1.2",
        "class": "Workflow",
        "label": f"{step['title']}, in slabs",
        "doc": f"One job of {step['name']} for every slab, on as many machines as there are, and one that joins them; the digest is that of one run.",
        "requirements": {"ScatterFeatureRequirement": {}, "MultipleInputFeatureRequirement": {}},
        "inputs": {**given, **models},
        "outputs": {"result": {"type": "File", "outputSource": "merge/result"}, "document": {"type": "File", "outputSource": "merge/document"}},
        "steps": {
            "slab": {
                "run": f"{step['name']}.cwl",
                "scatter": "slab",
                "in": {**part, "search": "search", "slab": "slabs", "output": {"default": "part.nxs"}},
                "out": ["result"],
            },
            "merge": {
                "run": "merge.cwl",
                "in": {
                    "parts": "slab/result",
                    **({"model": next(iter(models))} if models else {}),
                    "search": {"source": [*behind, "search"], "linkMerge": "merge_flattened"},
                    "output": {"default": f"{step['name']}.nxs"},
                },
                "out": ["result", "document"],
            },
        },
    }


def text(document: dict[str, Any]) -> str:
    return "\n".join(["#!/usr/bin/env cwl-runner", f"# {NOTE}", *lines(document, 0), ""])


def files(catalogue: dict[str, Any]) -> dict[str, str]:
    steps, version, folder = catalogue["steps"], catalogue["version"], f"{FOLDER}/cwl"
    tools = {f"{folder}/{step['name']}.cwl": text(tool(step, version)) for step in steps}
    return tools | {f"{folder}/{step['name']}_slabs.cwl": text(in_slabs(step, version)) for step in steps if step["has_slabs"]}
