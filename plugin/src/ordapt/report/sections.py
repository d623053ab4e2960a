"""The parts of the page that speak of science: key numbers, domains, sizes, maps, curves, and every other array of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from . import charts, probabilities, scenes, volumes, why
from .chain import Step
from .context import Context
from .figure import Budget, Figure, figure_html
from .markup import digest, esc, table
from .model import DataGroup, Record, Result, Task
from .reading import Numbers, Source
from .tables import summary_table
from .words import group_words, step_words


@dataclass(frozen=True)
class Section:
    identifier: str
    title: str
    body: str


def _figures(found: Sequence[Figure | None], budget: Budget, kind: str = "") -> str:
    made = [figure_html(figure, budget) for figure in found if figure is not None]
    return f'<div class="figures {kind if len(made) > 1 else ""}">{"".join(made)}</div>' if made else ""


DOMAIN_TABLES = {
    "sizes": "Every domain: place, size, shape",
    "agreement": "Every domain: what the witness has there",
    "witness": "Every domain of the witness",
}


def domains_section(context: Context, record: Record) -> Section:
    """Space, numbers, sizes, and the list of domains."""
    parts: list[str] = []
    others = [context.chain.behind(context.step(record), record.input(role)) for role in ("witness", "control")]
    ions = context.ions(record)
    for place, task in enumerate(record.tasks):
        drawn: list[Figure | None] = []
        if context.budget.scenes > 0:
            context.budget.scenes -= 2
            made = scenes.domain_ions(context.source, task, ions, context.budget) if ions is not None else None
            if made is not None and ions is not None:
                drawn.append(made[0])
                for other, witness in zip(others, (True, False), strict=True):
                    if other is None:
                        continue
                    one = len(other.record.tasks) == len(record.tasks)
                    tasks = other.record.tasks[place : place + 1] if one else other.record.tasks
                    name = f"<code>{esc(other.record.step)}</code>" if witness else ""
                    with Source(other.path) as source:
                        drawn.append(scenes.selected_ions(source, tasks, ions, context.budget, made[1], name))
            elif "sizes" in task.groups:
                drawn.append(scenes.domain_spheres(context.source, task.groups["sizes"], context.budget))
        if len(record.tasks) > 1:
            parts.append(f"<h3>{context.heading(record, task)}</h3>")
        parts.append(_figures(drawn, context.budget, "pair"))
        distribution = task.groups.get("size_distribution")
        if distribution is not None and len(distribution.signal.shape) == 1:
            parts.append(_figures([charts.size_figure(context.source, distribution)], context.budget))
        parts.append(summary_table(task))
        for name, words in DOMAIN_TABLES.items():
            group = task.groups.get(name)
            if group is not None and len(group.signal.shape) == 1 and group.signal.shape[0]:
                parts.append(f"<details><summary>{words}</summary>{charts.group_table(context.source, group, context.budget)}</details>")
        shown = ("size_distribution", "membership", "maps", *DOMAIN_TABLES)
        parts += [_group_html(context, group) for name, group in task.groups.items() if name not in shown]
    several = sum(other.step == record.step for other in context.result.records) > 1
    return Section(f"step-{record.name}", f"Domains: {record.name}" if several else "Domains", "".join(parts))


def why_section(context: Context, step: Step) -> Section:
    """Mean curves with activation maps, of this file or of one beside it."""
    made = why.figures_of(context, step)
    if not made:
        return general_section(context, step.record) if step.result is context.result else Section("why", "", "")
    outside = step.result is not context.result
    source = (
        f'<p class="note">From <b>{esc(step.path.name)}</b>, which lies beside this result and explains the same patterns: {digest(step.record.digest)}</p>'
        if outside
        else ""
    )
    numbers = "" if outside else "".join(summary_table(task, None, step.record.step) for task in step.record.tasks)
    return Section(
        "why" if outside else f"step-{step.record.name}", step_words("attribute"), source + _figures(made, context.budget, "pair") + numbers
    )


def _covering(record: Record) -> str:
    """How many voxels cover a pixel inside the grid."""
    edge, stride = (value.value if value is not None else 0 for value in (record.parameter("voxel_edge"), record.parameter("stride")))
    if not isinstance(edge, (int, float)) or not isinstance(stride, (int, float)) or stride <= 0 or not 0 < edge / stride < 100:
        return ""
    return f"{round(edge / stride) ** 3} "


def classify_section(context: Context, record: Record) -> Section:
    """Sums and probabilities by planes, species by species, the control beside them."""
    is_explained = any(other.step == "attribute" for other in context.result.records)
    control = context.result.control_of(record)
    threshold = record.parameter("threshold")
    parts = []
    for i, task in enumerate(record.tasks):
        other = control.tasks[i] if control is not None and i < len(control.tasks) else None
        name = task.word("class_name")
        limit = task.number("threshold")
        if limit is None and threshold is not None and isinstance(threshold.value, (int, float)):
            limit = float(threshold.value)
        subject = context.subject(record, task)
        if len(record.tasks) > 1 or subject:
            parts.append(f"<h3>{subject or esc(task.name)}</h3>")
        for group in task.groups.values():
            beside = other.groups.get(group.name) if other is not None else None
            if volumes.is_volume(group):
                found = volumes.quantities(group, beside, limit if group.name == "pixels" else None, group_words(group.name), name)
                about = f"<b>{esc(group_words(group.name))}.</b>" + (
                    f" Probability of {esc(name)} summed over the {_covering(record)}voxels that meet in a pixel."
                    if group.name == "pixels" and name
                    else ""
                )
                parts.append(_figures([volumes.volume_figure(context.source, found, context.budget, context.volumes, about)], context.budget))
        if not is_explained:
            parts.append(_figures([why.mean_curves(context, record, task)], context.budget))
        parts.append(summary_table(task, other))
    return Section(f"step-{record.name}", step_words(record.step), "".join(parts))


def segment_section(context: Context, record: Record) -> Section:
    """How many ions have which probability and which species are selected, the control beside them, and what was assumed."""
    control = context.result.control_of(record)
    parts = []
    for place, task in enumerate(record.tasks):
        other = control.tasks[place] if control is not None and place < len(control.tasks) else None

        def beside(name: str, shuffled: Task | None = other) -> tuple[Source, DataGroup] | None:
            return (context.source, shuffled.groups[name]) if shuffled is not None and name in shuffled.groups else None

        drawn: list[Figure | None] = []
        if "histogram" in task.groups:
            drawn.append(probabilities.histogram_figure(context.source, task.groups["histogram"], beside("histogram"), task.number("threshold")))
        if "species" in task.groups:
            drawn.append(probabilities.species_figure(context.source, task.groups["species"], beside("species")))
        parts += [probabilities.assumed(record, task), _figures(drawn, context.budget, "pair"), summary_table(task, other, record.step)]
        parts += [
            _group_html(context, group) for name, group in task.groups.items() if name not in ("histogram", "species", "probability", "selected")
        ]
    return Section(f"step-{record.name}", step_words(record.step), "".join(parts))


def _group_html(context: Context, group: DataGroup) -> str:
    """Whatever an NXdata group holds."""
    source, budget, signal = context.source, context.budget, group.signal
    title = f"<h4>{esc(group.title or group_words(group.name))}</h4>"
    if 0 in signal.shape:
        return title + '<p class="note">Empty.</p>'
    if {"x", "y", "z", "radius"} <= group.arrays.keys() and len(signal.shape) == 1 and budget.scenes > 0:
        budget.scenes -= 1
        return title + _figures([scenes.truth_spheres(source, group, budget)], budget)
    if volumes.is_volume(group):
        wanted = volumes.quantities(group, None, None, group_words(group.name))
        return title + _figures([volumes.volume_figure(source, wanted, budget, context.volumes, "")], budget)
    if len(signal.shape) == 1:
        per_ion = group.axes[:1] in ((), (".",)) or group.axes[0] in charts.PER_ION
        axis = group.axis(0)
        figure = charts.reliability_figure(source, group)
        if figure is None:
            figure = charts.histogram_figure(source, group, budget) if per_ion else charts.line_figure(source, group, budget)
        lists = not per_ion and signal.shape[0] <= 5000 and (len(group.columns()) > 1 or (axis is not None and bool(axis.words())))
        rows = charts.group_table(source, group, budget) if lists else ""
        return title + _figures([figure], budget) + (f"<details><summary>As a table</summary>{rows}</details>" if rows else "")
    made = charts.many_figures(source, group, budget)
    return title + _figures(made, budget, "pair") if made else ""


def _bins(record: Record) -> Numbers | None:
    """Offsets along z of the bins of the curves that a step made, from its parameters."""
    found = [record.parameter(name) for name in ("half_range", "bins", "crop_first", "crop_bins")]
    half, bins, first, count = (value.value if value is not None and isinstance(value.value, (int, float)) else 0 for value in found)
    if half <= 0 or not 0 < count <= bins <= 1_000_000:
        return None
    return (np.arange(int(count)) + first + 0.5) * (2 * half / bins) - half


def general_section(context: Context, record: Record) -> Section:
    """A step without a section of its own: its numbers, then each group."""
    parts = []
    for task in record.tasks:
        if len(record.tasks) > 1:
            parts.append(f"<h3>{context.heading(record, task)}</h3>")
        patterns = charts.pattern_figures(context.source, task, _bins(record))
        parts += [_figures(patterns, context.budget, "pair"), summary_table(task, None, record.step)]
        left_out = {"maps", "grid"} if "mean_map" in task.groups else {"truth"} if "spheres" in task.groups else set()
        left_out |= {"patterns", "pictures", "labels"} if patterns else set()
        if "by_class_picture" in task.groups:  # that of every pattern is for machines
            left_out = {"by_class", "mean_curve", "attribution", "attribution_picture", "followed"}
        parts += [
            _group_html(context, group)
            for name, group in sorted(task.groups.items(), key=lambda pair: pair[0] != task.default)
            if name not in left_out
        ]
    return Section(f"step-{record.name}", step_words(record.step), "".join(parts))


def arrays_table(result: Result) -> str:
    rows = [
        [esc(f"{record.name}/{task.name}/{group.name}/{array.name}"), " × ".join(map(str, array.shape)), esc(array.type_name), esc(array.units)]
        for record in result.records
        for task in record.tasks
        for group in task.groups.values()
        for array in group.arrays.values()
    ]
    return table(["array", "shape", "type", "unit"], rows, (1,), "tall") if rows else ""


def sections(context: Context) -> list[Section]:
    """Domains first, then maps, then the rest; steps on shuffled ions stand beside what they control."""
    result = context.result
    beside = {control.name for record in result.records if (control := result.control_of(record)) is not None}
    plain = [record for record in result.records if record.name not in beside]
    context.volumes = sum(
        max(1, len(group.signal.shape) == 4 and min(group.signal.shape[3], 6)) * (2 if result.control_of(record) is not None else 1)
        for record in plain
        for task in record.tasks
        for group in task.groups.values()
        if volumes.is_volume(group)
    )
    used = {given.subentry for record in result.records for given in record.inputs if given.is_inside}
    plain = [record for record in plain if record.step != "shuffle" or record.name not in used]  # a control tells nothing by itself
    order = {"domains": 0, "superlattice": 1, "attribute": 2, "classify": 3, "segment": 3}
    found = [_section(context, record) for record in sorted(plain, key=lambda record: order.get(record.step, 4))]
    if not any(record.step == "attribute" for record in result.records):
        step = why.explanation(context, [record for record in plain if record.step in ("domains", "classify", "score")])
        after = sum(record.step in ("domains", "superlattice") for record in plain)
        found[after:after] = [why_section(context, step)] if step is not None else []
    return [section for section in found if section.body]


def _section(context: Context, record: Record) -> Section:
    if record.step == "attribute":
        return why_section(context, context.step(record))
    maker = {"domains": domains_section, "classify": classify_section, "segment": segment_section}.get(record.step, general_section)
    return maker(context, record)
