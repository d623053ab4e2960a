"""Recipes, run by the program: one line per step, intermediate values in its memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from . import program
from ._call import Path, as_text


def run(
    recipe: Path,
    *,
    output: Path,
    overwrite: bool = False,
    threads: int | None = None,
    kernel: str | None = None,
    search: Path | None = None,
    embed: bool = False,
    progress: Callable[[dict[str, Any]], object] | None = None,
    **names: Any,
) -> dict[str, Any]:
    """Runs a recipe that ships (csro, feal, allimg, atomnet), or a file of your own, in the program, and returns its JSON document.

    Inputs are paths and values are what they are for steps, both by the names of the recipe: run("csro", tip="tip.nxs", species=["Ni", "Co"],
    roi=[-10, 10, -10, 10, -120, 0], output="csro.nxs"). embed copies positions and ion types into the result. KeyboardInterrupt ends the
    program, which leaves nothing behind.
    """
    arguments = ["run", os.fspath(recipe), *(f"{name}={_word(value)}" for name, value in names.items() if value is not None), "-o", os.fspath(output)]
    arguments += ["--overwrite"] if overwrite else []
    arguments += ["--embed"] if embed else []
    for option, value in (("threads", threads), ("kernel", kernel), ("search", search)):
        arguments += [f"--{option}", _word(value)] if value is not None else []
    return program.run(arguments, progress=progress)


def _word(value: Any) -> str:
    return os.fspath(value) if isinstance(value, os.PathLike) else as_text(value)
