"""Writes every file that is read from the catalogue, or compares them with it.

    python3 plugin/tools/generate.py --program build/release/bin/ordapt [--check]

Each module of `writers` has a function `files(catalogue)` that gives path (below the repository) -> text.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pathlib
import pkgutil
import subprocess
import sys
from typing import Any

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def catalogue(program: str) -> dict[str, Any]:
    """What `ordapt describe --json` says."""
    done = subprocess.run([program, "describe", "--json"], stdout=subprocess.PIPE, check=True)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def files(document: dict[str, Any]) -> dict[str, str]:
    """Path -> text of everything that is generated."""
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    package = importlib.import_module("writers")
    made: dict[str, str] = {}
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        writer = getattr(importlib.import_module(f"writers.{module.name}"), "files", None)
        made.update(writer(document) if writer else {})
    return made


def differences(made: dict[str, str]) -> list[str]:
    """Paths whose file is absent or says something else."""
    return [path for path, text in made.items() if not (REPOSITORY / path).is_file() or (REPOSITORY / path).read_text(encoding="utf-8") != text]


def main() -> int:
    parser = argparse.ArgumentParser(description="Writes what is read from the catalogue of steps")
    parser.add_argument("--program", default=str(REPOSITORY / "build" / "release" / "bin" / "ordapt"))
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 where a file differs")
    arguments = parser.parse_args()
    made = files(catalogue(arguments.program))
    changed = differences(made)
    for path in changed:
        print(f"differs: {path}" if arguments.check else f"written: {path}")
        if not arguments.check:
            (REPOSITORY / path).parent.mkdir(parents=True, exist_ok=True)
            (REPOSITORY / path).write_text(made[path], encoding="utf-8")
    return 1 if arguments.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
