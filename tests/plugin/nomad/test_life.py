"""Cancel, kill -9, and what is told meanwhile."""
from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from typing import Any

from conftest import ordapt
from lab import Lab
from stack import Stack

LONG = {"species": "Ni", "stride": 0.125}
"""Some seconds of work on the small specimen."""


def engines() -> list[int]:
    """Processes of the program that run `classify`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0") if entry.name.isdigit() else []
        except OSError:
            continue
        if len(words) > 1 and words[0].endswith(b"/ordapt") and words[1] == b"classify":
            found.append(int(entry.name))
    return found


def until(ask: Callable[[], object], seconds: float) -> float:
    begun = time.monotonic()
    while not ask():
        assert time.monotonic() - begun < seconds, "it took too long"
        time.sleep(0.05)
    return time.monotonic() - begun


def test_a_cancel_ends_the_engine_and_leaves_nothing(lab: Lab, stack: Stack) -> None:
    instance = lab.start("classify", input_path="tip.nxs", parameters=LONG)
    until(engines, 30)
    lab.stop(instance)
    until(lambda: not engines(), 4 * stack.heartbeat_s)
    until(lambda: not list((stack.folder / "files" / "actions" / instance).glob("artifacts/*")), 20)
    until(lambda: lab.status(instance) == "CANCELED", 20)
    assert lab.paths() == ["tip.nxs"]


def heartbeats(stack: Stack, instance: str) -> list[dict[str, object]]:
    """What the running activities of an action last told."""
    async def ask(client: Any) -> list[dict[str, object]]:
        described = await client.get_workflow_handle(instance).describe()
        told = [item.heartbeat_details.payloads for item in described.raw_description.pending_activities if item.HasField("heartbeat_details")]
        return [(await client.data_converter.decode(payloads))[0] for payloads in told]

    return [item for item in stack.temporal(ask) if isinstance(item, dict)]


def test_a_worker_that_is_killed_and_its_retry(lab: Lab, stack: Stack, tmp_path: pathlib.Path) -> None:
    """Progress is told, the orphan ends with its worker, and the retry on another worker gives the digest of the program by hand."""
    instance = lab.start("classify", input_path="tip.nxs", parameters=LONG)
    until(lambda: any(item.get("phase") == "voxels" for item in heartbeats(stack, instance)), 60)
    stack.kill("cpu")
    took = until(lambda: not engines(), 5)
    assert took < 3, "the program promises to end within 2 s"
    stack.start_worker()
    ended = lab.wait(instance, 180)
    assert ended.status == "COMPLETED", ended.text
    by_hand = ordapt("classify", lab.raw / "tip.nxs", "--species", "Ni", "--stride", "0.125", "-o", "by_hand.nxs", folder=tmp_path)
    assert ended.document["output"]["results_sha256"] == by_hand["output"]["results_sha256"]
    assert not [path for path in lab.paths() if path.endswith(".part")]


def test_payloads_are_small(lab: Lab, stack: Stack) -> None:
    """Paths and hashes pass through Temporal, never data: at most 64 kB each."""
    instance = lab.start("recipe", recipe="csro", inputs={"tip": "tip.nxs"}, values={"species": "Ni,Co", "draws": 0}, report=False)
    assert lab.wait(instance).status == "COMPLETED"

    history = stack.temporal(lambda client: client.get_workflow_handle(instance).fetch_history())
    assert max(event.ByteSize() for event in history.events) <= 64 << 10
