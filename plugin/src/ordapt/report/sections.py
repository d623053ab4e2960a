"""The parts of the page that speak of science: key numbers, domains, sizes, maps, curves, and every other array of the file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import charts, scenes, volumes
from .figure import Budget, Figure, figure_html
from .ions import IonsFile, find_ions
from .markup import digest, esc, number, table, unit, value_text
from .model import DataGroup, Record, Result, Task, Value
from .reading import Source
from .words import group_words, rank, step_words, summary_words

FEW_BINS = 5  # sizes that occur in the control: with fewer a test of the distribution says little
SHAPES = ("spheres", "discs", "rods", "laths")
CONTROL_OF = {"domains": "control_domains"}  # summary name: name of the same of the control
BOUNDS = (("_low", "_high"), ("_lower", "_upper"), ("_ci_low", "_ci_high"), ("_interval_low", "_interval_high"))
ERRORS = ("_errors", "_error", "_sd", "_deviation", "_standard_error", "_standard_deviation", "_spread")
CARDS = (
    "domains",
    "significant_domains",
    "mu",
    "p_value",
    "number_density",
    "ions_selected",
    "largest_domain",
    "precision",
    "recall",
    "test_accuracy",
    "accuracy",
)


@dataclass
class Context:
    source: Source
    result: Result
    search: Sequence[Path]
    budget: Budget
    volumes: int = 1

    def ions(self, record: Record) -> IonsFile | None:
        return find_ions(self.source, self.result, record, self.search)


@dataclass(frozen=True)
class Section:
    identifier: str
    title: str
    body: str


def _figures(found: Sequence[Figure | None], budget: Budget, kind: str = "") -> str:
    made = [figure_html(figure, budget) for figure in found if figure is not None]
    return f'<div class="figures {kind if len(made) > 1 else ""}">{"".join(made)}</div>' if made else ""


def _suffix(task: Task, name: str) -> set[str]:
    """Names of the summary that say how sure `name` is."""
    endings = [end for pair in BOUNDS for end in pair] + list(ERRORS)
    return {name + end for end in endings if name + end in task.summary} | ({name + "_interval"} & task.summary.keys())


def uncertainty(task: Task, name: str) -> str:
    """± or an interval, where the file has one."""
    for low, high in BOUNDS:
        first, last = task.summary.get(name + low), task.summary.get(name + high)
        if first is not None and last is not None:
            return f"{value_text(first)} … {value_text(last)}"
    interval = task.summary.get(name + "_interval")
    if interval is not None and isinstance(interval.value, tuple) and len(interval.value) == 2:
        return f"{number(interval.value[0])} … {number(interval.value[1])}"
    found = next((task.summary[name + end] for end in ERRORS if name + end in task.summary), None)
    return f"± {value_text(found)}" if found is not None else ""


def _control_value(task: Task, name: str, control: Task | None) -> str:
    """Of the control: from the same summary, else from the same step on shuffled ions."""
    own = task.summary.get(CONTROL_OF.get(name, "control_" + name))
    draws = task.number("controls") or 1
    if own is not None and draws > 1 and isinstance(own.value, (int, float)):  # the file counts them all together
        return f"{number(round(own.value / draws, 2))} <small>(mean of {number(int(draws))})</small>"
    if own is not None:
        said = uncertainty(task, own.name)
        return value_text(own) + (f" ({said})" if said else "")
    other = control.summary.get(name) if control is not None else None
    return value_text(other) if other is not None and not isinstance(other.value, str) else ""


def _shown(value: Value) -> str:
    return digest(value.value) if isinstance(value.value, str) and re.fullmatch(r"[0-9a-f]{64}", value.value) else value_text(value)


def _shape_table(task: Task) -> str:
    """Domains by shape, all and those with enough ions for one."""
    rows = [
        [
            esc(summary_words(shape)[0]),
            value_text(task.summary[shape]),
            value_text(task.summary[f"large_{shape}"]) if f"large_{shape}" in task.summary else "",
            f'<span class="about">{esc(summary_words(shape)[1])}</span>',
        ]
        for shape in SHAPES
    ]
    return "<h4>Shapes of the domains</h4>" + table(["shape", "all domains", "large ones", "what it is"], rows, (1, 2), "summary")


def summary_table(task: Task, control: Task | None = None, step: str = "") -> str:
    beside = {CONTROL_OF.get(name, "control_" + name) for name in task.summary} & task.summary.keys()
    shapes = set(SHAPES) <= task.summary.keys()
    if shapes:
        beside |= {*SHAPES, *(f"large_{shape}" for shape in SHAPES)}
    beside |= {extra for name in task.summary for extra in _suffix(task, name)}
    has_control = any(_control_value(task, name, control) for name in task.summary)
    has_error = any(uncertainty(task, name) for name in task.summary if name not in beside)
    head = ["quantity", "value", *(["uncertainty"] if has_error else []), *(["random control"] if has_control else []), "unit", "what it is"]
    rows = []
    for name, value in sorted(task.summary.items(), key=lambda pair: rank(pair[0])):
        if name in beside:
            continue
        title, about = summary_words(name, step)
        rows.append(
            [
                esc(title),
                _shown(value),
                *([uncertainty(task, name)] if has_error else []),
                *([_control_value(task, name, control)] if has_control else []),
                unit(value),
                f'<span class="about">{esc(about)}</span>',
            ]
        )
    return (table(head, rows, range(1, len(head) - 2), "summary") if rows else "") + (_shape_table(task) if shapes else "")


def cards(result: Result) -> str:
    """The few numbers one looks for first."""
    found = []
    for record in result.records:
        if result.is_control(record) or record.step in ("import", "shuffle", "crop", "range"):
            continue
        control = result.control_of(record)
        for i, task in enumerate(record.tasks):
            other = control.tasks[i] if control is not None and i < len(control.tasks) else None
            bins = task.number("bins_used")
            few = f"only {number(int(bins))} bins" if bins is not None and bins < FEW_BINS else ""
            for name in CARDS:
                value = task.summary.get(name)
                if value is None or isinstance(value.value, (str, tuple)) or (name == "domains" and record.step not in ("domains", "superlattice")):
                    continue
                title, _ = summary_words(name)
                which = _task_words(result, record, task).rstrip(": ")
                which = f" ({which})" if which else ""
                beside = _control_value(task, name, other)
                said = uncertainty(task, name)
                notes = [
                    part
                    for part in (
                        said,
                        f'<span class="control">random control: {beside}</span>' if beside else "",
                        few if name in ("mu", "p_value") else "",
                    )
                    if part
                ]
                found.append(
                    (
                        CARDS.index(name),
                        f'<div class="card"><span class="what">{esc(title)}{which}</span><span class="value">{value_text(value)}'
                        f'{" <small>" + unit(value) + "</small>" if value.units else ""}</span><span class="beside">{"<br>".join(notes)}</span></div>',
                    )
                )
    found.sort(key=lambda pair: pair[0])
    return f'<div class="cards">{"".join(card for _, card in found[:8])}</div>' if found else ""


def _task_words(result: Result, record: Record, task: Task) -> str:
    """Which species a task of several is about: its own word, or that of the selection it was given."""
    if len(record.tasks) < 2:
        return ""
    given, place = result.inner(record.input("ions")), record.tasks.index(task)
    inner = given.tasks[place].word("species") if given is not None and len(given.tasks) == len(record.tasks) else ""
    return f"{esc(task.word('species') or inner or task.name)}: "


def verdict(result: Result) -> list[str]:
    """Plain sentences, each from numbers of the file."""
    said = []
    for record in result.records:
        for task in record.tasks if record.step == "domains" else ():
            count, control = task.number("domains"), task.summary.get("control_domains")
            if count is None:
                continue
            words = f"{_task_words(result, record, task)}{number(int(count))} domains were found"
            said.append(
                f"{words}; the same analysis of shuffled ions finds {_control_value(task, 'domains', None)}."
                if control is not None
                else f"{words}. There is no random control to compare with."
            )
            significant = task.number("significant_domains")
            if significant is not None:
                said.append(f"{number(int(significant))} of them are larger than chance explains (q ≤ 0.05).")
            mu, bins = task.number("mu"), task.number("bins_used")
            if mu is not None and (bins is None or bins >= FEW_BINS):
                interval = uncertainty(task, "mu")
                side = "at or above" if mu >= 0.25 else "below"
                verb = "differ from chance" if mu >= 0.25 else "are not told from chance"
                said.append(f"By the published rule their sizes {verb}: μ = {number(mu)}{f' ({interval})' if interval else ''} is {side} 0.25.")
            if bins is not None and bins < FEW_BINS and control is not None:
                said.append(
                    f"The test of sizes compares only {number(int(bins))} bins, as so few sizes occur in the control: "
                    "χ², p and μ say little here; compare the numbers of domains."
                )
    return said


def domains_section(context: Context, record: Record) -> Section:
    """Space, numbers, sizes, and the list of domains."""
    parts: list[str] = []
    control = context.result.inner(record.input("control"))
    ions = context.ions(record)
    for place, task in enumerate(record.tasks):
        drawn: list[Figure | None] = []
        if context.budget.scenes > 0:
            context.budget.scenes -= 2
            made = scenes.domain_ions(context.source, task, ions, context.budget) if ions is not None else None
            if made is not None and ions is not None:
                drawn.append(made[0])
                if control is not None:
                    one = len(control.tasks) == len(record.tasks)
                    tasks = control.tasks[place : place + 1] if one else control.tasks
                    drawn.append(scenes.selected_ions(context.source, tasks, ions, context.budget, made[1]))
            elif "sizes" in task.groups:
                drawn.append(scenes.domain_spheres(context.source, task.groups["sizes"], context.budget))
        if len(record.tasks) > 1:
            parts.append(f"<h3>{_task_words(context.result, record, task).rstrip(': ')}</h3>")
        parts.append(_figures(drawn, context.budget, "pair"))
        distribution, sizes = task.groups.get("size_distribution"), task.groups.get("sizes")
        parts.append(summary_table(task))
        if distribution is not None and len(distribution.signal.shape) == 1:
            parts.append(_figures([charts.size_figure(context.source, distribution)], context.budget))
        if sizes is not None and len(sizes.signal.shape) == 1 and sizes.signal.shape[0]:
            parts.append(
                f"<details><summary>Every domain: place, size, shape</summary>{charts.group_table(context.source, sizes, context.budget)}</details>"
            )
        parts += [
            _group_html(context, group) for name, group in task.groups.items() if name not in ("size_distribution", "sizes", "membership", "maps")
        ]
    return Section(f"step-{record.name}", "Domains", "".join(parts))


def classify_section(context: Context, record: Record) -> Section:
    """Sums and probabilities by planes, species by species, the control beside them."""
    control = context.result.control_of(record)
    threshold = record.parameter("threshold")
    parts = []
    for i, task in enumerate(record.tasks):
        other = control.tasks[i] if control is not None and i < len(control.tasks) else None
        species, name = task.word("species"), task.word("class_name")
        limit = task.number("threshold")
        if limit is None and threshold is not None and isinstance(threshold.value, (int, float)):
            limit = float(threshold.value)
        if len(record.tasks) > 1 or species:
            parts.append(f"<h3>{esc(species or task.name)}</h3>")
        parts.append(summary_table(task, other))
        for group in task.groups.values():
            beside = other.groups.get(group.name) if other is not None else None
            if volumes.is_volume(group):
                found = volumes.quantities(group, beside, limit if group.name == "pixels" else None, group_words(group.name), name)
                about = f"<b>{esc(group_words(group.name))}.</b>" + (
                    f" Probability of {esc(name)} summed over the eight voxels that meet in a pixel." if group.name == "pixels" and name else ""
                )
                parts.append(_figures([volumes.volume_figure(context.source, found, context.budget, context.volumes, about)], context.budget))
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
        figure = charts.histogram_figure(source, group, budget) if per_ion else charts.line_figure(source, group, budget)
        lists = not per_ion and signal.shape[0] <= 5000 and (len(group.columns()) > 1 or (axis is not None and bool(axis.words())))
        rows = charts.group_table(source, group, budget) if lists else ""
        return title + _figures([figure], budget) + (f"<details><summary>As a table</summary>{rows}</details>" if rows else "")
    made = charts.many_figures(source, group, budget)
    return title + _figures(made, budget, "pair") if made else ""


def general_section(context: Context, record: Record) -> Section:
    """A step without a section of its own: its numbers, then each group."""
    parts = []
    for task in record.tasks:
        if len(record.tasks) > 1:
            parts.append(f"<h3>{esc(task.name)} {esc(task.word('species'))}</h3>")
        parts.append(summary_table(task, None, record.step))
        attribution = charts.attribution_figures(context.source, task)
        parts.append(_figures(attribution, context.budget, "pair"))
        left_out = {"maps", "grid"} if "mean_map" in task.groups else {"truth"} if "spheres" in task.groups else set()
        if attribution or "by_class_picture" in task.groups:  # that of every pattern is for machines
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
    order = {"domains": 0, "superlattice": 1, "classify": 2, "segment": 2, "attribute": 3}
    found = []
    for record in sorted(plain, key=lambda record: order.get(record.step, 4)):
        maker = {"domains": domains_section, "classify": classify_section}.get(record.step, general_section)
        section = maker(context, record)
        if section.body:
            found.append(section)
    return found
