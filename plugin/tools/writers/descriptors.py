"""What the descriptors of all engines have in common: how a parameter, a slot and a step are told."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

FOLDER = "plugin/src/ordapt/pipelines"
NOTE = "Written by plugin/tools/generate.py from `ordapt describe --json`; change the tables of the program instead."
TRY_AGAIN = [74, 75]
STOP = [2, 64, 65, 66, 69, 70, 73, 130, 143]
FILES = {
    "ions": "NXapm file, or a result that leads to its ions",
    "selection": "NXapm file, or a result that selects ions",
    "model": "trained network ensemble",
    "result": "result of ordapt",
    "ranges": ".rrng, .rng or .env, or a NeXus file with ranging",
    "metadata": ".yaml or .json",
    "sources": "vendor files",
}


def parameters(step: dict[str, Any]) -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = step["parameters"]["properties"]
    return table


def option(name: str) -> str:
    """`voxel_edge` as it is typed."""
    return "--" + name.replace("_", "-")


def is_many(slot: dict[str, Any]) -> bool:
    return bool(slot["takes"] == "sources")


def is_needed(step: dict[str, Any], slot: dict[str, Any]) -> bool:
    """A model may be left out where a preset names one that ships with the program."""
    ships = slot["takes"] == "model" and "preset" in parameters(step)
    return bool(slot["required"]) and not ships


def words(parameter: dict[str, Any]) -> list[str]:
    """What a parameter of choices may be; the empty word means to leave it out."""
    return [word for word in parameter.get("enum", []) if word]


def limits(parameter: dict[str, Any]) -> tuple[Any, Any]:
    """Lowest and highest value of a number or of the items of a list, None where there is no bound."""
    source = parameter.get("items", parameter)
    either = next((part for part in parameter.get("anyOf", []) if "const" in part), None)
    if either is not None:
        bounds = next(part for part in parameter["anyOf"] if "const" not in part)
        return min(either["const"], bounds["minimum"]), bounds["maximum"]
    return source.get("minimum"), source.get("maximum")


def number(value: float) -> str:
    """In full where it is whole, else with twelve digits."""
    return str(value) if isinstance(value, int) else f"{value:.12g}"


def bounds(parameter: dict[str, Any]) -> str:
    """Bounds as a person reads them."""
    low, high = limits(parameter)
    if low is None or high is None:
        return ""
    span = f"{number(low)} to {number(high)}"
    if "anyOf" not in parameter:
        return span
    zero, other = (next(part for part in parameter["anyOf"] if ("const" in part) is has) for has in (True, False))
    return f"{number(zero['const'])}, or {number(other['minimum'])} to {number(other['maximum'])}"


def how_many(parameter: dict[str, Any]) -> str:
    if parameter["type"] != "array":
        return ""
    fewest, most = parameter["itemsNeeded"], parameter["maxItems"]
    return f"{most} numbers" if fewest == most else f"{fewest} to {most} numbers"


def default(parameter: dict[str, Any]) -> str:
    """The default as it is typed; empty where there is none."""
    value = parameter["default"]
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(map(number, value))
    return number(value) if isinstance(value, float) else str(value)


def presets_that_set(step: dict[str, Any], name: str) -> bool:
    return any(name in preset["values"] for preset in step["presets"].values())


def told(step: dict[str, Any], name: str) -> str:
    """Help of a parameter in one sentence: what, unit, bounds, default."""
    parameter = parameters(step)[name]
    facts = [
        how_many(parameter),
        parameter.get("unit", ""),
        bounds(parameter),
        f"default {default(parameter)}" if default(parameter) else "",
        "or that of the preset" if presets_that_set(step, name) else "",
    ]
    known = "; ".join(fact for fact in facts if fact)
    return f"{parameter['description']} [{known}]" if known else str(parameter["description"])


def preset_table(step: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, preset in step["presets"].items():
        yield name, preset["description"]


def wrapped(text: str, before: str, width: int = 150) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=before, subsequent_indent=before, break_long_words=False, break_on_hyphens=False)
