"""Where the ions behind a result are: in the file itself (`--embed`), or in the file its record names, beside it, in the folder
above or under --search, through as many results as it takes. A file is taken only if its bytes or its recorded content agree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .._files import sha256
from .errors import ReportError
from .model import Array, Input, Record, Result
from .reading import Source, attribute, read_result

POSITIONS = "reconstruction/reconstructed_positions"
MAX_LINKS = 16  # results between a result and its ions
BLOCK = 1 << 20  # rows read at once
MAX_LOOKED_AT = 30_000_000  # ions


@dataclass(frozen=True)
class IonsFile:
    """A file with positions, and how sure it is that they are the right ones."""

    path: Path
    array: Array
    is_exact: bool  # the bytes are those of the record; otherwise the recorded content digest is

    @property
    def count(self) -> int:
        return self.array.shape[0]

    def rows(self, index: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Positions (m, 3) in nm of some rows; the index is ascending."""
        found = np.full((len(index), 3), np.nan, np.float32)
        with Source(self.path) as source:
            for start in range(0, self.count, BLOCK):
                low, high = np.searchsorted(index, [start, start + BLOCK])
                if low < high:
                    block = source.read(self.array, slice(start, min(start + BLOCK, self.count)))
                    found[low:high] = block[index[low:high] - start]
        return found

    def extent(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """Lowest and highest coordinates in nm of all ions; None where there are too many to look at each."""
        if not 0 < self.count <= MAX_LOOKED_AT:
            return None
        lows, highs = [], []
        with Source(self.path) as source:
            for start in range(0, self.count, BLOCK):
                block = source.read(self.array, slice(start, min(start + BLOCK, self.count)))
                good = block[np.isfinite(block).all(axis=1)]
                if len(good):
                    lows.append(good.min(axis=0).astype(float))
                    highs.append(good.max(axis=0).astype(float))
        return (np.min(lows, axis=0), np.max(highs, axis=0)) if lows else None


def positions_in(source: Source) -> Array | None:
    for entry_name, entry in source.children(source.node("") or source._file):
        if attribute(entry, "NX_class") != "NXentry":
            continue
        for name, _ in source.children(entry):
            path = f"/{entry_name}/{name}/{POSITIONS}"
            item = source.node(path) if name.startswith("atom_probe") else None
            if item is not None and getattr(item, "ndim", 0) == 2 and item.shape[1] == 3 and item.dtype.kind == "f":
                return Array(path, "reconstructed_positions", tuple(map(int, item.shape)), "f", int(item.dtype.itemsize), attribute(item, "units"))
    return None


def _candidates(name: str, folder: Path, search: Sequence[Path]) -> Iterator[Path]:
    """Plain file names only: a record names no folder, and one that does is not followed."""
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        return
    for place in (folder, folder.parent, *search):
        if (place / name).is_file():
            yield place / name


def _claims(path: Path, given: Input) -> bool:
    """The file says that it is the content that the record names."""
    try:
        with Source(path) as source:
            return bool(given.content) and any(record.digest == given.content for record in read_result(source).records)
    except ReportError:
        return False


def find_file(given: Input, folder: Path, search: Sequence[Path]) -> tuple[Path, bool] | None:
    """The file of an input, and whether its bytes are those of the record (else its recorded content is)."""
    for path in _candidates(given.file_name, folder, search):
        try:
            if given.checksum and sha256(path) == given.checksum:
                return path, True
        except OSError:
            continue
        if _claims(path, given):
            return path, False
    return None


def _outer_input(result: Result, record: Record) -> Input | None:
    """The file that the chain of main inputs leaves the result by; None where a step in between made new ions."""
    current: Record | None = record
    for _ in range(MAX_LINKS):
        given = current.input("ions") or current.input("selection") if current is not None else None
        if given is None or not given.is_inside:
            return given
        current = result.inner(given)
        if current is not None and current.step in ("crop", "range", "import", "synthesise"):
            return None
    return None


def find_ions(source: Source, result: Result, record: Record, search: Sequence[Path], depth: int = 0) -> IonsFile | None:
    """The ions whose rows the `ion_index` of a record counts."""
    own = positions_in(source)
    if own is not None:
        return IonsFile(source.path, own, True)
    given = _outer_input(result, record)
    found = find_file(given, source.path.parent, search) if given is not None and depth < MAX_LINKS else None
    if given is None or found is None:
        return None
    path, is_exact = found
    try:
        with Source(path) as other:
            array = positions_in(other)
            if array is not None:
                return IonsFile(path, array, is_exact)
            inner = read_result(other)
            behind = inner.record(given.subentry) or inner.records[-1]
            deeper = find_ions(other, inner, behind, search, depth + 1)
    except ReportError:
        return None
    return IonsFile(deeper.path, deeper.array, deeper.is_exact and is_exact) if deeper is not None else None
