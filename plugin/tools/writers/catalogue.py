"""The catalogue itself, which the Python side reads without asking the program."""

from __future__ import annotations

import json
from typing import Any


def files(catalogue: dict[str, Any]) -> dict[str, str]:
    return {"plugin/src/ordapt/catalogue.json": json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n"}
