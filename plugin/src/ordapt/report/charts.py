"""A sensible figure for any NXdata group: lines, bars, heat maps; and tables for what is a list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .figure import SERIES, Budget, Figure, axis, line, plot, thinned
from .markup import esc, label, number, packed, table, titled
from .model import Array, DataGroup, Task
from .reading import Numbers, Source
from .words import column_words, group_words, unit_words

PER_ION = ("ion_index",)


def errors_of(group: DataGroup, array: Array) -> Array | None:
    """The standard deviation that stands beside an array."""
    names = (
        f"{array.name}_errors",
        f"{array.name}_error",
        f"{array.name}_sd",
        f"{array.name}_deviation",
        f"{array.name}_standard_deviation",
        f"{array.name}_spread",
    )
    found = next((group.arrays[name] for name in names if name in group.arrays), None)
    return found if found is not None and found.shape == array.shape else None


def _error_bars(source: Source, group: DataGroup, array: Array, part: slice) -> dict[str, Any]:
    found = errors_of(group, array)
    return {} if found is None else {"error_y": {"type": "data", "array": packed(source.read(found, part)), "thickness": 1.4, "width": 3}}


def _x(source: Source, group: DataGroup, dimension: int, part: slice) -> tuple[Numbers, Array | None]:
    array = group.axis(dimension)
    count = group.signal.shape[dimension]
    if array is None or array.shape != (count,):
        return np.arange(count)[part], None
    return source.read(array, part), array


def size_figure(source: Source, group: DataGroup) -> Figure | None:
    """Sizes of domains, the control beside them. Logarithmic, for both fall off steeply."""
    control = group.arrays.get("control")
    values, (x, _) = source.read(group.signal), _x(source, group, 0, slice(None))
    if not values.size:
        return None
    bars: list[dict[str, Any]] = [{"type": "bar", "x": packed(x), "y": packed(values), "name": "specimen", "marker": {"color": "@actual"}}]
    if control is not None and control.shape == group.signal.shape:
        bars.append(
            {
                "type": "bar",
                "x": packed(x),
                "y": packed(source.read(control)),
                "name": "random control",
                "marker": {"color": "@control"},
                **_error_bars(source, group, control, slice(None)),
            }
        )
    used = max(
        (int(np.flatnonzero(np.asarray(source.read(item)) > 0).max(initial=0)) for item in (group.signal, control) if item is not None), default=0
    )
    end = float(x[min(used + 2, len(x) - 1)]) if len(x) else 1.0
    spread = errors_of(group, control) if control is not None else None
    said = (
        " Bars of the control: mean over the shuffled controls, with their standard deviation."
        if spread is not None
        else " The control is one shuffling."
        if control is not None
        else ""
    )
    layout = {
        "barmode": "group",
        "bargap": 0.12,
        "bargroupgap": 0.02,
        "xaxis": axis("size of a domain (detected ions)", range=[0, end + 3]),
        "yaxis": axis(
            "domains in the bin",
            type="log",
            tickvals=[n * 10**e for e in range(8) for n in (1, 2, 5)],
            range=[-0.35, float(np.log10(max(values.max(), 1))) + 0.25],
        ),
    }
    caption = f"Sizes of the domains, bins of {number(float(x[1] - x[0])) if len(x) > 1 else '1'} ions; larger domains than the last bin are counted in it.{said}"
    return plot(bars, layout, caption, "size distribution of the domains with its random control", 360)


def _category_bars(source: Source, group: DataGroup, words: dict[int, str]) -> Figure:
    x, x_axis = _x(source, group, 0, slice(None))
    names = [esc(words.get(int(value), number(int(value)))) for value in x]
    signal = group.signal
    bar = {
        "type": "bar",
        "x": names,
        "y": packed(source.read(signal)),
        "marker": {"color": "@actual"},
        "name": esc(column_words(signal.name)),
        **_error_bars(source, group, signal, slice(None)),
    }
    said = " Bars: standard error." if errors_of(group, signal) is not None else ""
    return plot(
        [bar],
        {
            "xaxis": axis(esc(column_words(x_axis.name)) if x_axis else "", type="category"),
            "yaxis": axis(label(signal), rangemode="tozero"),
            "bargap": 0.5,
        },
        f"{titled(label(signal))}.{said}",
        f"{signal.name} by category",
        300,
    )


def reliability_figure(source: Source, group: DataGroup) -> Figure | None:
    """Share of right answers over the stated probability, with the line on which both are equal."""
    stated = group.arrays.get("mean") or group.arrays.get("confidence")
    counts = group.arrays.get("count")
    if group.name not in ("reliability", "calibrated") or stated is None or stated.shape != group.signal.shape:
        return None
    x, y = source.read(stated).astype(float), source.read(group.signal).astype(float)
    n = source.read(counts).astype(float) if counts is not None and counts.shape == group.signal.shape else np.zeros(len(x))
    good = np.isfinite(x) & np.isfinite(y) & ((n > 0) | (counts is None))
    if not good.any():
        return None
    wide = np.sqrt(np.clip(y * (1 - y), 0, None) / np.maximum(n, 1))
    bars = {"error_y": {"type": "data", "array": packed(wide[good]), "thickness": 1.4, "width": 3}} if n.any() else {}
    low = float(min(x[good].min(), y[good].min()))
    lines = [
        {**line(packed([low, 1.0]), packed([low, 1.0]), "stated = right", "@faint"), "line": {"color": "@faint", "width": 1.4, "dash": "dash"}},
        line(packed(x[good]), packed(y[good]), "networks", "@actual", mode="lines+markers", **bars),
    ]
    said = " Error bars: standard error from counting." if bars else ""
    after = " after calibration" if group.name == "calibrated" else ""
    caption = f"How often the networks are right, over the probability that they state{after}: on the dashed line they know how sure they are.{said}"
    return plot(lines, {"xaxis": axis("stated probability"), "yaxis": axis("share of right answers")}, caption, "reliability of the networks", 340)


def pattern_figures(source: Source, task: Task, distance: Numbers | None) -> list[Figure]:
    """Labelled patterns: the mean of each class. Curves in one figure, a picture for each class."""
    group, labels = task.groups.get("pictures") or task.groups.get("patterns"), task.groups.get("labels")
    given = labels.arrays.get("label") if labels is not None else None
    if group is None or given is None or given.shape != group.signal.shape[:1] or len(group.signal.shape) != 3 or 0 in group.signal.shape:
        return []
    keep = thinned(group.signal.shape[0], max(1, 40_000_000 // max(1, int(np.prod(group.signal.shape[1:])))))
    values, label_of = source.read(group.signal, keep).astype(float), source.read(given, keep)
    kinds = [int(kind) for kind in np.unique(label_of)][:6]
    words, mean = given.words(), {kind: np.nanmean(values[label_of == kind], axis=0) for kind in kinds}
    names = {kind: f"{esc(words.get(kind, f'class {kind}'))} ({number(int((label_of == kind).sum()))})" for kind in kinds}
    of = f"{number(len(values))} of {number(group.signal.shape[0])}" if keep.step > 1 else f"all {number(len(values))}"
    if group.name == "pictures":
        return [
            plot(
                [
                    {
                        "type": "heatmap",
                        "z": packed(mean[kind]),
                        "colorscale": "@sequence",
                        "colorbar": {"title": {"text": "mean grey", "side": "right"}},
                    }
                ],
                {
                    "xaxis": axis("column of the picture", constrain="domain"),
                    "yaxis": axis("row", scaleanchor="x", constrain="domain", autorange="reversed"),
                },
                f"<b>{names[kind]}.</b> Mean picture of the patterns of this class, over {of}.",
                "mean picture of a class",
                360,
            )
            for kind in kinds
        ]
    several = values.shape[2] > 1
    x = distance if distance is not None and len(distance) == values.shape[1] else np.arange(values.shape[1])
    lines = [
        line(
            packed(x),
            packed(mean[kind][:, c]),
            names[kind] + (f", channel {c + 1}" if several else ""),
            SERIES[i % len(SERIES)],
            **({"line": {"color": SERIES[i % len(SERIES)], "width": 2, "dash": "dot"}} if c else {}),
        )
        for i, kind in enumerate(kinds)
        for c in range(min(values.shape[2], 2))
    ]
    layout = {"xaxis": axis("offset along z (nm)" if x is distance else "bin of the curve"), "yaxis": axis("mean curve")}
    return [plot(lines, layout, f"Mean curve of the patterns of each class, over {of} patterns.", "mean curves of the classes", 340)]


def line_figure(source: Source, group: DataGroup, budget: Budget) -> Figure:
    """A 1D signal; columns of the same shape and unit beside it, if there are few."""
    signal, part = group.signal, thinned(group.signal.shape[0], budget.line)
    x, x_axis = _x(source, group, 0, part)
    if x_axis is not None and x_axis.words() and len(x) <= 60:
        return _category_bars(source, group, x_axis.words())
    listed = x_axis is not None and not x_axis.units and x_axis.kind in "iu" and len(x) <= 40
    mode = "markers" if listed else "lines+markers" if len(x) <= 40 else "lines"
    beside = [
        column
        for column in group.columns()
        if column.shape == signal.shape
        and column.units == signal.units
        and column.kind == signal.kind
        and not re.search(r"_(errors?|sd|spread)$|_index$", column.name)
    ][:4]
    lines = [
        line(
            packed(x),
            packed(source.read(array, part)),
            esc(column_words(array.name)),
            SERIES[i],
            mode=mode,
            **_error_bars(source, group, array, part),
        )
        for i, array in enumerate((signal, *beside))
    ]
    spectrum = x_axis is not None and x_axis.units == "Da"
    y = axis(label(signal), type="log", dtick=1) if spectrum else axis(label(signal))
    step = part.step or 1
    caption = f"{titled(label(signal))} over {label(x_axis)}." + (f" Every {step}th of {number(signal.shape[0])} points." if step > 1 else "")
    ticks = {"dtick": 1} if listed and len(x) <= 20 else {}
    return plot(lines, {"xaxis": axis(label(x_axis), **ticks), "yaxis": y, "showlegend": len(lines) > 1}, caption, f"{signal.name} as a line", 340)


def histogram_figure(source: Source, group: DataGroup, budget: Budget) -> Figure | None:
    """Values of single ions: how often each occurs."""
    values = source.read(group.signal).astype(float)
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    counts, edges = np.histogram(values, bins=60)
    bar = {"type": "bar", "x": packed((edges[1:] + edges[:-1]) / 2), "y": packed(counts), "marker": {"color": "@actual"}, "name": "ions"}
    return plot(
        [bar],
        {"xaxis": axis(label(group.signal)), "yaxis": axis("ions"), "bargap": 0.05},
        f"{titled(label(group.signal))} of {number(len(values))} ions.",
        f"histogram of {group.signal.name}",
        300,
    )


def _rows_figure(source: Source, group: DataGroup, values: Numbers, dimension: int, caption: str, budget: Budget) -> Figure:
    """A few curves over one axis: values (curves, x)."""
    x, x_axis = _x(source, group, dimension, slice(None))
    rows = group.axis(dimension - 1)
    numbers = source.read(rows) if rows is not None else np.arange(len(values))
    words = rows.words() if rows is not None else {}
    lines = [
        line(
            packed(x),
            packed(values[i]),
            esc(words.get(int(numbers[i]), f"{column_words(rows.name) if rows else 'row'} {numbers[i]}")),
            SERIES[i % len(SERIES)],
        )
        for i in range(min(len(values), 12))
    ]
    return plot(lines, {"xaxis": axis(label(x_axis)), "yaxis": axis(label(group.signal))}, caption, f"{group.signal.name} as lines", 360)


def heat_figure(source: Source, group: DataGroup, values: Numbers, first: int, caption: str, budget: Budget) -> Figure:
    """values (y, x) over the axes first and first + 1 of the group."""
    step = 1
    while -(-values.shape[0] // step) * -(-values.shape[1] // step) > budget.image:
        step += 1
    every = slice(None, None, step)
    (y, y_axis), (x, x_axis) = _x(source, group, first, every), _x(source, group, first + 1, every)
    shown = np.where(np.isfinite(values), values, np.nan)[every, every]
    trace = {
        "type": "heatmap",
        "x": packed(x),
        "y": packed(y),
        "z": packed(shown),
        "colorscale": "@sequence",
        "colorbar": {"title": {"text": label(group.signal), "side": "right"}, "exponentformat": "power"},
    }
    same = y_axis is not None and x_axis is not None and y_axis.units == x_axis.units != ""
    layout: dict[str, Any] = {
        "xaxis": axis(label(x_axis), constrain="domain"),
        "yaxis": axis(label(y_axis), constrain="domain", **({"scaleanchor": "x"} if same else {})),
    }
    caption += f" Every {step}th row and column." if step > 1 else ""
    return plot([trace], layout, caption, f"{group.signal.name} as a heat map", 440)


def _boxes_figure(source: Source, group: DataGroup, budget: Budget) -> list[Figure]:
    """A value of every domain for each of a few kinds: how the domains spread."""
    values = source.read(group.signal, thinned(group.signal.shape[0], budget.line)).astype(float)
    kinds = group.axis(1)
    if values.shape[1] > 24:
        return [heat_figure(source, group, values, 0, f"{label(group.signal)}.", budget)]
    numbers = source.read(kinds) if kinds is not None else np.arange(values.shape[1])
    words = kinds.words() if kinds is not None else {}
    boxes: list[dict[str, Any]] = [
        {
            "type": "box",
            "y": packed(values[np.isfinite(values[:, i]), i]),
            "name": esc(words.get(int(numbers[i]), str(numbers[i]))),
            "boxpoints": "outliers",
            "marker": {"color": "@actual", "size": 3},
            "line": {"width": 1.4},
        }
        for i in range(values.shape[1])
    ]
    mean = group.arrays.get("mean")
    said = ""
    if mean is not None and mean.shape == (values.shape[1],):
        bars = _error_bars(source, group, mean, slice(None))
        boxes.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [box["name"] for box in boxes],
                "y": packed(source.read(mean)),
                "name": "mean",
                "marker": {"color": "@control", "symbol": "diamond", "size": 9},
                **bars,
            }
        )
        said = " Diamond: mean of the ions that could take part."
    return [
        plot(
            boxes,
            {"yaxis": axis(label(group.signal)), "showlegend": False},
            f"{esc(group_words(group.name))}, {label(group.signal)} in each of {number(group.signal.shape[0])} domains: median, quartiles, and what lies outside.{said}",
            f"{group.signal.name} of the domains",
            300,
        )
    ]


def _numbers(source: Source, axis: Array | None, count: int) -> list[int]:
    """What a numbered axis calls its places."""
    if axis is None or axis.kind not in "iu" or axis.shape != (count,):
        return list(range(count))
    return [int(number) for number in source.read(axis)]


def _matrix_figure(source: Source, group: DataGroup, values: Numbers, first: int, caption: str) -> Figure:
    """Kinds against kinds, the numbers in the cells."""
    rows, columns = group.axis(first), group.axis(first + 1)
    words = (rows.words() if rows is not None else {}), (columns.words() if columns is not None else {})
    if values.shape[0] == values.shape[1]:
        words = words[0] or words[1], words[1] or words[0]
    names = [
        [esc(kinds.get(i, str(i))) for i in _numbers(source, axis, count)]
        for kinds, axis, count in zip(words, (rows, columns), values.shape, strict=True)
    ]
    trace = {
        "type": "heatmap",
        "x": names[1],
        "y": names[0],
        "z": packed(values),
        "colorscale": "@sequence",
        "texttemplate": "%{z:.6~g}",
        "showscale": False,
        "xgap": 2,
        "ygap": 2,
    }
    layout = {
        "xaxis": axis(label(columns), type="category", constrain="domain"),
        "yaxis": axis(label(rows), type="category", autorange="reversed", scaleanchor="x", scaleratio=0.4, constrain="domain"),
    }
    return plot([trace], layout, caption, f"{group.signal.name} as a matrix", 320)


def many_figures(source: Source, group: DataGroup, budget: Budget) -> list[Figure]:
    """Two or more dimensions that are no volume in space."""
    shape = group.signal.shape
    first = group.axis(0)
    if len(shape) == 2 and first is not None and first.name == "domain":
        return _boxes_figure(source, group, budget)
    if len(shape) == 2 and first is None and shape[0] > 24 and shape[1] <= 24:
        return []  # a few numbers for each of many patterns
    many = len(shape) >= 3 and (first is None or first.name in ("domain", "pattern", "voxel"))  # maps of all voxels: their mean
    values = source.read(group.signal, thinned(shape[0], max(1, 40_000_000 // max(1, int(np.prod(shape[1:]))))) if many else ()).astype(float)
    about = (
        f"{titled(label(group.signal))}: how much each place speaks for the class."
        if group.name == "by_class_picture"
        else f"{titled(label(group.signal))}."
    )
    offset = 0
    if many:
        things = (column_words(first.name) if first is not None else "voxel") + "s"
        about = f"{titled(label(group.signal))}, mean over {number(len(values))} of {number(shape[0])} {things}."
        values, offset = (values.mean(axis=0) if len(values) else np.zeros(shape[1:])), 1
    if values.ndim == 2 and offset and values.shape[1] == 1 and group.axis(offset + 1) is None:  # one channel
        values = values[:, 0]
        (x, x_axis) = _x(source, group, offset, slice(None))
        return [
            plot(
                [line(packed(x), packed(values), "mean", "@actual")],
                {"xaxis": axis(label(x_axis)), "yaxis": axis(label(group.signal))},
                about,
                f"mean {group.signal.name}",
                320,
            )
        ]
    if values.ndim == 1:
        values = values[None]
    categories = group.axis(offset)
    listed = categories is not None and (bool(categories.words()) or not categories.units)
    if values.ndim == 2:
        second = group.axis(offset + 1)
        both = second is not None and second.words() and categories is not None and categories.words()
        if max(values.shape) <= 12 and listed and (both or second is None):
            rows = f"{titled(label(group.signal))}: rows by {label(categories)}, columns by {label(second)}." if both else about
            about = "Patterns by their true class (rows) and by the class that the networks found (columns)." if group.name == "confusion" else rows
            return [_matrix_figure(source, group, values, offset, about)]
        if values.shape[0] <= 12 and listed:
            over = f" over {label(second)}, for each {label(categories)}" if second is not None and not many else ""
            return [_rows_figure(source, group, values, offset + 1, about[:-1] + over + ".", budget)]
        return [heat_figure(source, group, values, offset, about, budget)]
    if values.ndim == 3 and listed:
        words = categories.words() if categories is not None else {}
        return [
            heat_figure(source, group, values[i], offset + 1, f"<b>{esc(words.get(i, str(i)))}.</b> {about}", budget)
            for i in range(min(len(values), 4))
        ]
    return []


def rows_figure(source: Source, group: DataGroup, rows: Sequence[Numbers], names: Sequence[str], caption: str) -> Figure:
    """Curves over the second axis of a group, with names of their own."""
    x, x_axis = _x(source, group, 1, slice(None))
    lines = [line(packed(x), packed(row), names[i], SERIES[i % len(SERIES)]) for i, row in enumerate(rows[:12])]
    return plot(
        lines, {"xaxis": axis(label(x_axis)), "yaxis": axis("mean curve (largest value of a curve: 1)")}, caption, "mean curves of the classes", 320
    )


def attribution_figures(source: Source, task: Task, species: str = "", voxels: Sequence[int] | None = None) -> list[Figure]:
    """Mean curves of the classes over their class activation maps. Both have their own axis: the map is coarser than the curve.

    With `voxels` the patterns are mean curves of a specimen, so many voxels behind each; without, single patterns.
    """
    heat, mean = task.groups.get("by_class"), task.groups.get("mean_curve")
    if heat is None or mean is None or heat.signal.name != "heat" or len(heat.signal.shape) != 2 or len(mean.signal.shape) not in (2, 3):
        return []
    maps, curves = source.read(heat.signal).astype(float), source.read(mean.signal).astype(float)
    curves = curves.reshape(*curves.shape[:2], -1)
    if len(maps) != len(curves) or not maps.size or not curves.size:
        return []
    (place, _), (x, x_axis) = _x(source, heat, 1, slice(None)), _x(source, mean, 1, slice(None))
    classes, patterns = heat.axis(0), heat.arrays.get("patterns")
    words = classes.words() if classes is not None else {}
    counts = source.read(patterns) if patterns is not None and patterns.shape == maps.shape[:1] else None
    top = float(np.nanmax(maps, initial=0.0)) or 1.0
    figures = []
    for i in range(min(len(maps), 6)):
        if not np.isfinite(maps[i]).any() or not np.isfinite(curves[i]).any():
            continue
        name = esc(words.get(i, f"class {i}"))
        band = {
            "type": "heatmap",
            "x": packed(place),
            "y": [0.5],
            "z": packed(np.nan_to_num(maps[i])[None, :]),
            "yaxis": "y2",
            "colorscale": "@sequence",
            "zmin": 0,
            "zmax": top,
            "colorbar": {"title": {"text": "activation", "side": "right"}, "exponentformat": "power"},
            "name": "activation",
            "hovertemplate": "%{x:.3f} nm: %{z:.3g}<extra>activation</extra>",
        }
        lines = [
            line(
                packed(x),
                packed(curves[i, :, c]),
                "mean curve" if curves.shape[2] == 1 else f"mean curve, channel {c + 1}",
                "@halo" if c == 0 else SERIES[c % len(SERIES)],
            )
            for c in range(min(curves.shape[2], 4))
        ]
        outline = [{**one, "line": {"color": "@under", "width": 5}, "hoverinfo": "skip", "showlegend": False} for one in lines]
        layout = {
            "xaxis": axis(label(x_axis)),
            "yaxis": axis("mean curve", overlaying="y2", side="left", tickmode="auto", nticks=6),
            "yaxis2": {"range": [0, 1], "visible": False, "fixedrange": True},
            "showlegend": len(lines) > 1,
        }
        whose = f" around {esc(species)}" if species else ""
        if voxels is not None and i < len(voxels):
            of = f" of the {number(voxels[i])} voxels{whose} for which the networks call {name} the likeliest"
        else:
            of = (f" of {number(int(counts[i]))} patterns" if counts is not None else "") + f" that the networks call {name}"
        figures.append(
            plot(
                [band, *outline, *lines],
                layout,
                f"<b>{name}.</b> Line: mean curve{of}. Colour: class activation map, how much each part of the curve speaks for {name}.",
                f"mean curve and class activation map of {name}",
                320,
            )
        )
    return figures


def group_table(source: Source, group: DataGroup, budget: Budget) -> str:
    """Rows of a list, the largest first where the signal is a size."""
    count = group.signal.shape[0]
    main = group.axis(0)
    columns = (
        ([main] if main is not None else [])
        + [group.signal]
        + [
            column
            for column in group.columns()
            if (column.shape[:1] == (count,) and len(column.shape) <= 2 and column.shape[-1] <= 3) or column.shape == (count,)
        ]
    )
    data = {column.name: source.read(column) for column in columns}
    order = (
        np.argsort(-data[group.signal.name].astype(float), kind="stable")
        if group.signal.name in ("size", "ions") and group.signal.shape == (count,)
        else np.arange(count)
    )
    head = [f"{esc(column_words(column.name))}" + (f" <small>{esc(unit_words(column.units))}</small>" if column.units else "") for column in columns]
    rows = []
    for row in order[: budget.rows].tolist():
        cells = []
        for column in columns:
            value = np.atleast_1d(data[column.name][row])
            words = column.words()
            cells.append(
                ", ".join(
                    esc(words.get(int(one), str(one))) if words else number(one.item() if column.kind != "f" else round(float(one), 4))
                    for one in value
                )
            )
        rows.append(cells)
    note = (
        f'<p class="note">The first {budget.rows} of {number(count)} rows{", largest first" if (order[:1] != 0).any() else ""}; the file has them all.</p>'
        if count > budget.rows
        else ""
    )
    return table(head, rows, range(len(head)), "tall") + note
