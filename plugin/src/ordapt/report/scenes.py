"""Domains in space: ions where positions are known, otherwise a sphere for each domain."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .figure import Budget, Figure, sample
from .ions import IonsFile
from .markup import esc, number, packed
from .model import DataGroup, Task
from .reading import Numbers, Source

AXES = ("x", "y", "z")
Box = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def box_of(positions: Numbers) -> Box:
    good = positions[np.isfinite(positions).all(axis=1)]
    if not len(good):
        return np.zeros(3), np.ones(3)
    low, high = good.min(axis=0).astype(float), good.max(axis=0).astype(float)
    return low, np.maximum(high, low + 0.1)


def joined(boxes: list[Box]) -> Box:
    return np.min([box[0] for box in boxes], axis=0), np.max([box[1] for box in boxes], axis=0)


def scene_layout(box: Box) -> dict[str, Any]:
    """Equal scales on the three axes."""
    low, high = box
    margin = 0.03 * float((high - low).max())
    axes = {
        f"{name}axis": {"title": {"text": f"{name} (nm)"}, "range": [float(low[i]) - margin, float(high[i]) + margin]} for i, name in enumerate(AXES)
    }
    extent = (high - low + 2 * margin) / float((high - low + 2 * margin).max())
    return {"scene": {**axes, "aspectmode": "manual", "aspectratio": {name: float(extent[i]) for i, name in enumerate(AXES)}}, "showlegend": False}


def _cloud(positions: Numbers, **marker: Any) -> dict[str, Any]:
    columns = {name: packed(positions[:, i]) for i, name in enumerate(AXES)}
    return {"type": "scatter3d", "mode": "markers", **columns, "marker": {"line": {"width": 0}, **marker}, "hoverinfo": "skip"}


def _edges(box: Box) -> dict[str, Any]:
    """The twelve edges of a box as one line."""
    low, high = box
    corners = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]
    columns: dict[str, list[float | None]] = {name: [] for name in AXES}
    for one in corners:
        for other in corners:
            if one < other and sum(a != b for a, b in zip(one, other, strict=True)) == 1:
                for n, name in enumerate(AXES):
                    columns[name] += [float((low, high)[one[n]][n]), float((low, high)[other[n]][n]), None]
    return {
        "type": "scatter3d",
        "mode": "lines",
        **columns,
        "line": {"color": "@faint", "width": 1.5},
        "hoverinfo": "skip",
        "name": "extent of the specimen",
    }


def _size_scale(sizes: Numbers) -> dict[str, Any]:
    """Colour by the size of the domain, in powers of two and a half or so, readable on a logarithmic bar."""
    low, high = float(np.log10(max(sizes.min(), 1))), float(np.log10(max(sizes.max(), 2)))
    ticks = [tick for tick in (3, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000) if low <= np.log10(tick) <= max(high, low + 0.01)]
    return {
        "colorscale": "@sequence",
        "cmin": low,
        "cmax": max(high, low + 0.01),
        "showscale": True,
        "colorbar": {
            "title": {"text": "ions in<br>domain"},
            "tickvals": [float(np.log10(tick)) for tick in ticks],
            "ticktext": [str(tick) for tick in ticks],
        },
    }


def _kept(count: int, total: int, what: str) -> str:
    if count == total:
        return f"All {number(total)} {what}."
    return f"{number(count)} of {number(total)} {what}, drawn at random with equal chance (always the same ones)."


def domain_ions(source: Source, task: Task, ions: IonsFile, budget: Budget) -> tuple[Figure, Box] | None:
    """Selected ions, coloured by the size of their domain."""
    group = task.groups.get("membership")
    if group is None or group.signal.name != "domain" or "ion_index" not in group.arrays:
        return None
    total = group.signal.shape[0]
    keep = sample(total, budget.ions)
    domain = source.read(group.signal).astype(np.int64)
    index = source.read(group.arrays["ion_index"]).astype(np.int64)
    if total == 0 or len(index) != total or index.max(initial=0) >= ions.count or (np.diff(index) <= 0).any() or domain.min() < 0:
        return None
    sizes = np.bincount(domain)[domain]
    positions = ions.rows(index[keep])
    inside = domain[keep] > 0
    extent = ions.extent()
    box = joined([box_of(positions), extent]) if extent is not None else box_of(positions)
    traces = [_edges(box), {**_cloud(positions[~inside], size=1.6, color="@faint", opacity=0.55), "name": "in no domain"}]
    if inside.any():
        shown = sizes[keep][inside]
        text = [f"domain {d}<br>{n} ions" for d, n in zip(domain[keep][inside].tolist(), shown.tolist(), strict=True)]
        marker = {"size": 2.6, "color": packed(np.log10(shown)), **_size_scale(sizes[domain > 0])}
        traces.append({**_cloud(positions[inside], **marker), "hoverinfo": "text", "text": text, "name": "in a domain"})
    sure = (
        ""
        if ions.is_exact
        else " The file of the ions has changed since; it states the content that the record names (<code>ordapt verify</code> compares it)."
    )
    whole = "the specimen" if extent is not None else "these ions"
    caption = (
        f"<b>Specimen.</b> {_kept(len(keep), total, 'selected ions')} Colour: size of their domain; grey: in no domain. "
        f"Box: extent of {whole}. Drag to turn.{sure}"
    )
    return Figure("plot", {"data": traces, "layout": scene_layout(box)}, caption, f"{int(domain.max())} domains in space", 460), box


def selected_ions(source: Source, tasks: tuple[Task, ...], ions: IonsFile, budget: Budget, box: Box, witness: str = "") -> Figure | None:
    """What the same analysis selects among shuffled ions, or what another one, the witness, selects among the same ions."""
    parts = [
        source.read(task.groups["selected"].arrays["ion_index"]).astype(np.int64)
        for task in tasks
        if "selected" in task.groups and "ion_index" in task.groups["selected"].arrays
    ]
    if not parts:
        return None
    index = np.unique(np.concatenate(parts))
    if len(index) and (index.min() < 0 or index.max() >= ions.count):
        return None
    keep = sample(len(index), budget.ions)
    positions = ions.rows(index[keep])
    layout = scene_layout(box)
    traces = [_edges(box), _cloud(positions, size=2.6, color="@witness" if witness else "@control")]
    if witness:
        caption = f"<b>Witness.</b> {_kept(len(keep), len(index), f'ions that {witness} selects in the same specimen')}"
        return Figure("plot", {"data": traces, "layout": layout}, caption, "ions that the witness selects", 460)
    caption = f"<b>Random control.</b> {_kept(len(keep), len(index), 'ions that the same analysis selects after the ion types were shuffled among the positions')}"
    return Figure("plot", {"data": traces, "layout": layout}, caption, "ions selected in the random control", 460)


def sphere_figure(centres: Numbers, radii: Numbers, values: Numbers, legend: str, caption: str, budget: Budget) -> Figure | None:
    good = np.isfinite(centres).all(axis=1) & np.isfinite(radii) & (radii > 0)
    total = int(good.sum())
    if not total:
        return None
    order = np.argsort(-radii[good], kind="stable")[:800]
    centres, radii, values = centres[good][order], radii[good][order], values[good][order]
    box = (centres - radii[:, None]).min(axis=0).astype(float), (centres + radii[:, None]).max(axis=0).astype(float)
    spec = {
        "centre": np.round(centres.astype(float), 4).tolist(),
        "radius": np.round(radii.astype(float), 4).tolist(),
        "value": values.astype(float).tolist(),
        "legend": legend,
        "layout": scene_layout(box),
    }
    left_out = "" if total <= 800 else f" The 800 largest of {number(total)}."
    return Figure("spheres", spec, caption + left_out, f"{total} spheres in space", 460)


def domain_spheres(source: Source, group: DataGroup, budget: Budget) -> Figure | None:
    """For results whose ions are elsewhere: centres and radii of the domains are in the file."""
    need = {"centre", "equivalent_radius", "size"}
    if not need <= group.arrays.keys() or len(group.arrays["centre"].shape) != 2 or group.arrays["centre"].shape[1] != 3:
        return None
    centres, radii, sizes = (source.read(group.arrays[name]) for name in ("centre", "equivalent_radius", "size"))
    caption = (
        "<b>Specimen.</b> A sphere for each domain, at its centre, with the radius of the sphere that has the same product of radii of gyration. "
        "The positions of the ions are not in this file and the file they came from was not found; <code>--search</code> names its folder."
    )
    return sphere_figure(centres, radii, sizes, "ions in<br>domain", caption, budget)


def truth_spheres(source: Source, group: DataGroup, budget: Budget) -> Figure | None:
    if not {"x", "y", "z", "radius"} <= group.arrays.keys():
        return None
    centres = np.stack([source.read(group.arrays[name]) for name in AXES], axis=1)
    values = source.read(group.signal)
    caption = f"True spheres of order, as they were put into the specimen. Colour: {esc(group.signal.name)}."
    return sphere_figure(centres, source.read(group.arrays["radius"]), values, esc(group.signal.name), caption, budget)
