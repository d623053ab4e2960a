"""The entry points of NOMAD in pyproject.toml: an action for each step."""

from __future__ import annotations

import pathlib
from typing import Any

PROJECT = "plugin/pyproject.toml"
BEGIN, END = "# made by plugin/tools/generate.py: one action per step\n", "# end of what is made\n"
OTHERS = ("recipe_action", "sharded_action", "steps_schema", "order_app", "csro_example")


def files(catalogue: dict[str, Any]) -> dict[str, str]:
    text = (pathlib.Path(__file__).resolve().parents[3] / PROJECT).read_text(encoding="utf-8")
    names = [f"{step['name']}_action" for step in catalogue["steps"]] + list(OTHERS)
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    lines = "".join(f'{name} = "ordapt.nomad:{name}"\n' for name in names)
    return {PROJECT: f"{before}{BEGIN}{lines}{END}{after}"}
