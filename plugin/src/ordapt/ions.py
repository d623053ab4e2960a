"""Ions as columns: NumPy arrays that the engine reads where they lie."""

from __future__ import annotations

import ctypes
import os
import pathlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _engine, errors

DTYPES = [np.dtype(name) for name in ("u1", "u2", "u4", "u8", "i1", "i4", "i8", "f4", "f8", "?")]
"""By number of oa_type; text, which comes last, has none."""
OA_TYPES = {dtype: number for number, dtype in enumerate(DTYPES)}
FORMATS_OF_OTHERS = (".pos", ".epos", ".apt", ".ato", ".csv", ".txt")


class IonType(NamedTuple):
    """One type of ions. Number 0 is for ions without a range."""

    number: int
    name: str
    charge: int  # 0: not known


class Range(NamedTuple):
    """Mass-to-charge from lower to upper (Da, inclusive) means the type of this number."""

    lower: float
    upper: float
    type: int


class _Memory:
    """Memory of the engine as NumPy sees it; keeps its owner."""

    def __init__(self, owner: object, address: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.owner = owner
        self.__array_interface__ = {"data": (address, True), "shape": shape, "typestr": dtype.str, "version": 3}


def view(owner: object, address: int | None, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    """A read-only array on memory of the engine, which `owner` keeps."""
    if not address or 0 in shape:
        return np.empty(shape, dtype)
    return np.asarray(_Memory(owner, address, shape, dtype))


def _column(values: ArrayLike, n: int | None, name: str, dtypes: Sequence[str]) -> NDArray[Any]:
    """The values as a contiguous column: themselves where they are one already."""
    given = np.asarray(values)
    wanted = (
        given.dtype if given.dtype.isnative and given.dtype.str[1:] in dtypes else np.dtype(dtypes[-1] if given.dtype.itemsize > 1 else dtypes[0])
    )
    if given.ndim != 1 or (n is not None and len(given) != n):
        raise errors.UsageError("E_USAGE", f"{name} has shape {given.shape}; it must be one value per ion{f', ({n},)' if n is not None else ''}")
    column = np.ascontiguousarray(given, wanted)
    if given.dtype.kind in "iu" and not np.array_equal(column, given):
        raise errors.UsageError("E_USAGE", f"{name} has values that {wanted} cannot hold")
    return column


class Ions:
    """Ions in evaporation order, one per row.

    x, y, z in nm (z along the depth), mass_to_charge in Da: float32 arrays that are contiguous are lent to the engine
    without a copy and must not be changed while they are in use; others are converted once. iontypes (uint8 or uint16):
    0 for ions without a range, else the number of a type, from 1 in the order of `types`. types: names ("Ni", "Cr O2", or
    a label of your own), or pairs of name and charge. ranges: (lower, upper, type) in Da, type by number or name.
    evaporation_id (uint32 or uint64): where the rows are some of those of a larger specimen.
    """

    def __init__(
        self,
        x: ArrayLike,
        y: ArrayLike,
        z: ArrayLike,
        mass_to_charge: ArrayLike,
        *,
        iontypes: ArrayLike | None = None,
        types: Iterable[str | tuple[str, int]] = (),
        ranges: Iterable[tuple[float, float, int | str]] = (),
        evaporation_id: ArrayLike | None = None,
    ) -> None:
        first = _column(x, None, "x", ["f4"])
        columns = {"x": first}
        for name, values in (("y", y), ("z", z), ("mass_to_charge", mass_to_charge)):
            columns[name] = _column(values, len(first), name, ["f4"])
        if iontypes is not None:
            columns["iontypes"] = _column(iontypes, len(first), "iontypes", ["u1", "u2"])
        if evaporation_id is not None:
            columns["evaporation_id"] = _column(evaporation_id, len(first), "evaporation_id", ["u4", "u8"])
        self._make(columns, [(one, 0) if isinstance(one, str) else one for one in types], list(ranges))

    def _make(self, columns: dict[str, NDArray[Any]], types: list[tuple[str, int]], ranges: list[tuple[float, float, int | str]]) -> None:
        with _engine.context(threads=1) as context:
            lib, handle = _engine.library(), ctypes.c_void_p()
            context.check(lib.oa_ions_new(context.handle, ctypes.byref(handle), len(columns["x"]), None, None, None, None))
            self._own(context, handle)
            for name, column in columns.items():
                with _engine.lending(column) as number:
                    context.check(lib.oa_ions_lend(handle, name.encode(), OA_TYPES[column.dtype], column.ctypes.data, _engine.RELEASE, number))
            for name, charge in types:
                context.check(lib.oa_ions_add_type(handle, name.encode(), charge))
            for lower, upper, of in ranges:
                context.check(lib.oa_ions_add_range(handle, lower, upper, self.number_of(of) if isinstance(of, str) else of))

    def _own(self, context: _engine.Context, handle: ctypes.c_void_p) -> None:
        self._handle = _engine.Handle(handle, _engine.library().oa_ions_free, context)

    @classmethod
    def _of_result(cls, address: int, owner: object) -> Ions:
        """The ions of a result, which owns them."""
        ions = cls.__new__(cls)
        ions._handle = _engine.Handle(ctypes.c_void_p(address), lambda _: None, owner)
        return ions

    @classmethod
    def from_positions(
        cls,
        positions: ArrayLike,
        mass_to_charge: ArrayLike,
        *,
        iontypes: ArrayLike | None = None,
        types: Iterable[str | tuple[str, int]] = (),
        ranges: Iterable[tuple[float, float, int | str]] = (),
    ) -> Ions:
        """From positions of shape (n, 3), which costs one copy: the engine works on columns."""
        table = np.asarray(positions)
        if table.ndim != 2 or table.shape[1] != 3:
            raise errors.UsageError("E_USAGE", f"positions have shape {table.shape}; it must be (n, 3)")
        x, y, z = np.ascontiguousarray(table.T, np.float32)
        return cls(x, y, z, mass_to_charge, iontypes=iontypes, types=types, ranges=ranges)

    @classmethod
    def read(cls, path: str | os.PathLike[str], *more: str | os.PathLike[str]) -> Ions:
        """The ions of a NeXus file (ours, pynxtools-apm's), or those behind a result; or of vendor files, read as `import_` does.

        Ions.read("tip.nxs"), Ions.read("tip.pos", "tip.rrng"). Results made of the ions of a NeXus file name that file in their records.
        """
        if more or os.fspath(path).lower().endswith(FORMATS_OF_OTHERS):
            from .steps import import_

            found = import_([path, *more]).ions
            if found is None:
                raise errors.DataError("E_INPUT_KIND", "holds no ions; give a file with reconstructed positions", file=pathlib.Path(path).name)
            return found
        with _engine.context() as context:
            handle = ctypes.c_void_p()

            def work() -> int:
                with _engine.FILES:
                    return int(_engine.library().oa_read_ions(context.handle, os.fsencode(path), ctypes.byref(handle)))

            context.check(_engine.interruptible(context, work))
            ions = cls.__new__(cls)
            ions._own(context, handle)
            return ions

    def __len__(self) -> int:
        return int(_engine.library().oa_ions_count(self._handle))

    def __repr__(self) -> str:
        return f"<{len(self)} ions, types: {', '.join(one.name for one in self.types) or 'none'}>"

    def column(self, name: str) -> NDArray[Any] | None:
        """A column by the engine's name, read-only, without a copy; None where the ions do not have it.

        x, y, z, mass_to_charge, iontypes, evaporation_id; from .epos also raw_tof, standing_voltage, pulse_voltage, hit_x, hit_y,
        pulses_since_last_event, hit_multiplicity.
        """
        kind = ctypes.c_int()
        address = _engine.library().oa_ions_column(self._handle, name.encode(), ctypes.byref(kind))
        return view(self._handle, address, (len(self),), DTYPES[kind.value]) if address else None

    def _needed(self, name: str) -> NDArray[np.float32]:
        found = self.column(name)
        assert found is not None
        return found

    @property
    def x(self) -> NDArray[np.float32]:
        """nm"""
        return self._needed("x")

    @property
    def y(self) -> NDArray[np.float32]:
        """nm"""
        return self._needed("y")

    @property
    def z(self) -> NDArray[np.float32]:
        """nm, along the depth"""
        return self._needed("z")

    @property
    def mass_to_charge(self) -> NDArray[np.float32]:
        """Da"""
        return self._needed("mass_to_charge")

    @property
    def iontypes(self) -> NDArray[Any] | None:
        """Number of the type of each ion, 0 without a range; None for ions that were never ranged."""
        return self.column("iontypes")

    @property
    def positions(self) -> NDArray[np.float32]:
        """x, y, z as (n, 3): a copy."""
        return np.stack((self.x, self.y, self.z), axis=1)

    @property
    def types(self) -> list[IonType]:
        """The types, by number from 1."""
        lib = _engine.library()
        return [
            IonType(k, _engine.text(lib.oa_ions_type_name(self._handle, k)), lib.oa_ions_type_charge(self._handle, k))
            for k in range(1, lib.oa_ions_type_count(self._handle) + 1)
        ]

    @property
    def ranges(self) -> list[Range]:
        """The ranges, by their lower bound."""
        lib, lower, upper = _engine.library(), ctypes.c_double(), ctypes.c_double()
        found = []
        for i in range(lib.oa_ions_range_count(self._handle)):
            number = lib.oa_ions_range(self._handle, i, ctypes.byref(lower), ctypes.byref(upper))
            found.append(Range(lower.value, upper.value, number))
        return found

    def number_of(self, name: str) -> int:
        """The number of the type of that name: the first, where charge states are types of their own."""
        for one in self.types:
            if one.name == name:
                return one.number
        raise errors.DataError(
            "E_SPECIES_UNKNOWN", f"there is no ion type '{name}'; there are: {', '.join(one.name for one in self.types) or 'none'}"
        )

    def __getitem__(self, rows: slice | ArrayLike) -> Ions:
        """Some of the ions, by a slice, row numbers or a mask: copies of their columns, except for a slice without a step.

        Their evaporation_id tells which rows they were; vendor columns beside the usual ones stay behind.
        """
        index = rows if isinstance(rows, slice) else np.asarray(rows)
        if not isinstance(index, slice) and index.dtype.kind not in "iub":
            raise TypeError(f"ions are chosen by a slice, row numbers or a mask, not by {index.dtype}")
        ids = self.column("evaporation_id")
        ids = np.arange(len(self), dtype=np.uint32) if ids is None else ids
        types = self.iontypes
        return Ions(
            self.x[index],
            self.y[index],
            self.z[index],
            self.mass_to_charge[index],
            iontypes=None if types is None else types[index],
            types=[(one.name, one.charge) for one in self.types],
            ranges=self.ranges,
            evaporation_id=ids[index],
        )
