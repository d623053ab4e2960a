"""One stack for all tests of the session: services, a cpu worker, the internal worker and the application of NOMAD, all real but for the stand-ins."""
from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from lab import Lab
from stack import Stack, Unreachable

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # for workers and measurements, which pytest does not start
from made import PROGRAM as FOUND

os.environ.setdefault("ORDAPT_SOURCE", str(HERE.parents[2]))
PROGRAM = pathlib.Path(os.environ.setdefault("ORDAPT_PROGRAM", FOUND))
REFERENCE = pathlib.Path(os.environ.get("ORDAPT_REFERENCE") or "absent")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of entries come last: the internal worker compiles the definitions of NeXus for minutes, while the others run."""
    items.sort(key=lambda item: item.path.stem in ("test_entries", "test_sending", "test_search"))


def ordapt(*arguments: object, folder: pathlib.Path) -> dict[str, Any]:
    """The program, called by hand."""
    done = subprocess.run([PROGRAM, *map(str, arguments), "--json"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr.decode()
    document: dict[str, Any] = json.loads(done.stdout)
    return document


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Stack]:
    """Makes stacks; skips, by name, where the packages of the services cannot be fetched."""
    def make(name: str, **more: Any) -> Stack:
        try:
            return Stack(tmp_path_factory.mktemp(name), **more)
        except Unreachable as error:
            pytest.skip(f"{name}: {error}")
    return make


@pytest.fixture(scope="session")
def stack(bench: Callable[..., Stack]) -> Iterator[Stack]:
    if os.environ.get("ORDAPT_STACK"):
        made = Stack.running(pathlib.Path(os.environ["ORDAPT_STACK"]))
        client()
        yield made
        return
    with bench("stack") as made:
        made.launch_worker()
        if not os.environ.get("ORDAPT_ONLY_CPU"):
            made.launch_worker("internal", "internal")
            made.launch_app()
        client()
        made.wait_for_worker()
        yield made


def client() -> None:
    """Connects this process to the stores that NOMAD_CONFIG names."""
    from nomad import infrastructure

    infrastructure.setup_files()
    infrastructure.setup_mongo()


@pytest.fixture(scope="session")
def nomad(stack: Stack) -> Stack:
    """The stack with the internal worker, which makes entries."""
    if os.environ.get("ORDAPT_STACK"):
        return stack
    if "internal" not in stack.processes:
        pytest.skip("this version is tested with the cpu worker alone")
    stack.wait_for_worker("internal", "internal")
    return stack


@pytest.fixture(scope="session")
def specimen(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A folder with a small specimen as .nxs and as vendor files."""
    folder = tmp_path_factory.mktemp("specimen")
    ordapt("synthesise", "--domains", 12, "--box", "-6,6,-6,6,-18,0", "--seed", 3, "-o", "tip.nxs", folder=folder)
    ordapt("export", "tip.nxs", "-o", "tip.pos", folder=folder)
    return folder


@pytest.fixture
def lab(stack: Stack, specimen: pathlib.Path) -> Lab:
    return Lab(specimen / "tip.nxs")
