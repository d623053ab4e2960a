"""Runs the program `ordapt` as a child process: its JSON document as a dict, its failures as exceptions.

    document = program.run(["composition", "tip.nxs", "-o", "composition.nxs"])
    document = await program.run_async(["run", "csro", "tip=tip.nxs", "-o", "csro.nxs"], progress=print)

A child never outlives its caller: it holds the end of a pipe (`--lifeline`) and ends, leaving nothing, when that closes.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from . import errors

Document = dict[str, Any]
Progress = dict[str, Any]
"""step, phase, done, total, rate, eta_s: one line of the program's progress."""

PACKAGED = pathlib.Path(__file__).resolve().parent / "bin" / "ordapt"
GRACE_S = 5.0
"""The program promises to end within 2 s of SIGTERM."""


def find() -> pathlib.Path:
    """The program: ORDAPT_PROGRAM, else the one of this package, else the one on PATH."""
    named = os.environ.get("ORDAPT_PROGRAM")
    for candidate in (named, None if named else str(PACKAGED), None if named else shutil.which("ordapt")):
        if candidate and os.access(candidate, os.X_OK) and pathlib.Path(candidate).is_file():
            return pathlib.Path(candidate)
    where = f"ORDAPT_PROGRAM names {named}, which is no program" if named else "it is neither in this package nor on PATH"
    raise errors.LackingError(
        "E_ENGINE_MISSING", f"the program ordapt is missing: {where}; `pip install ./plugin` builds it, ORDAPT_PROGRAM names another"
    )


@functools.lru_cache(maxsize=8)
def _version(path: str, changed: int) -> str:
    done = subprocess.run([path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if done.returncode or len(words) < 2:
        raise errors.LackingError("E_ENGINE_MISSING", f"{path} does not run: {(done.stderr or done.stdout).strip()[:500]}")
    return words[1]


def version() -> str:
    """Of the program that `find` gives, e.g. 0.1.0."""
    path = find()
    return _version(str(path), path.stat().st_mtime_ns)


def check_version(expected: str) -> None:
    """Refuses a program of another version than the one this package was made for."""
    if version() != expected:
        raise errors.LackingError(
            "E_ENGINE_VERSION", f"{find()} is version {version()}, this package was made for {expected}; install both from one source"
        )


class Job:
    """One run of the program; a context manager that leaves no process and no partial file behind."""

    def __init__(self, arguments: Sequence[str | os.PathLike[str]], *, folder: str | os.PathLike[str] | None = None) -> None:
        self.arguments = [os.fspath(argument) for argument in arguments]
        self.folder = pathlib.Path(folder) if folder is not None else pathlib.Path.cwd()
        self._said, self._document = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115 - closed with the job
        self._progress, progress = os.pipe()
        lifeline, self._lifeline = os.pipe()
        self._rest = b""
        command = [str(find()), *self.arguments, "--json", "--progress", f"jsonl:{progress}", "--lifeline", str(lifeline)]
        try:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=self._document,
                stderr=self._said,
                pass_fds=(progress, lifeline),
                start_new_session=True,
            )
        except BaseException:
            self._close()
            raise
        finally:
            os.close(progress)
            os.close(lifeline)

    def __enter__(self) -> Job:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._close()

    def events(self, idle_s: float = 1.0) -> Iterator[Progress | None]:
        """Progress as it comes, and None after every `idle_s` without any, until the program has ended."""
        open_end = True
        while self.process.poll() is None:
            if not open_end:
                try:
                    self.process.wait(idle_s)
                except subprocess.TimeoutExpired:
                    yield None
                continue
            if not select.select([self._progress], [], [], idle_s)[0]:
                yield None
                continue
            piece = os.read(self._progress, 65536)
            open_end = bool(piece)
            yield from self._lines(piece)

    def _lines(self, piece: bytes) -> Iterator[Progress]:
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            event = _object(line)
            if event is not None:
                yield event

    def result(self) -> Document:
        """Waits for the end; the document of a success, the exception of a failure."""
        code = self.process.wait()
        self._document.seek(0)
        document = _object(self._document.read()) or {}
        if code == 0 and document:
            return document
        if code > 0 and document:
            raise errors.of_document(document)
        raise errors.of_signal(-code, self.said()) if code < 0 else errors.of(code, "E_BUG", f"the program said no document. {self.said()}")

    def said(self) -> str:
        """The end of what the program wrote to standard error."""
        self._said.seek(max(0, os.fstat(self._said.fileno()).st_size - 4000))
        return self._said.read().decode(errors="replace").strip()

    def stop(self, grace_s: float = GRACE_S) -> None:
        """Ends the program: SIGTERM, and SIGKILL where that does not help in time."""
        if self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self._remove_part()

    def _remove_part(self) -> None:
        for option, value in zip(self.arguments, self.arguments[1:], strict=False):
            if option in ("-o", "--output"):
                (self.folder / f"{value}.part").unlink(missing_ok=True)

    def _close(self) -> None:
        for descriptor in (self._progress, self._lifeline):
            os.close(descriptor)
        self._said.close()
        self._document.close()


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def run(
    arguments: Sequence[str | os.PathLike[str]], *, folder: str | os.PathLike[str] | None = None, progress: Callable[[Progress], object] | None = None
) -> Document:
    """Runs the program to its end. `progress` is called with every line of progress; KeyboardInterrupt ends the program."""
    with Job(arguments, folder=folder) as job:
        for event in job.events():
            if event is not None and progress:
                progress(event)
        return job.result()


def records(path: str | os.PathLike[str], *, folder: str | os.PathLike[str] | None = None) -> list[Document]:
    """The records in a file, oldest first; none in a file of another program."""
    found: list[Document] = run(["show", path], folder=folder).get("records", [])
    return found


async def run_async(
    arguments: Sequence[str | os.PathLike[str]], *, folder: str | os.PathLike[str] | None = None, progress: Callable[[Progress], object] | None = None
) -> Document:
    """The same in an event loop, where `progress` is called. Cancelling the task ends the program."""
    loop, ended = asyncio.get_running_loop(), threading.Event()

    def tell(event: Progress) -> None:
        if progress and not ended.is_set():
            loop.call_soon_threadsafe(progress, event)

    with Job(arguments, folder=folder) as job:

        def follow() -> None:
            for event in job.events(0.2):
                if event is not None:
                    tell(event)

        following = loop.run_in_executor(None, follow)
        try:
            await asyncio.shield(following)
        except asyncio.CancelledError:
            ended.set()
            await loop.run_in_executor(None, job.stop)
            await following
            raise
        return job.result()
