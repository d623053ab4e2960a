"""What an action costs beside the bare program, and what more workers bring: real server, real workers, real uploads.

    "$(sh tests/plugin/environment.sh tests/plugin/requirements-nomad.txt)" tests/bench/workers.py [--box X,X,Y,Y,Z,Z] [--repeats N]

PYTHONPATH must lead to the installed distribution (sh tests/plugin/install.sh prints it), ORDAPT_PROGRAM to the program. This is a measurement, no test.
"""
from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "plugin" / "nomad"))


def ordapt(*words: object, folder: pathlib.Path) -> tuple[dict[str, Any], float]:
    begun = time.monotonic()
    done = subprocess.run([os.environ["ORDAPT_PROGRAM"], *map(str, words), "--json", "--overwrite"], cwd=folder, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout), time.monotonic() - begun


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def start_workers(stack: Any, names: list[str]) -> None:
    from stack import QUEUE

    for name in names:
        stack.start(name, [sys.executable, HERE.parent / "plugin" / "nomad" / "worker.py", QUEUE, 1], PYTHONPATH=stack.python_path())
    for name in names:
        stack.wait(name, lambda name=name: f"{stack.processes[name].pid}@" in stack.pollers(QUEUE), 300)


def overhead(stack: Any, lab: Any, folder: pathlib.Path, repeats: int) -> None:
    """The csro recipe, alternating: the bare program, and as an action. The seed differs, or the work would be known."""
    bare, action = [], []
    for seed in range(1, repeats + 1):
        bare.append(ordapt("run", "csro", "tip=tip.nxs", "draws=0", f"seed={seed}", "-o", "bare.nxs", folder=folder)[1])
        begun = time.monotonic()
        stack.result(stack.start_workflow("recipe", lab, recipe="csro", inputs={"tip": "tip.nxs"}, values={"draws": 0, "seed": seed}, report=False))
        action.append(time.monotonic() - begun)
    print(f"csro, bare program    {statistics.median(bare):6.2f} s   ({min(bare):.2f} to {max(bare):.2f}, {repeats} times)")
    print(f"csro, as an action    {statistics.median(action):6.2f} s   overhead {statistics.median(action) - statistics.median(bare):+.2f} s")


def scaling(stack: Any, lab: Any, folder: pathlib.Path, slabs: int) -> None:
    """One classification in slabs of one thread each on 1, 2 and 4 workers."""
    document, whole = ordapt("classify", "tip.nxs", "--species", "Ni", "--threads", 1, "-o", "whole.nxs", folder=folder)
    _, both = ordapt("classify", "tip.nxs", "--species", "Ni", "-o", "whole.nxs", folder=folder)
    print(f"classify, one process, 1 thread {whole:6.2f} s, all threads {both:6.2f} s")
    running: list[str] = ["w1"]
    for count in (1, 2, 4):
        more = [f"w{number}" for number in range(len(running) + 1, count + 1)]
        start_workers(stack, more)
        running += more
        begun = time.monotonic()
        made = stack.result(stack.start_workflow("sharded", lab, step="classify", slabs=slabs, input_path="tip.nxs", parameters={"species": "Ni"}, output_dir=f"results{count}"), 900)
        took = time.monotonic() - begun
        assert made["output"]["results_sha256"] == document["output"]["results_sha256"]
        print(f"classify, {slabs} slabs of 1 thread, {count} workers   {took:6.2f} s   {whole / took:4.2f} x one process of 1 thread; the same digest")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--box", default="-8,8,-8,8,-25,0")
    parser.add_argument("--slabs", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    from conftest import client
    from lab import Lab
    from stack import Stack

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made, _ = ordapt("synthesise", "--domains", 40, "--box", arguments.box, "--seed", 3, "-o", "tip.nxs", folder=folder)
        print(f"{made['summary']['ions']} ions")
        (folder / "stack").mkdir()
        with Stack(folder / "stack", database=True) as stack:
            set_threads(stack)
            client()
            lab = Lab(folder / "tip.nxs")
            start_workers(stack, ["w1"])
            before = memory(stack.processes["w1"].pid)
            overhead(stack, lab, folder, arguments.repeats)
            print(f"memory of the worker, before and after {arguments.repeats} actions: {before / 1e6:.0f} MB, {memory(stack.processes['w1'].pid) / 1e6:.0f} MB")
            scaling(stack, lab, folder, arguments.slabs)
    sys.stdout.flush()
    os._exit(0)  # threads of NOMAD's clients would hold the exit


def set_threads(stack: Any) -> None:
    """Slabs of one thread each; other actions as usual."""
    path = stack.folder / "nomad.yaml"
    configuration = json.loads(path.read_text())
    configuration["plugins"]["entry_points"]["options"]["ordapt.nomad:sharded_action"]["threads"] = 1
    path.write_text(json.dumps(configuration))


if __name__ == "__main__":
    main()
