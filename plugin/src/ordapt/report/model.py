"""What a result file says, as plain values: records of steps, their inputs, parameters, numbers and arrays.

Nothing here knows HDF5. Large arrays stay in the file: `Array.path` says where, `reading.Source` fetches what a figure needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Scalar = float | int | bool | str


@dataclass(frozen=True)
class Array:
    """One dataset of an NXdata group."""

    path: str
    name: str
    shape: tuple[int, ...]
    kind: str  # of numpy's dtype: i, u, f
    itemsize: int
    units: str = ""
    long_name: str = ""

    @property
    def type_name(self) -> str:
        return {"i": "int", "u": "uint", "f": "float", "b": "bool"}.get(self.kind, self.kind) + str(8 * self.itemsize)

    def words(self) -> dict[int, str]:
        """Names of the values of a numbered axis: `class: 0 FCC, 1 CSRO` gives {0: FCC, 1: CSRO}."""
        _, _, listing = self.long_name.partition(": ")
        found = {}
        for item in listing.split(", "):
            match = re.fullmatch(r"(\d{1,9}) (.{1,80})", item)
            if match:
                found[int(match[1])] = match[2]
        return found


@dataclass(frozen=True)
class DataGroup:
    """An NXdata group: a signal over its axes, and further columns."""

    name: str
    title: str
    signal: Array
    axes: tuple[str, ...]  # "." where a dimension has none
    arrays: dict[str, Array]

    def axis(self, dimension: int) -> Array | None:
        name = self.axes[dimension] if dimension < len(self.axes) else "."
        return self.arrays.get(name)

    def columns(self) -> list[Array]:
        """Arrays that are neither an axis nor the signal."""
        return [array for name, array in self.arrays.items() if name not in self.axes and name != self.signal.name]


@dataclass(frozen=True)
class Value:
    """A number or word of a summary or a configuration, with its unit and, for parameters, where it came from."""

    name: str
    value: Scalar | tuple[Scalar, ...]
    units: str = ""
    origin: str = ""  # default, preset or set


@dataclass(frozen=True)
class Task:
    """One NXprocess of a record: a species, or the whole."""

    name: str
    summary: dict[str, Value]
    groups: dict[str, DataGroup]
    default: str = ""

    def number(self, name: str) -> float | None:
        found = self.summary.get(name)
        if found is None or isinstance(found.value, (str, tuple)):
            return None
        return float(found.value)

    def word(self, name: str) -> str:
        found = self.summary.get(name)
        return str(found.value) if found is not None and isinstance(found.value, str) else ""


@dataclass(frozen=True)
class Input:
    """What a step was given, as its record names it."""

    role: str
    file_name: str  # "." for a result of the same file
    subentry: str
    checksum: str
    content: str
    identifier: str

    @property
    def is_inside(self) -> bool:
        return self.file_name in (".", "")


@dataclass(frozen=True)
class StepWarning:
    code: str
    text: str


@dataclass(frozen=True)
class Record:
    """One step: an NXsubentry of the file."""

    name: str
    step: str
    title: str
    identifier: str
    version: str
    start_time: str
    status: str
    elapsed: float | None
    digest: str
    inputs: tuple[Input, ...]
    parameters: tuple[Value, ...]
    environment: tuple[Value, ...]
    random: tuple[Value, ...]
    warnings: tuple[StepWarning, ...]
    tasks: tuple[Task, ...]
    order: int = 0  # sequence_index of its first task

    def parameter(self, name: str) -> Value | None:
        return next((value for value in self.parameters if value.name == name), None)

    def input(self, role: str) -> Input | None:
        return next((item for item in self.inputs if item.role == role), None)


@dataclass(frozen=True)
class Result:
    """A whole file."""

    file_name: str
    file_bytes: int
    facts: tuple[tuple[str, str], ...]  # of the specimen
    is_simulation: bool | None  # None where the file does not say
    records: tuple[Record, ...]  # in the order they were made
    default: str = ""
    notes: list[str] = field(default_factory=list)  # what reading left out, said on the page

    def record(self, name: str) -> Record | None:
        return next((record for record in self.records if record.name == name), None)

    def inner(self, given: Input | None) -> Record | None:
        """The record of this file that an input names."""
        return self.record(given.subentry) if given is not None and given.is_inside else None

    def is_control(self, record: Record) -> bool:
        """Made from shuffled ions: the chain of main inputs passes a `shuffle` of this file."""
        seen: set[str] = set()
        current: Record | None = record
        while current is not None and current.name not in seen:
            if current.step == "shuffle":
                return True
            seen.add(current.name)
            current = self.inner(current.input("ions"))
        return False

    def control_of(self, record: Record) -> Record | None:
        """The same step on shuffled ions, if the file has it: as `domains` was given it, else the first of that step."""
        for other in self.records:
            if self.inner(other.input("ions")) is record:
                named = self.inner(other.input("control"))
                if named is not None and named.step == record.step:
                    return named
        if self.is_control(record):
            return None
        return next((other for other in self.records if other.step == record.step and self.is_control(other)), None)
