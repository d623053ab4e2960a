"""A Snakemake rule for every step; what the rules share stands in snakemake/functions.smk."""

from __future__ import annotations

import keyword
from typing import Any

from .descriptors import FOLDER, NOTE, is_many, parameters, presets_that_set, told, wrapped

HEAD = """# {note}
#
# A rule for every step. Include this file and take rules over with files and parameters of your own:
#
#     include: "ordapt.smk"
#     use rule classify as found with:
#         input: ions="tip.nxs"
#         output: result="found.nxs", document="found.json"
#         params: call=arguments("classify", species="Ni")
#         resources: mem_mb=memory("classify", species="Ni")
#         log: "found.log"
#
# or name the file that is wanted: NAME.sdm.nxs is made of NAME.nxs with the parameters below `sdm` of the configuration.
# Slots are named inputs; `behind` are files that the records of the inputs name. docs/pipelines.md tells more.

include: "functions.smk"
"""


def rule_name(step: dict[str, Any]) -> str:
    return str(step["name"]) + ("_" if keyword.iskeyword(step["name"]) else "")


def helped(step: dict[str, Any]) -> list[str]:
    """Slots and parameters as comments, the ones that a preset fills last and by name only."""
    made = wrapped(f"{step['title']}: {step['description']}", "# ")
    for slot in step["slots"]:
        made += wrapped(f"input {slot['name']}{'' if slot['required'] else ' (may be left out)'}: {slot['description']}", "#   ")
    for name in parameters(step):
        if not presets_that_set(step, name):
            made += wrapped(f"{name}: {told(step, name)}", "#   ")
    filled = [name for name in parameters(step) if presets_that_set(step, name)]
    return made + (wrapped(f"filled by a preset ({', '.join(step['presets'])}), each may be set: {', '.join(filled)}", "#   ") if filled else [])


def main_input(step: dict[str, Any]) -> str:
    if not step["slots"]:
        return ""
    first = step["slots"][0]
    pattern = '["{name}.pos", "{name}.rrng"]' if is_many(first) else '"{name}.nxs"'
    return f'    input: **files("{step["name"]}", {first["name"]}={pattern})'


def outputs(step: dict[str, Any]) -> str:
    stem = f"{{name}}.{step['name']}"
    if step["gives_file"]:
        return f'    output: result="{stem}.{{format}}", record="{stem}.{{format}}.nxs", document="{stem}.{{format}}.json"'
    return f'    output: result="{stem}.nxs", document="{stem}.json"'


def rule(step: dict[str, Any]) -> list[str]:
    name = step["name"]
    ending = ".{format}" if step["gives_file"] else ""
    body = [
        f"rule {rule_name(step)}:",
        main_input(step),
        outputs(step),
        f'    log: "{{name}}.{name}{ending}.log"',
        '    wildcard_constraints: format="pos|csv|xyz|vtkhdf"' if step["gives_file"] else "",
        f'    params: call=arguments("{name}", **settings("{name}"))',
        "    threads: THREADS",
        f'    resources: mem_mb=memory("{name}", **settings("{name}")), runtime=RUNTIME',
        f'    shell: "{{ORDAPT}} {name} {{params.call}} --threads {{threads}} --json -o {{output.result}} > {{output.document}} 2> {{log}}"',
    ]
    return ["", "", *helped(step), *(line for line in body if line)]


def files(catalogue: dict[str, Any]) -> dict[str, str]:
    lines = [HEAD.format(note=NOTE).rstrip(), *(line for step in catalogue["steps"] for line in rule(step))]
    return {f"{FOLDER}/snakemake/ordapt.smk": "\n".join(lines) + "\n"}
