"""The functions of `ordapt.steps`: one per step, with its slots, parameters, units, bounds and sources."""

from __future__ import annotations

import keyword
import textwrap
from typing import Any

HEAD = '''"""One function per step of the engine, run in this process. Written by plugin/tools/generate.py from `ordapt describe --json`.

A slot takes ions (`ordapt.Ions`), the result of an earlier step (`ordapt.Result`) or the path of a file, which is checked and read as
the program does; a slot for models takes the name of one that ships, too. A parameter that is None has the default of the engine, or
that of the preset. Every function also takes

    threads   how many (all cores this process may use); results do not depend on it
    kernel    kernel set: auto, scalar, avx2, avx512
    progress  called with a dict (step, phase, done, total, rate, eta_s) at least every 2 s on long work, from a thread of ordapt;
              what it raises ends the work
    search    folder, or folders, in which the inputs of results are looked for

and raises a subclass of `ordapt.errors.OrdaptError` with the engine's own text. KeyboardInterrupt ends the work within 2 s.
"""

from __future__ import annotations

# fmt: off
import os
from collections.abc import Callable, Sequence
from typing import Any, Literal

from . import _call
from .ions import Ions
from .result import Result

Path = str | os.PathLike[str]
Numbers = Sequence[float]
Words = str | Sequence[str]
Progress = Callable[[dict[str, Any]], object]

__all__ = {names}

_Options = _call.Options
'''
STUB = '''"""What `ordapt` has, for type checkers. Written by plugin/tools/generate.py from `ordapt describe --json`."""

from . import errors as errors
from . import program as program
from . import steps as steps
from . import upload as upload
from ._call import check as check
from ._recipe import run as run
from .errors import OrdaptError as OrdaptError
from .ions import Ions as Ions
from .ions import IonType as IonType
from .ions import Range as Range
from .result import Note as Note
from .result import Result as Result
from .result import Task as Task
'''
SLOT_TYPES = {
    "ions": "Ions | Result | Path",
    "selection": "Ions | Result | Path",
    "ranges": "Ions | Result | Path",
    "result": "Result | Path",
    "model": "Result | Path",
    "metadata": "Path",
    "sources": "Path | Sequence[Path]",
}
COMMON = {"threads": "int | None", "kernel": "str | None", "progress": "Progress | None", "search": "Path | Sequence[Path] | None"}
WIDTH = 140


def python_name(name: str) -> str:
    """`class` and `import` are words of the language."""
    return name + "_" if keyword.iskeyword(name) else name


def _type(parameter: dict[str, Any]) -> str:
    kind = parameter["type"]
    if kind == "string":
        words = parameter.get("enum")
        return f"Literal[{', '.join(repr(word).replace(chr(39), chr(34)) for word in words)}]" if words else "Words"
    return {"number": "float", "integer": "int", "boolean": "bool", "array": "Numbers"}[kind]


def _bounds(parameter: dict[str, Any]) -> str:
    source = parameter.get("items", parameter)
    other = [part["const"] for part in parameter.get("anyOf", []) if "const" in part]
    for part in parameter.get("anyOf", []):
        source = part if "minimum" in part else source
    if "minimum" not in source:
        return ""
    return "".join(f"{value:g} or " for value in other) + f"{source['minimum']:.12g} to {source['maximum']:.12g}"


def _default(parameter: dict[str, Any]) -> str:
    value = parameter["default"]
    if isinstance(value, list):
        return ",".join(f"{one:g}" for one in value) or "none, or found by the engine"
    if isinstance(value, bool):
        return str(value)
    return f"{value:.12g}" if isinstance(value, (int, float)) else value or "none"


def _wrapped(head: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"        {head}: ", subsequent_indent="            ", break_long_words=False)


def _about(name: str, parameter: dict[str, Any]) -> list[str]:
    facts = [parameter.get("unit", ""), _bounds(parameter), f"default {_default(parameter)}"]
    return _wrapped(python_name(name), f"{parameter['description']} ({'; '.join(fact for fact in facts if fact)})")


