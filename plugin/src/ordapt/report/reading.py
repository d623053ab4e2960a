"""From HDF5 to the values of `model`. Files are untrusted: only hard links are followed, depth, counts and sizes are bounded,
and nothing that lies outside the file (external links, external or virtual storage) is touched."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from .errors import INVALID, MISSING, ReportError
from .model import Array, DataGroup, Input, Record, Result, Scalar, StepWarning, Task, Value

MAX_TEXT = 65_536  # characters of one string
MAX_CHILDREN = 4096  # members of one group
MAX_RECORDS = 200
MAX_BYTES = 1 << 30  # of one array when it is read at once
MAX_RATIO = 1100  # unpacked over stored bytes: deflate reaches 1032

DAMAGED = (AttributeError, KeyError, OSError, RuntimeError, ValueError, TypeError)  # what h5py says of objects that are missing or broken

Numbers = npt.NDArray[Any]


class Source:
    """An open HDF5 file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            raise ReportError("E_NOT_FOUND", MISSING, "no such file; give a result of ordapt", path.name)
        if not path.is_file():
            raise ReportError("E_NOT_A_FILE", MISSING, "a folder or device instead of a file; give a result of ordapt", path.name)
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            raise ReportError("E_PERMISSION", MISSING, f"the file cannot be read: {error.strerror}", path.name) from error
        try:
            self._file = h5py.File(path, "r")
        except OSError as error:
            raise ReportError("E_H5_OPEN", INVALID, "not HDF5, damaged or cut; give a .nxs file of ordapt", path.name) from error

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def node(self, path: str) -> Any:
        """The group or dataset at a path of hard links, else None."""
        current: Any = self._file
        for part in path.strip("/").split("/"):
            current = _member(current, part) if isinstance(current, h5py.Group) and part else None
        return current

    def children(self, group: Any) -> Iterator[tuple[str, Any]]:
        """Members by hard link, in name order."""
        if not isinstance(group, h5py.Group):
            return
        for count, name in enumerate(_names(group)):
            if count >= MAX_CHILDREN:
                return
            item = _member(group, name)
            if item is not None:
                yield name, item

    def read(self, array: Array, selection: Any = ()) -> Numbers:
        """Numbers of an array, or of a part of it; sizes are judged before anything is unpacked."""
        dataset = self.node(array.path)
        if not _is_plain(dataset):
            raise ReportError("E_H5_MISSING", INVALID, f"{array.path} cannot be read", self.path.name)
        if selection == () and dataset.nbytes > MAX_BYTES:
            raise ReportError("E_H5_BOMB", INVALID, f"{array.path} holds {dataset.nbytes} bytes, more than a report reads", self.path.name)
        try:
            return np.asarray(dataset[selection])
        except (OSError, ValueError, TypeError) as error:
            raise ReportError("E_H5_OPEN", INVALID, f"{array.path} is damaged or compressed by a filter that is not here", self.path.name) from error


def _member(group: Any, name: str) -> Any:
    """What a hard link of a group leads to, None where there is none or the file is damaged."""
    try:
        return group[name] if isinstance(group.get(name, getlink=True), h5py.HardLink) else None
    except DAMAGED:
        return None


def _names(group: Any) -> list[str]:
    try:
        return sorted(group)
    except DAMAGED:
        return []


def _is_plain(item: Any) -> bool:
    """A dataset stored in this file, not larger than its stored bytes can be; False also where it is damaged."""
    if not isinstance(item, h5py.Dataset):
        return False
    try:
        if item.shape is None or item.is_virtual or item.external is not None:
            return False
        return bool(item.nbytes <= MAX_RATIO * item.id.get_storage_size() + 65_536)
    except DAMAGED:
        return False


def _words(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = str(value)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def attribute(item: Any, name: str) -> str:
    """A text attribute, "" where it is missing or no text."""
    try:
        value = item.attrs.get(name, "")
    except DAMAGED:
        return ""
    return _words(value) if isinstance(value, (str, bytes)) else ""


def attribute_list(item: Any, name: str) -> tuple[str, ...]:
    try:
        value = item.attrs.get(name, ())
    except DAMAGED:
        return ()
    items = [value] if isinstance(value, (str, bytes)) else list(np.atleast_1d(value))
    return tuple(_words(one) for one in items[:16])


def _plain(value: Any) -> Scalar:
    if isinstance(value, (bytes, str)):
        return _words(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    return _words(value)


def content(item: Any) -> Scalar | tuple[Scalar, ...] | None:
    """A scalar or short list, None where it is neither."""
    if not _is_plain(item) or math.prod(item.shape) > 4096:
        return None
    try:
        value = item[()]
    except DAMAGED:
        return None
    if isinstance(value, np.ndarray):
        return tuple(_plain(one) for one in value.ravel())
    return _plain(value)


def text(group: Any, name: str) -> str:
    value = content(_member(group, name))
    return value if isinstance(value, str) else ""


def _values(source: Source, group: Any, origins: Any = None) -> tuple[Value, ...]:
    found = []
    for name, item in source.children(group):
        value = content(item) if isinstance(item, h5py.Dataset) else None
        if value is not None:
            found.append(Value(name, value, attribute(item, "units"), text(origins, name)))
    return tuple(found)


def _data_group(source: Source, name: str, group: Any) -> DataGroup | None:
    arrays = {}
    for child, item in source.children(group):
        if _is_plain(item) and item.dtype.kind in "iufb":
            arrays[child] = Array(
                f"{group.name}/{child}",
                child,
                tuple(map(int, item.shape)),
                item.dtype.kind,
                int(item.dtype.itemsize),
                attribute(item, "units"),
                attribute(item, "long_name"),
            )
    axes = attribute_list(group, "axes")
    first = next((child for child in arrays if child not in axes), "")  # no signal is named where viewers could draw none
    signal = arrays.get(attribute(group, "signal") or first)
    if signal is None or not signal.shape:
        return None
    return DataGroup(name, text(group, "title"), signal, axes, arrays)


def _task(source: Source, name: str, process: Any) -> Task:
    summary: dict[str, Value] = {}
    groups: dict[str, DataGroup] = {}
    for child, item in source.children(process):
        kind = attribute(item, "NX_class")
        if kind == "NXparameters" and child == "summary":
            summary = {value.name: value for value in _values(source, item)}
        elif kind == "NXdata" and child != "cloud" and not child.endswith("_curves"):  # those are for viewers, out of the others
            data = _data_group(source, child, item)
            if data is not None:
                groups[child] = data
    return Task(name, summary, groups, attribute(process, "default").removesuffix("_curves"))


def _input(note: Any) -> Input:
    """A note has a JSON document; files of the first layout say the same in fields."""
    try:
        told = json.loads(text(note, "data"))
    except ValueError:
        told = {}
    said = {key: value for key, value in told.items() if isinstance(value, str)} if isinstance(told, dict) else {}
    return Input(
        said.get("role") or text(note, "identifier_role") or "input",
        text(note, "file_name"),
        said.get("made_by_step") or text(note, "identifier_subentry"),
        text(note, "checksum"),
        said.get("content_sha256") or text(note, "identifier_content"),
        said.get("made_by_run") or text(note, "identifier_entry"),
    )


def _natural(name: str) -> tuple[str, int]:
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :][:9] or 0)


