"""3D maps seen plane by plane, the random control beside them on the same scale."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .figure import Budget, Figure, finite_range
from .markup import esc, label, number
from .model import Array, DataGroup
from .reading import Source
from .words import column_words, unit_words

STEPS = 254  # of the colour scale; 255 says "no value"
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Quantity:
    """A scalar over the grid: the whole signal, or one class of it."""

    name: str
    group: DataGroup
    array: Array
    part: int | None = None  # of the last axis
    threshold: float | None = None
    control: DataGroup | None = None


def is_volume(group: DataGroup) -> bool:
    """Three axes in space, perhaps a numbered one behind them."""
    spatial = [group.axis(i) for i in range(min(3, len(group.signal.shape)))]
    return (
        len(group.signal.shape) in (3, 4)
        and all(axis is not None and axis.units for axis in spatial)
        and all(not axis.words() for axis in spatial if axis)
    )


def quantities(group: DataGroup, control: DataGroup | None, threshold: float | None, name: str, prefer: str = "") -> list[Quantity]:
    """What can be chosen: the signal, or one entry per class, the preferred class first."""
    if control is not None and (control.signal.shape != group.signal.shape or control.axes != group.axes):
        control = None
    if len(group.signal.shape) == 3:
        return [Quantity(name, group, group.signal, None, threshold, control)]
    last = group.axis(3)
    words = last.words() if last is not None else {}
    parts = sorted(range(min(group.signal.shape[3], 6)), key=lambda part: words.get(part) != prefer)
    return [Quantity(f"{name}: {words.get(part, str(part))}", group, group.signal, part, None, control) for part in parts]


def _steps(shape: tuple[int, ...], voxels: int) -> int:
    """Every n-th place along each axis, so that so many voxels are left."""
    step = 1
    while math.prod(-(-length // step) for length in shape) > max(voxels, 1000):
        step += 1
    return step


def _fetch(source: Source, group: DataGroup, quantity: Quantity, step: int) -> npt.NDArray[np.float32]:
    every = (slice(None, None, step),) * 3
    found = source.read(group.signal, every if quantity.part is None else (*every, quantity.part)).astype(np.float32)
    mask = group.arrays.get("is_valid")
    if mask is not None and mask.shape == group.signal.shape[:3]:
        found[source.read(mask, every) == 0] = np.nan
    return found


def _bytes(values: npt.NDArray[np.float32], low: float, high: float) -> str:
    scaled = np.full(values.shape, 255, np.uint8)
    good = np.isfinite(values)
    scaled[good] = np.clip(np.rint((values[good] - low) * (STEPS / (high - low))), 0, STEPS).astype(np.uint8)
    return base64.b64encode(scaled.tobytes()).decode("ascii")


def _clear(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """How far a map, mean over 2 x 2 x 2 places so that noise counts less, rises above half of its height; 0 beside missing values."""
    mean = values.astype(np.float32, copy=True)
    for dimension in range(3):
        mean[...] = (mean + np.roll(mean, -1, axis=dimension)) / 2
        edge = [slice(None)] * 3
        edge[dimension] = slice(-1, None)
        if mean.shape[dimension] > 1:
            mean[tuple(edge)] = np.nan
    good = mean[np.isfinite(mean)]
    if not good.size:
        return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    middle = (float(np.median(good)) + float(good.max())) / 2
    above: npt.NDArray[np.float32] = np.nan_to_num(mean - middle, nan=0.0, posinf=0.0, neginf=0.0)
    above[above < 0] = 0
    return above


def _entry(source: Source, quantity: Quantity, step: int) -> dict[str, Any]:
    actual = _fetch(source, quantity.group, quantity, step)
    control = _fetch(source, quantity.control, quantity, step) if quantity.control is not None else None
    low, high = finite_range(actual if control is None else np.stack([actual, control]))
    low = min(low, 0.0)
    high = high if high > low else low + 1.0
    clear = _clear(actual)
    best = {name: int(clear.sum(axis=tuple(i for i in range(3) if i != dimension)).argmax()) for dimension, name in enumerate("zyx")}
    return {
        "name": esc(quantity.name),
        "unit": esc(unit_words(quantity.array.units)),
        "low": low,
        "high": high,
        "best": best,
        "threshold": quantity.threshold,
        "actual": _bytes(actual, low, high),
        "control": None if control is None else _bytes(control, low, high),
    }


def volume_figure(source: Source, wanted: list[Quantity], budget: Budget, volumes: int, about: str) -> Figure | None:
    """Quantities on one grid. `volumes`: how many such maps the page will have in all."""
    wanted = [quantity for quantity in wanted if math.prod(quantity.group.signal.shape) > 0]
    if not wanted:
        return None
    group = wanted[0].group
    shape = group.signal.shape[:3]
    step = _steps(shape, budget.voxels // max(volumes, 1))
    axes = []
    for dimension in range(3):
        array = group.axis(dimension)
        values = source.read(array)[::step].astype(float) if array is not None else np.arange(0, shape[dimension], step, dtype=float)
        name = column_words(array.name) if array is not None else "zyx"[dimension]
        axes.append(
            {
                "name": esc(name),
                "title": label(array),
                "unit": esc(unit_words(array.units)) if array is not None else "",
                "values": np.round(values, 6).tolist(),
            }
        )
    if not all(np.isfinite(item["values"]).all() for item in axes):
        return None
    entries = [_entry(source, quantity, step) for quantity in wanted]
    fewer = f" Every {step}th place along each axis is shown ({number(math.prod(shape))} in all)." if step > 1 else ""
    has_control = any(entry["control"] for entry in entries)
    caption = (
        f"{about} Planes through {' × '.join(str(n) for n in shape)} places (z × y × x); it opens where the map is strongest. "
        + ("Left or above: the specimen; right or below: its random control on the same colour scale. " if has_control else "")
        + ("The line is the threshold above which ions are selected. " if any(entry["threshold"] is not None for entry in entries) else "")
        + f"Blank: no answer. Colours have {STEPS} steps.{fewer}"
    )
    return Figure("volume", {"axes": axes, "quantities": entries, "steps": STEPS}, caption, "planes of a three-dimensional map", 340)
