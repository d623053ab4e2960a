"""Slabs on many workers: the digest of one run, whatever is killed meanwhile, worker or server."""
from __future__ import annotations

import pathlib
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from conftest import HERE, ordapt
from lab import Lab
from stack import QUEUE, Stack

SLABS = {"species": "Ni", "stride": 0.2}


@pytest.fixture(scope="module")
def server(stack: Stack, bench: Callable[..., Stack]) -> Iterator[Stack]:
    """A Temporal server of its own, which keeps its state in a file, beside the stores of the stack."""
    made = bench("shards", database=True)
    made.ports = stack.ports | {"temporal": made.ports["temporal"]}
    made.share(stack)
    try:
        made.start_temporal()
        made.wait_for_port("temporal")
        yield made
    finally:
        made.__exit__()


def start_workers(server: Stack, *names: str) -> None:
    for name in names:
        server.start(name, [sys.executable, HERE / "worker.py", QUEUE, 1], PYTHONPATH=server.python_path(), **server.environment())
    for name in names:
        server.wait(name, lambda name=name: f"{server.processes[name].pid}@" in server.pollers(QUEUE), 120)


@pytest.fixture(scope="module")
def workers(server: Stack) -> Stack:
    start_workers(server, "one", "two")
    return server


def start(server: Stack, lab: Lab, slabs: int, **parameters: object) -> str:
    """As NOMAD does, on this server."""
    return server.start_workflow("sharded", lab, step="classify", slabs=slabs, input_path="tip.nxs", parameters=SLABS | parameters)


@pytest.fixture(scope="module")
def whole(specimen: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of one run of the program."""
    folder = tmp_path_factory.mktemp("whole")
    return str(ordapt("classify", specimen / "tip.nxs", "--species", "Ni", "--stride", "0.2", "-o", "whole.nxs", folder=folder)["output"]["results_sha256"])


def test_slabs_on_two_workers_give_the_digest_of_one_run(workers: Stack, lab: Lab, whole: str) -> None:
    document = workers.result(start(workers, lab, 5))
    assert document["output"]["results_sha256"] == whole
    assert {identity.split("@")[0] for identity in workers.identities(document["instance"], "ordapt_run_slab")} == {str(workers.processes[name].pid) for name in ("one", "two")}


def test_a_worker_that_is_killed_meanwhile(workers: Stack, lab: Lab, whole: str) -> None:
    instance = start(workers, lab, 6)
    workers.wait_for_activity(instance, "ordapt_run_slab")
    workers.kill("two")
    document = workers.result(instance)
    assert document["output"]["results_sha256"] == whole and not [path for path in lab.paths() if "slab" in path]
    start_workers(workers, "two")


def test_a_server_that_is_killed_meanwhile(workers: Stack, lab: Lab, whole: str) -> None:
    """Its file keeps what was done; workers wait for it."""
    instance = start(workers, lab, 6)
    workers.wait_for_activity(instance, "ordapt_run_slab")
    workers.kill("temporal")
    time.sleep(1)
    workers.start_temporal()
    workers.wait_for_port("temporal")
    assert workers.result(instance, 180)["output"]["results_sha256"] == whole


def test_a_slab_that_fails_ends_the_others(workers: Stack, lab: Lab) -> None:
    with pytest.raises(Exception, match="E_SPECIES_UNKNOWN"):
        workers.result(start(workers, lab, 4, species="Xx"))
    assert lab.paths() == ["tip.nxs"]
