"""Where versions of NOMAD differ, 1.4.3 to 2.0.0."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

Answer = TypeVar("Answer")


def upload_files(upload_id: str, user_id: str) -> Any:
    """Files of an upload; PermissionError without rights, KeyError or AttributeError where there is none."""
    try:
        from nomad.uploads import get_upload_files
    except ImportError:  # before 1.4.3
        from nomad.actions.manager import get_upload_files
    return get_upload_files(upload_id, user_id)


def upload(upload_id: str) -> Any:
    """The upload itself, without a check of rights."""
    from nomad.processing import Upload

    return Upload.get(upload_id)


def has_file(files: Any, path: str) -> bool:
    ask = getattr(files, "raw_isfile", None) or files.raw_path_is_file
    return bool(ask(path))


def options(action_id: str) -> Any:
    """The entry point of an action as the operator configured it."""
    from nomad.config import config

    return config.get_plugin_entry_point(action_id)


def work_folder(instance: str) -> str:
    from nomad.actions.manager import action_instance_artifacts_dir

    return str(action_instance_artifacts_dir(instance))


_INHERITED: list[Any] = []
"""Runtimes of a parent process: to let go of them here would end threads that exist only there."""


def ask_manager(question: Callable[[Any], Answer]) -> Answer:
    """Asks NOMAD's manager of actions, from any of its processes.

    Entries are normalized in forked children of the internal worker, where the connection to Temporal that the parent made is refused
    ("across forks"); a child makes its own.
    """
    from nomad.actions import manager

    try:
        return question(manager)
    except (AssertionError, RuntimeError) as error:
        if "across forks" not in str(error):
            raise
    _renew_runtime()
    return question(manager)


def _renew_runtime() -> None:
    """A runtime of this process, with one thread.

    Its locks keep a table of all threads, the parent's too, which are not here; the more threads are added, the likelier it is made larger, and that follows their
    addresses and ends the process.
    """
    from nomad.actions import client
    from temporalio import runtime

    os.environ.setdefault("TOKIO_WORKER_THREADS", "1")
    if getattr(client, "_runtime", None) is not None:  # 2.0.0 keeps one of its own
        _INHERITED.append(client._runtime)
        client._runtime = None
    else:
        _INHERITED.append(getattr(runtime, "_default_runtime", None))
        runtime.Runtime.set_default(runtime.Runtime(telemetry=runtime.TelemetryConfig()))