def _record(source: Source, name: str, group: Any, step: str) -> Record:
    tasks, inputs, order = [], [], 0
    for child, item in sorted(source.children(group), key=lambda pair: _natural(pair[0])):
        kind = attribute(item, "NX_class")
        if kind == "NXprocess":
            tasks.append(_task(source, child, item))
            index = content(_member(item, "sequence_index"))
            order = order or (index if isinstance(index, int) else 0)
        elif kind == "NXnote" and child.startswith("input"):
            inputs.append(_input(item))
    base = str(group.name)
    outcome, config, program = source.node(base + "/outcome"), source.node(base + "/config"), source.node(base + "/program_name")
    elapsed = content(_member(outcome, "total_elapsed_time"))
    lines = content(_member(outcome, "warnings"))
    words = [str(line) for line in lines] if isinstance(lines, tuple) else []
    return Record(
        name=name,
        step=step,
        title=text(group, "title"),
        identifier=text(group, "entry_identifier"),
        version=attribute(program, "version"),
        start_time=text(group, "start_time"),
        status=text(outcome, "status"),
        elapsed=float(elapsed) if isinstance(elapsed, (int, float)) else None,
        digest=text(source.node(base + "/results_sha256"), "checksum"),
        inputs=tuple(inputs),
        parameters=_values(source, config, source.node(base + "/config/origin")),
        environment=_values(source, source.node(base + "/environment")),
        random=_values(source, source.node(base + "/random")),
        warnings=tuple(StepWarning(code, line) for code, line in zip(words[::2], words[1::2], strict=False)),
        tasks=tuple(tasks),
        order=order,
    )


FACTS = (
    ("alias", "specimen", "alias"),
    ("elements", "specimen", "atom_types"),
    ("material", "sample", "alias"),
    ("instrument", "measurement/instrument/fabrication", "model"),
    ("experiment", "", "experiment_description"),
    ("start of the measurement or simulation", "", "start_time"),
)


def _step_of(definition: str) -> str:
    name = definition.removeprefix("NXapm_ordapt_")
    return name.removesuffix("_results") if name != definition and name.endswith("_results") else ""


def has_step(source: Source, step: str) -> bool:
    """Whether the file holds a record of a step; far quicker than reading it all."""
    return any(
        attribute(group, "NX_class") == "NXsubentry" and _step_of(text(group, "definition")) == step
        for _, entry in source.children(source.node("") or source._file)
        if attribute(entry, "NX_class") == "NXentry"
        for _, group in source.children(entry)
    )


def read_result(source: Source) -> Result:
    """The whole file but its large arrays. Refuses files that ordapt did not make."""
    for entry_name, entry in source.children(source.node("") or source._file):
        if attribute(entry, "NX_class") != "NXentry":
            continue
        records: list[Record] = []
        for name, group in source.children(entry):
            step = _step_of(text(group, "definition")) if attribute(group, "NX_class") == "NXsubentry" else ""
            if step and len(records) < MAX_RECORDS:
                records.append(_record(source, name, group, step))
        if records:
            base = f"/{entry_name}"
            facts = tuple(
                (label, value)
                for label, place, name in FACTS
                if (value := text(source.node(f"{base}/{place}".rstrip("/")), name)) not in ("", "unknown")
            )
            simulation = source.node(base + "/specimen/is_simulation")
            return Result(
                source.path.name,
                source.path.stat().st_size,
                facts,
                content(simulation) is True if simulation is not None else None,
                tuple(sorted(records, key=lambda record: (record.order, record.name))),
                attribute(entry, "default"),
            )
    raise ReportError(
        "E_NX_ENTRY",
        INVALID,
        "no result of ordapt in it (an NXsubentry with definition NXapm_ordapt_…_results); give a file that ordapt wrote",
        source.path.name,
    )
