"""The catalogue of steps as the engine describes it; a copy lies in the package, so that nothing has to be run to read it."""

from __future__ import annotations

import functools
import json
import pathlib
from typing import Any

Step = dict[str, Any]


@functools.lru_cache(maxsize=1)
def catalogue() -> dict[str, Any]:
    """What `ordapt describe --json` says."""
    document: dict[str, Any] = json.loads(pathlib.Path(__file__).with_name("catalogue.json").read_text(encoding="utf-8"))
    return document


@functools.lru_cache(maxsize=1)
def steps() -> dict[str, Step]:
    """The steps by name."""
    return {step["name"]: step for step in catalogue()["steps"]}


def version() -> str:
    """Of the engine that the catalogue was read from."""
    return str(catalogue()["version"])