def _docstring(step: dict[str, Any]) -> list[str]:
    lines = [f'    """{step["title"]}.', ""]
    lines += textwrap.wrap(step["description"], WIDTH, initial_indent="    ", subsequent_indent="    ")
    if step["slots"] or step["gives_file"]:
        lines += ["", "    Slots:"]
    for slot in step["slots"]:
        lines += _wrapped(python_name(slot["name"]), slot["description"])
    if step["gives_file"]:
        lines += _wrapped("output", "the file to write; its ending says the format. Its record is written beside it, as OUTPUT.nxs")
    lines += ["", "    Parameters:"]
    for name, parameter in step["parameters"]["properties"].items():
        lines += _about(name, parameter)
    if step["presets"]:
        lines += ["", "    Presets:"]
        for name, preset in step["presets"].items():
            lines += _wrapped(name, preset["description"])
    lines += ["", "    Gives:"]
    for output in step["outputs"]:
        lines += _wrapped(output["name"] + (f" {output['shape']}" if output.get("shape") else ""), output.get("description") or output["name"])
    return [line.replace("\\", "\\\\") for line in lines] + ['    """']


def _is_needed(step: dict[str, Any], slot: dict[str, Any]) -> bool:
    ships = slot["takes"] == "model" and "preset" in step["parameters"]["properties"]
    return bool(slot["required"]) and not ships


def _signature(step: dict[str, Any]) -> list[str]:
    slots = [
        f"{python_name(slot['name'])}: {SLOT_TYPES[slot['takes']]}" + ("" if _is_needed(step, slot) else " | None = None") for slot in step["slots"]
    ]
    if step["gives_file"]:
        slots.insert(1, "output: Path")
    named = [f"{python_name(name)}: {_type(parameter)} | None = None" for name, parameter in step["parameters"]["properties"].items()]
    named += ["overwrite: bool = False"] if step["gives_file"] else []
    named += [f"{name}: {kind} = None" for name, kind in COMMON.items()]
    head = f"def {python_name(step['name'])}("
    return _packed(head, [*slots, "*", *named], ") -> Result:")


def _packed(head: str, items: list[str], tail: str) -> list[str]:
    """Items with commas, each whole on its line, under each other behind the head."""
    lines = [head]
    for number, item in enumerate(items):
        piece = item + (", " if number + 1 < len(items) else tail)
        if len(lines[-1]) + len(piece.rstrip()) > WIDTH and lines[-1].strip() != head.strip():
            lines.append(" " * len(head))
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def _table(names: list[str], indent: int) -> str:
    if not names:
        return "{}"
    lines = _packed(" " * indent + "{", [f'"{name}": {python_name(name)}' for name in names], "}")
    return "\n".join(lines).strip()


def _function(step: dict[str, Any]) -> str:
    names = {"slots": [slot["name"] for slot in step["slots"]], "parameters": list(step["parameters"]["properties"])}
    everything = [*names["slots"], *names["parameters"], *COMMON, "output", "overwrite"]
    assert len(everything) == len(set(everything)), f"{step['name']}: a name means two things"
    slots = _table(names["slots"], 0)
    parameters = _table(names["parameters"], 21)
    output = ",\n                     output=(output, overwrite)" if step["gives_file"] else ""
    body = [
        f'    return _call.run("{step["name"]}", {slots},',
        f"                     {parameters},",
        f"                     _Options(threads, kernel, progress, search){output})",
    ]
    return "\n".join([*_signature(step), *_docstring(step), *body])


def files(catalogue: dict[str, Any]) -> dict[str, str]:
    steps = catalogue["steps"]
    functions = sorted(python_name(step["name"]) for step in steps)
    names = "\n".join(_packed("__all__ = [", [f'"{name}"' for name in functions], "]")).removeprefix("__all__ = ")
    parts = [HEAD.replace("{names}", names).rstrip("\n"), *(_function(step) for step in steps)]
    stub = STUB + "".join(f"from .steps import {name} as {name}\n" for name in functions) + "\n__version__: str\n"
    return {"plugin/src/ordapt/steps.py": "\n\n\n".join(parts) + "\n", "plugin/src/ordapt/__init__.pyi": stub}
