"""Steps of ordapt as AiiDA shell jobs (aiida-shell): files and parameters become nodes, AiiDA keeps who was made from what.

    from ordapt_shell import launch
    found = launch("classify", {"ions": tip}, {"species": "Ni"})
    found["result"]      # SinglefileData, the NeXus file
    found["document"]    # Dict, what the program says: digest, summary, warnings, times, memory

`python ordapt_shell.py SPECIMEN.nxs` makes a profile that lives in memory and a temporary folder (SQLite, no broker), runs crop and
composition one after the other on this machine, and prints both digests and the provenance graph.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from aiida import load_profile, orm
from aiida.storage.sqlite_temp import SqliteTempBackend
from aiida_shell import launch_shell_job


def typed(value: Any) -> str:
    """A value as it is typed: lists with commas, truth in lower case."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(typed, value)) if isinstance(value, (list, tuple)) else str(value)


def read_document(dirpath: pathlib.Path) -> dict[str, Any]:
    """The JSON document as a node; read on success and on failure, when it holds the error of the program."""
    text = (dirpath / "stdout").read_text(encoding="utf-8")
    return {"document": orm.Dict(json.loads(text))} if text else {}


def launch(
    step: str,
    slots: Mapping[str, Any],
    parameters: Mapping[str, Any] | None = None,
    *,
    behind: Sequence[Any] = (),
    output: str = "",
    options: Mapping[str, Any] | None = None,
    command: Any = "ordapt",
) -> dict[str, Any]:
    """Runs a step.

    slots: name -> SinglefileData or path, the main input first; behind: files that the records of the inputs name; output: name of the
    result, since two results of one step that meet in a later one need two names; command: a program of this machine, or a code of
    another computer; options: of its scheduler (resources, max_memory_kb, max_wallclock_seconds, account, queue_name).
    """
    nodes = {name: node if isinstance(node, orm.SinglefileData) else orm.SinglefileData(pathlib.Path(node).resolve()) for name, node in slots.items()}
    output = output or f"{step}.nxs"
    words = [step, "--json", "--progress", "none", "-o", output, "--search", "."]
    for position, name in enumerate(nodes):
        words += [f"{{{name}}}"] if position == 0 else [f"--{name}", f"{{{name}}}"]
    for name, value in (parameters or {}).items():
        words += [f"--{name.replace('_', '-')}", typed(value)]
    nodes |= {"behind_" + re.sub(r"\W", "_", node.filename): node for node in behind}
    program = command if isinstance(command, orm.AbstractCode) else shutil.which(command) or command
    results, job = launch_shell_job(
        program,
        arguments=words,
        nodes=nodes,
        outputs=[output],
        parser=read_document,
        resolve_command=False,
        metadata={"label": f"ordapt {step}", "options": {"redirect_stderr": False, **(options or {})}},
    )
    if not job.is_finished_ok:
        raise RuntimeError(f"ordapt {step}: {job.exit_message}: {job.outputs.stderr.get_content() if 'stderr' in job.outputs else ''}")
    return {"result": results[re.sub(r"\W", "_", output)], "document": results["document"], "job": job}


def main() -> None:
    load_profile(SqliteTempBackend.create_profile("ordapt"), allow_switch=True)
    tip = orm.SinglefileData(pathlib.Path(sys.argv[1]).resolve())
    crop = launch("crop", {"ions": tip}, {"roi": [-3, 3, -3, 3, -9, -3]})
    composition = launch("composition", {"ions": crop["result"]}, behind=[tip])
    for made in (crop, composition):
        said = made["document"].get_dict()
        print(made["job"].label, said["output"]["results_sha256"], "exit", made["job"].exit_status)
    print(
        "ancestors of the composition:",
        orm.QueryBuilder()
        .append(orm.Node, filters={"id": composition["result"].pk}, tag="r")
        .append(orm.Node, with_descendants="r", project="id")
        .count(),
    )
    try:
        launch("crop", {"ions": tip}, {"every": 0})
    except RuntimeError as error:
        print("refused:", error)


if __name__ == "__main__":
    main()
