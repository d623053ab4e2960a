"""What a step gives: arrays on the engine's memory, a summary, the record of how it was made."""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _engine
from .ions import DTYPES, Ions, view


class Note(NamedTuple):
    """A warning of the record."""

    code: str
    text: str


class _Row(NamedTuple):
    task: int
    rank: int
    array: NDArray[Any]
    unit: str
    long_name: str
    axes: str


class Task(Mapping[str, NDArray[Any]]):
    """The arrays of one task - one species, where a step was asked for several - by name ("maps/counts")."""

    def __init__(self, number: int, title: str, rows: Mapping[str, _Row]) -> None:
        self.number, self.title, self._rows = number, title, rows

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._rows[name].array

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def unit(self, name: str) -> str:
        """Of an array; "" where it has none."""
        return self._rows[name].unit

    def long_name(self, name: str) -> str:
        """What its values stand for, where that needs words."""
        return self._rows[name].long_name

    def axes(self, name: str) -> tuple[str, ...]:
        """The arrays along its dimensions; "." where a dimension has none."""
        group, axes = name.rpartition("/")[0], self._rows[name].axes
        return tuple(axis if axis == "." else f"{group}/{axis}" for axis in axes.split(",")) if axes else ()

    @property
    def summary(self) -> dict[str, Any]:
        """The scalars of the summary of this task."""
        return {name.removeprefix("summary/"): row.array.item() for name, row in self._rows.items() if name.startswith("summary/") and row.rank == 0}

    def __repr__(self) -> str:
        return f"<task {self.number}{' ' if self.title else ''}{self.title}: {', '.join(self)}>"


class Result(Mapping[str, NDArray[Any]]):
    """The result of a step: a mapping from the names of its arrays ("maps/counts") to NumPy arrays on the engine's memory.

    The arrays are read-only and keep the result alive. Of a step that was asked for several species, the mapping is that of
    the first; `tasks` has all. A result may be given to the slots of later steps, and keeps what it was made from.
    """

    def __init__(self, context: _engine.Context, handle: _engine.Handle, step: str) -> None:
        self.step = step
        self._context, self._handle = context, handle
        self._tables = _read_tables(context, handle)
        self._record = _read_record(context, handle)

    @property
    def tasks(self) -> tuple[Task, ...]:
        """One per species, in the order asked for."""
        lib = _engine.library()
        return tuple(Task(k + 1, _engine.text(lib.oa_call_task_title(self._handle, k + 1)), rows) for k, rows in enumerate(self._tables))

    def task(self, title: str) -> Task:
        """The task of that title: a species, or the pairs of species that it is about."""
        for task in self.tasks:
            if task.title == title:
                return task
        raise KeyError(title)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.tasks[0][name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables[0])

    def __len__(self) -> int:
        return len(self._tables[0])

    def __repr__(self) -> str:
        return f"<result of {self.step}, {self.digest[:12]}: {', '.join(self)}>"

    @property
    def record(self) -> dict[str, Any]:
        """Step and version, parameters with unit and origin, inputs with digests, environment, summary, warnings, results_sha256."""
        return self._record

    @property
    def summary(self) -> dict[str, Any]:
        """The scalars of the result; of several species, one dict each by name."""
        found: dict[str, Any] = self.record["summary"]
        return found

    @property
    def digest(self) -> str:
        """results_sha256: the same for the same inputs, parameters and seed, here and in the program."""
        return _engine.text(_engine.library().oa_call_digest(self._handle))

    @property
    def warnings(self) -> list[Note]:
        """What the engine noticed while it read and computed."""
        return [Note(one["code"], one["text"]) for one in self.record["warnings"]]

    @property
    def ions(self) -> Ions | None:
        """The ions that the step gives, without a copy; None where it gives none."""
        found = _engine.library().oa_call_ions(self._handle)
        return Ions._of_result(found, self) if found else None

    def write(self, path: str | os.PathLike[str], overwrite: bool = False) -> pathlib.Path:
        """Writes the NeXus file that the program would write: complete under its name or not at all.

        A result that later steps take is named in their records from then on; so write it first where the chain is to be verified.
        """
        with _engine.held(self._context) as context:

            def work() -> None:
                with _engine.FILES:
                    context.check(_engine.library().oa_write_call(self._handle, os.fsencode(path), overwrite))

            _engine.interruptible(context, work)
            self._record = _read_record(context, self._handle)  # it names the library that wrote it now
        return pathlib.Path(path)


def _read_tables(context: _engine.Context, handle: _engine.Handle) -> list[dict[str, _Row]]:
    lib, found = _engine.library(), _engine.ArrayView()
    tables: list[dict[str, _Row]] = [{} for _ in range(lib.oa_call_task_count(handle))]
    for i in range(lib.oa_call_array_count(handle)):
        context.check(lib.oa_call_array(handle, i, ctypes.byref(found)))
        tables[found.task - 1][_engine.text(found.name)] = _row(handle, found)
    return tables


def _read_record(context: _engine.Context, handle: _engine.Handle) -> dict[str, Any]:
    lib, out = _engine.library(), ctypes.c_void_p()
    context.check(lib.oa_call_record(handle, ctypes.byref(out)))
    try:
        found: dict[str, Any] = json.loads(ctypes.string_at(out.value or 0))
    finally:
        lib.oa_string_free(out)
    return found


def _row(keeper: object, found: _engine.ArrayView) -> _Row:
    shape = tuple(found.dims[: found.rank])
    is_text = found.type == len(DTYPES)
    array = np.array(_engine.text(ctypes.string_at(found.data))) if is_text else view(keeper, found.data, shape, DTYPES[found.type])
    return _Row(found.task, found.rank, array, _engine.text(found.unit), _engine.text(found.long_name), _engine.text(found.axes))
