"""Why the networks say what they say: mean curves of the classes, and over them how much each part of a curve speaks for its class."""

from __future__ import annotations

import numpy as np

from .chain import Step
from .charts import attribution_figures, rows_figure
from .context import Context
from .figure import Figure
from .markup import esc
from .model import DataGroup, Record, Task
from .reading import Numbers, Source


def _curves(source: Source, task: Task) -> tuple[DataGroup, Numbers] | None:
    """Mean curves (class, bin, channel) that a `classify` kept, where it did."""
    group = task.groups.get("patterns")
    if group is None or group.signal.name != "pattern" or len(group.signal.shape) != 3 or 0 in group.signal.shape:
        return None
    return group, source.read(group.signal).astype(float)


def _voxels(source: Source, group: DataGroup, classes: int) -> list[int] | None:
    counts = group.arrays.get("voxels")
    return [int(one) for one in source.read(counts)] if counts is not None and counts.shape == (classes,) else None


def _same(curves: Numbers, mean: Numbers) -> bool:
    """Each explained mean curve is one of those of the classes."""
    good = [row for row in mean if np.isfinite(row).all()]
    return bool(good) and all(any(np.allclose(row, one, atol=1e-5) for one in curves if np.isfinite(one).all()) for row in good)


def _explained(context: Context, step: Step, task: Task) -> tuple[str, list[int] | None]:
    """Whose mean curves these are, and how many voxels are behind each; nothing where they are single patterns."""
    behind, mean = context.chain.behind(step, step.record.input("patterns")), task.groups.get("mean_curve")
    if behind is None or behind.record.step != "classify" or mean is None:
        return "", None
    with Source(step.path) as source:
        wanted = source.read(mean.signal).astype(float)
    with Source(behind.path) as source:
        for other in behind.record.tasks:
            found = _curves(source, other)
            if found is not None and found[1].shape == wanted.shape and _same(found[1], wanted):
                return other.word("species"), _voxels(source, found[0], len(wanted))
    return "", None


def figures_of(context: Context, step: Step) -> list[Figure]:
    """Mean curves over their activation maps, from a record of `attribute`."""
    made = []
    for task in step.record.tasks:
        species, voxels = _explained(context, step, task)
        with Source(step.path) as source:
            made += attribution_figures(source, task, species, voxels)
    return made


def explanation(context: Context, records: list[Record]) -> Step | None:
    """An `attribute` result beside this one that explains the `classify` behind it."""
    digests = set()
    for record in records:
        behind, given = context.chain.classified(context.step(record)), record.input("ions")
        digests |= {behind.record.digest} if behind is not None else {given.content} if given is not None else set()
    return context.chain.explanation(digests - {""}) if digests else None


def mean_curves(context: Context, record: Record, task: Task) -> Figure | None:
    """Without activation maps: the mean curves alone."""
    found = _curves(context.source, task)
    if found is None:
        return None
    group, curves = found
    counts = _voxels(context.source, group, len(curves))
    names = dict(enumerate(classes_of(record, task, len(curves))))
    kept = [i for i in range(len(curves)) if np.isfinite(curves[i]).all()]
    several = curves.shape[2] > 1
    rows = [(i, c) for i in kept for c in range(curves.shape[2])]
    labels = [
        names[i] + (f", channel {c + 1}" if several else "") + (f" ({counts[i]:,} voxels)".replace(",", "\u202f") if counts is not None else "")
        for i, c in rows
    ]
    caption = "<b>Mean curves.</b> Mean cleaned curve of the voxels of each class, that is of those for which the networks call it the likeliest."
    return rows_figure(context.source, group, [curves[i, :, c] for i, c in rows], labels, caption) if rows else None


def classes_of(record: Record, task: Task, count: int) -> list[str]:
    """Names of the classes, from the long name of an axis."""
    for group in task.groups.values():
        for array in group.arrays.values():
            words = array.words()
            if array.name == "class" and len(words) == count:
                return [esc(words[i]) for i in sorted(words)]
    return [f"class {i}" for i in range(count)]
