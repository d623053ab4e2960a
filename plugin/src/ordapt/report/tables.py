"""Tables of numbers with their uncertainty, the random control beside them."""

from __future__ import annotations

import math
import re

from .markup import digest, esc, number, rounded, table, unit, value_text
from .model import Task, Value
from .words import rank, summary_words

SHAPES = ("spheres", "discs", "rods", "laths")
LONG = 40  # characters of a text that is broken into lines
CONTROL_OF = {"domains": "control_domains"}  # summary name: name of the same of the control
BOUNDS = (("_low", "_high"), ("_lower", "_upper"), ("_ci_low", "_ci_high"), ("_interval_low", "_interval_high"))
SHARES = {"accuracy": "patterns", "test_accuracy": "test_patterns", "precision": "selected", "recall": "true_ions"}  # name: of how many
OF_THE_TEST = {"mu", "chi2", "mu_scaled", "chi2_scaled", "p_value", "degrees_of_freedom", "pearson_r"}  # nothing where the control has no domain
ERRORS = ("_errors", "_error", "_sd", "_deviation", "_standard_error", "_standard_deviation", "_spread")


def _suffix(task: Task, name: str) -> set[str]:
    """Names of the summary that say how sure `name` is."""
    endings = [end for pair in BOUNDS for end in pair] + list(ERRORS)
    return {name + end for end in endings if name + end in task.summary} | ({name + "_interval"} & task.summary.keys())


def _is_number(value: Value | None) -> bool:
    return value is not None and isinstance(value.value, (int, float)) and not isinstance(value.value, bool) and math.isfinite(value.value)


def bounds(task: Task, name: str) -> tuple[float, float] | None:
    """The interval of a number, where the file has one."""
    for low, high in BOUNDS:
        first, last = task.number(name + low), task.number(name + high)
        if first is not None and last is not None and math.isfinite(first) and math.isfinite(last):
            return first, last
    interval = task.summary.get(name + "_interval")
    if interval is not None and isinstance(interval.value, tuple) and len(interval.value) == 2:
        low_end, high_end = interval.value
        if isinstance(low_end, (int, float)) and isinstance(high_end, (int, float)):
            return float(low_end), float(high_end)
    return None


def error(task: Task, name: str) -> float | None:
    """The standard deviation of a number, where the file has one; of a share, that of counting."""
    found = next((task.summary[name + end] for end in ERRORS if name + end in task.summary), None)
    share, whole = task.number(name), task.number(SHARES.get(name, ""))
    if found is None and share is not None and whole and 0 <= share <= 1:
        return math.sqrt(share * (1 - share) / whole)
    return float(found.value) if found is not None and _is_number(found) and isinstance(found.value, (int, float)) else None


def spread(task: Task, name: str) -> float:
    """How far off a number may be: 0 where the file does not say."""
    interval = bounds(task, name)
    return error(task, name) or 0.0 if interval is None else (interval[1] - interval[0]) / 2


def uncertainty(task: Task, name: str) -> str:
    """± or an interval, where the file has one; two digits of it are shown."""
    interval, wide = bounds(task, name), spread(task, name)
    if is_untested(task, name):
        return ""
    if interval is not None:
        return f"{rounded(interval[0], wide)} … {rounded(interval[1], wide)}"
    return f"± {rounded(wide, wide)}" if wide else ""


def is_untested(task: Task, name: str) -> bool:
    return name in OF_THE_TEST and task.number("bins_used") == 0


def value_html(task: Task, value: Value) -> str:
    """As many digits as its uncertainty leaves."""
    if is_untested(task, value.name):
        return "–"
    if isinstance(value.value, float) and spread(task, value.name):
        return rounded(value.value, spread(task, value.name))
    if isinstance(value.value, float) and value.name == "p_value":
        return rounded(value.value, value.value)
    if isinstance(value.value, str) and len(value.value) > LONG:
        return f'<span class="long">{_shown(value)}</span>'
    return _shown(value)


def control_value(task: Task, name: str, control: Task | None) -> str:
    """Of the control: from the same summary, else from the same step on shuffled ions."""
    own = task.summary.get(CONTROL_OF.get(name, "control_" + name))
    draws = task.number("controls") or 1
    if own is not None and own.value == 0 and draws >= 1:
        return "none" + (f" <small>(in {number(int(draws))})</small>" if draws > 1 else "")
    if own is not None and draws > 1 and isinstance(own.value, (int, float)):  # the file counts them all together
        mean, wide = own.value / draws, math.sqrt(max(own.value, 0)) / draws
        return f"{rounded(mean, wide)} ± {rounded(wide, wide)} <small>(mean of {number(int(draws))})</small>"
    if own is not None:
        said = uncertainty(task, own.name)
        return value_html(task, own) + (f" ({said})" if said else "")
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
    has_control = any(control_value(task, name, control) for name in task.summary)
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
                value_html(task, value),
                *([uncertainty(task, name)] if has_error else []),
                *([control_value(task, name, control)] if has_control else []),
                unit(value),
                f'<span class="about">{esc(about)}</span>',
            ]
        )
    return (table(head, rows, range(1, len(head) - 2), "summary") if rows else "") + (_shape_table(task) if shapes else "")
