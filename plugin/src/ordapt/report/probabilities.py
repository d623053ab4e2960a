"""Probabilities of single ions: how many ions have which, who is selected, and what was assumed."""

from __future__ import annotations

from typing import Any

import numpy as np

from .figure import Figure, axis, line, plot
from .markup import esc, number, packed
from .model import DataGroup, Record, Task
from .reading import Source


def histogram_figure(source: Source, group: DataGroup, control: tuple[Source, DataGroup] | None, threshold: float | None) -> Figure | None:
    """Ions by their probability, those of the random control beside them. Logarithmic, for most ions are of the matrix."""
    place = group.axis(0)
    if place is None or group.signal.shape != place.shape or not group.signal.shape[0]:
        return None
    x, counts = source.read(place), source.read(group.signal)
    traces: list[dict[str, Any]] = [line(packed(x), packed(counts), "specimen", "@actual", line={"color": "@actual", "width": 2, "shape": "hvh"})]
    if control is not None and control[1].signal.shape == group.signal.shape:
        shuffled = control[0].read(control[1].signal)
        traces.append(line(packed(x), packed(shuffled), "random control", "@control", line={"color": "@control", "width": 2, "shape": "hvh"}))
    if threshold is not None:
        top = float(max(counts.max(), 1))
        dashes = {"color": "@faint", "width": 1.4, "dash": "dash"}
        traces.append(line(packed([threshold, threshold]), packed([0.8, top]), "threshold", "@faint", line=dashes))
    said = (
        " The control has the same ions at the same places with shuffled types, seen by the same network."
        if len(traces) > 1 and control is not None
        else ""
    )
    caption = f"Ions by their probability to lie in an ordered domain; what stands right of the dashed line is selected.{said}"
    layout = {"xaxis": axis("probability", range=[0, 1]), "yaxis": axis("ions in the bin", type="log", dtick=1)}
    return plot(traces, layout, caption, "ions by their probability of order", 340)


def species_figure(source: Source, group: DataGroup, control: tuple[Source, DataGroup] | None) -> Figure | None:
    """The share of each species that is selected; species without ions are left out."""
    kind, ions = group.axis(0), group.arrays.get("ions")
    if kind is None or ions is None or ions.shape != group.signal.shape:
        return None
    words, present = kind.words(), source.read(ions) > 0
    names = [esc(words.get(int(value), number(int(value)))) for value in source.read(kind)[present]]
    if not names:
        return None
    wide = np.sqrt(np.clip(source.read(group.signal)[present] * (1 - source.read(group.signal)[present]), 0, None) / source.read(ions)[present])
    bars: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": names,
            "y": packed(source.read(group.signal)[present]),
            "name": "specimen",
            "marker": {"color": "@actual"},
            "error_y": {"type": "data", "array": packed(wide), "thickness": 1.4, "width": 3},
        }
    ]
    if control is not None and control[1].signal.shape == group.signal.shape:
        bars.append(
            {
                "type": "bar",
                "x": names,
                "y": packed(control[0].read(control[1].signal)[present]),
                "name": "random control",
                "marker": {"color": "@control"},
            }
        )
    layout = {"barmode": "group", "xaxis": axis("", type="category"), "yaxis": axis("share that is selected", rangemode="tozero"), "bargap": 0.4}
    return plot(
        bars,
        layout,
        "Share of the ions of each species that is selected. Error bars: standard error from counting.",
        "selected share by species",
        300,
    )


def assumed(record: Record, task: Task) -> str:
    """In a sentence each: the cell, the codes, the threshold, who was left out."""
    cell, limit, left, ions = (task.number(name) for name in ("lattice_parameter", "threshold", "unranged", "ions"))
    codes, told = task.word("species_codes"), {value.name: value for value in record.parameters}
    said = []
    if cell is not None:
        of = told["lattice_from"].value if "lattice_from" in told else "model"
        given = told.get("lattice_parameter")
        is_given = given is not None and isinstance(given.value, (int, float)) and given.value > 0
        where = "as told" if is_given else "of the model" if of == "model" else f"from the planes {esc(str(of))} of the specimen"
        said.append(f"Coordinates were divided by a cell of {number(cell)} nm, {where}.")
    if codes:
        said.append(f"The network knows the species as {esc(codes)}.")
    if limit is not None:
        said.append(f"Ions above {number(limit)} are selected.")
    if left and ions:
        said.append(f"{number(int(left))} of {number(int(ions))} ions have no type; they were left out, also as neighbours.")
    return f'<p class="note">{" ".join(said)}</p>' if said else ""
