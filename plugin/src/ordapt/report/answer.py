"""The first screen: the answer in sentences, the few numbers one looks for, and what it was made from. All from numbers of the file."""

from __future__ import annotations

import math
from collections.abc import Callable

from .context import Context
from .markup import digest, esc, number, rounded, short_version, unit
from .model import Record, Task, Value
from .tables import bounds, control_value, uncertainty, value_html
from .words import instant, summary_words

FEW_BINS = 5  # sizes that occur in the control: with fewer a test of the distribution says little
NON_RANDOM = 0.25  # of mu, from which on the published analysis calls a distribution non-random
SIGNIFICANT = 0.05
CARDS = (
    "domains",
    "significant_domains",
    "mu",
    "p_value",
    "number_density",
    "volume_fraction",
    "ions_selected",
    "largest_domain",
    "auc",
    "average_precision",
    "precision",
    "recall",
    "test_accuracy",
    "accuracy",
)
PREPARING = ("import", "shuffle", "crop", "range")  # their numbers are no answer


# ------------------------------------------------------------------------------------------------ sentences


def _share(part: float, whole: float) -> str:
    """A share in per cent with its binomial standard error."""
    share, wide = part / whole, math.sqrt(max(part * (whole - part), 0.0) / whole) / whole
    return f"{rounded(100 * share, 100 * wide)} ± {rounded(100 * wide, 100 * wide)} %" if wide else f"{number(100 * share)} %"


def _count(task: Task, name: str) -> str:
    found = task.number(name)
    return "" if found is None or not math.isfinite(found) else number(int(found))


def _networks(task: Task) -> str:
    return f"{_count(task, 'members')} {'network' if task.number('members') == 1 else 'networks'}"


def _sizes(task: Task) -> list[str]:
    """What the test of sizes says, and how sure that is."""
    mu, bins, p = task.summary.get("mu"), task.number("bins_used"), task.summary.get("p_value")
    value = task.number("mu")
    if bins == 0 and "control_domains" in task.summary:
        return ["No size occurs in the control, so that there is no distribution to compare with."]
    if bins is not None and bins < FEW_BINS and "control_domains" in task.summary:
        return [
            f"The test of sizes compares only {number(int(bins))} {'bin' if bins == 1 else 'bins'}, as so few sizes occur in the control: "
            "χ², p and μ say little here; compare the numbers of domains."
        ]
    if mu is None or value is None:
        return []
    verb = "differ from chance" if value >= NON_RANDOM else "are not told from chance"
    interval = bounds(task, "mu")
    said = f"μ = {value_html(task, mu)}" + (f", 95 % interval {uncertainty(task, 'mu')}" if interval is not None else "")
    sure = ", but the interval reaches below 0.25" if interval is not None and interval[0] < NON_RANDOM <= value else ""
    chance, verdict_is_random = task.number("p_value"), value < NON_RANDOM
    doubt = chance is not None and (chance > SIGNIFICANT) != verdict_is_random
    test = f"; {'but ' if doubt else ''}χ² test: p = {value_html(task, p)}" if p is not None else ""
    return [f"By the published rule (μ ≥ 0.25) their sizes {verb}: {said}{sure}{test}."]


def _of_witness(task: Task) -> list[str]:
    agreeing, others, chance, together = (
        task.number(name) for name in ("agreeing_domains", "witness_domains", "agreeing_by_chance", "significant_together")
    )
    if agreeing is None or others is None:
        return []
    by_chance = f"; by chance {number(chance) if chance else 'none'} would" if chance is not None else ""
    said = [f"<b>{number(int(agreeing))}</b> of them lie at one of the {number(int(others))} domains that the witness finds{by_chance}."]
    return [*said, f"By both together <b>{number(int(together))}</b> are more than chance explains (q ≤ 0.05)."] if together is not None else said


def _of_domains(context: Context, record: Record, task: Task) -> list[str]:
    count, subject = task.number("domains"), context.subject(record, task)
    if count is None:
        return []
    found = f"<b>{number(int(count))} {'domain' if count == 1 else 'domains'}</b>{f' of {subject}' if subject else ''} {'was' if count == 1 else 'were'} found"
    said = [
        f"{found}; the same analysis of shuffled ions finds {control_value(task, 'domains', None)}."
        if "control_domains" in task.summary
        else f"{found}. There is no random control to compare with."
    ]
    significant = task.number("significant_domains")
    if significant is not None:
        said.append(f"<b>{number(int(significant))}</b> of them are larger than chance explains (q ≤ 0.05).")
    said += _of_witness(task)
    said += _sizes(task)
    density = task.summary.get("number_density")
    if density is not None:
        volume = task.summary.get("volume")
        inside = f" in {value_html(task, volume)} {unit(volume)}" if volume is not None else ""
        said.append(f"Number density: {value_html(task, density)} {uncertainty(task, 'number_density')} {unit(density)}{inside}.")
    return said


def _of_classify(context: Context, record: Record, task: Task) -> list[str]:
    selected, of = task.number("ions_selected"), task.number("species_ions")
    if selected is None or not of:
        return []
    control = context.result.control_of(record)
    place = record.tasks.index(task)
    other = control.tasks[place] if control is not None and place < len(control.tasks) else None
    subject = context.subject(record, task)
    beside = f"; in the random control {control_value(task, 'ions_selected', other)}" if other is not None else ""
    return [f"<b>{number(int(selected))}</b> of {number(int(of))} ions were selected{f' as {subject}' if subject else ''}{beside}."]


def _of_segment(context: Context, record: Record, task: Task) -> list[str]:
    selected, of, limit = (task.number(name) for name in ("ions_selected", "ranged", "threshold"))
    if selected is None or not of or limit is None:
        return []
    control = context.result.control_of(record)
    other = control.tasks[0] if control is not None and control.tasks else None
    beside = f"; in the random control {control_value(task, 'ions_selected', other)}" if other is not None else ""
    return [f"<b>{number(int(selected))}</b> of {number(int(of))} ranged ions have a probability of order above {number(limit)}{beside}."]


def _of_frequency(_context: Context, _record: Record, task: Task) -> list[str]:
    mu, species, permuted, high = task.number("mu"), task.word("species"), task.number("p_permuted"), task.number("control_mu_high")
    chance = permuted if permuted is not None else task.number("p_value")
    if mu is None or chance is None or not species:
        return []
    verb = "is not spread at random" if chance <= SIGNIFICANT else "cannot be told from a random spread"
    by = "permutations of the labels" if permuted is not None else "the binomial distribution"
    told = f"{esc(species)} <b>{verb}</b> among blocks of ions: μ = {number(mu)}, p = {number(chance)} by {by}"
    told += f"; 95 % of the permutations have μ up to {number(high)}." if high is not None else "."
    return [told, *_of_pairs_in_blocks(task)]


def _of_pairs_in_blocks(task: Task) -> list[str]:
    pair, correlation, z, chance = (
        task.word("strongest_pair"),
        task.number("strongest_correlation"),
        task.number("strongest_z"),
        task.number("p_pairs"),
    )
    if not pair or correlation is None or z is None or chance is None:
        return []
    if chance > SIGNIFICANT:
        return [
            f"Whether two species go to the same blocks <b>cannot be told from chance</b>: p = {number(chance)} for all pairs by random orders of the labels."
        ]
    where = "more often" if z > 0 else "less often"
    return [
        f"<b>{esc(pair)}</b> are in the same blocks <b>{where} than by chance</b>: correlation {number(correlation)}, {number(abs(z))} standard deviations from "
        f"random orders of the labels; p = {number(chance)} for all pairs."
    ]


def _of_neighbours(_context: Context, _record: Record, task: Task) -> list[str]:
    near, random, pair = task.number("nearest"), task.number("nearest_random"), task.word("pair")
    if near is None or random is None or not pair:
        return []
    chance, z, order = task.number("p_permuted"), task.number("strongest_z"), task.number("strongest_order")
    if chance is None or z is None or order is None:
        return [f"The nearest neighbour is {number(near)} nm away on average; random places of this density would have it at {number(random)} nm."]
    if chance > SIGNIFICANT:
        return [f"Distances of {esc(pair)} <b>cannot be told from chance</b>: p = {number(chance)} by random orders of the labels."]
    where = "nearer" if z < 0 else "farther"
    return [
        f"Neighbours of {esc(pair)} are <b>{where} than by chance</b>, most of all number {number(int(order))}: {number(abs(z))} standard deviations; "
        f"p = {number(chance)} by random orders of the labels."
    ]


def _of_warren_cowley(_context: Context, _record: Record, task: Task) -> list[str]:
    where, alpha, z = task.word("strongest"), task.number("strongest_alpha"), task.number("strongest_z")
    chance, caveat = task.number("p_permuted"), task.word("caveat")
    if not where or alpha is None or z is None or chance is None:
        return []
    if chance > SIGNIFICANT:
        return [f"Neighbours <b>cannot be told from a random order</b> of the labels: p = {number(chance)} for all pairs and shells together."]
    told = "more often neighbours than by chance" if z < 0 else "less often neighbours than by chance"
    return [
        f"<b>{esc(where)}</b>: {told}, α = {number(alpha)}, {number(abs(z))} standard deviations; p = {number(chance)} for all pairs and shells.",
        esc(caveat or ""),
    ]


def _of_diffuse(_context: Context, _record: Record, task: Task) -> list[str]:
    count, alpha, factor, species = (
        _count(task, "vectors"),
        task.number("largest_alpha"),
        task.number("largest_structure_factor"),
        task.word("species"),
    )
    if alpha is not None:
        subject = f"The order of {esc(species)}" if species else "The order"
        return [f"{subject} scatters up to <b>{number(alpha)}</b> Laue units at {count} scattering vectors; without order it would be 1 on average."]
    return [f"The structure factor reaches <b>{number(factor)}</b> at {count} scattering vectors."] if factor is not None else []


def _of_targets(task: Task, alpha: float, met: bool) -> str:
    told = f"The configuration was made for given Warren-Cowley parameters; its first pair of species has α₁ = <b>{number(alpha)}</b> in the first shell of neighbours"
    miss = task.number("largest_miss")
    if met or miss is None:
        return f"{told}, and all targets are met."
    return f"{told}; but <b>not all targets are met</b>: the furthest is missed by {number(miss)}."


def _of_monte_carlo(_context: Context, _record: Record, task: Task) -> list[str]:
    alpha, error, time, samples = (task.number(name) for name in ("alpha", "alpha_errors", "autocorrelation_time", "independent_samples"))
    if alpha is not None and (met := task.summary.get("is_met")) is not None:
        return [_of_targets(task, alpha, bool(met.value))]
    if alpha is None or time is None:
        return []
    settled = task.summary.get("is_equilibrated")
    wide = f" ± {rounded(error, error)}" if error is not None and math.isfinite(error) and error > 0 else ""
    told = f"The first pair of species has α₁ = <b>{rounded(alpha, error) if wide and error is not None else number(alpha)}{wide}</b> in the first shell of neighbours"
    if settled is not None and not settled.value:
        return [f"{told}; but the run <b>is not at equilibrium</b>, or too short to tell."]
    return [f"{told}, from about {number(round(samples))} independent configurations." if samples else f"{told}."]


def _of_superlattice(_context: Context, _record: Record, task: Task) -> list[str]:
    found, false, species, period = task.number("domains"), task.number("expected_false_domains"), task.word("species"), task.number("period")
    if found is None or not species:
        return []
    if not period:
        return [
            f"No atomic planes are resolved along the direction, so no order of {esc(species)} could be looked for; the spectrum of spacings is below."
        ]
    expected = f", of which {number(false)} are expected to be false" if false is not None else ""
    if "," in species:
        species = " and ".join(species.split(",")) + " together"
    told = [f"<b>{number(int(found))}</b> ordered domains of {esc(species)} stand out of the map of order{expected}."]
    share, chosen, wrong = task.number("ordered_share"), task.number("ions_selected"), task.number("expected_wrong_share")
    if share is not None and chosen is not None and wrong is not None:
        selected = f"<b>{number(int(chosen))}</b> were selected, {number(100 * wrong)} % of which are expected to be wrong"
        told.append(f"By the probabilities of single ions {number(100 * share)} % of them lie in ordered domains; {selected}.")
    high, low = task.number("occupancy_high"), task.number("occupancy_low")
    if high is not None and low is not None:
        told.append(f"The listed domains hold {number(100 * high)} % {esc(species)} on one family of planes and {number(100 * low)} % on the other.")
    return told


def _of_train(_context: Context, _record: Record, task: Task) -> list[str]:
    share, tests = task.number("test_accuracy"), task.number("test_patterns")
    if share is None or not tests:
        return []
    return [
        f"Training of {_networks(task)} for {esc(task.word('classes')) or 'the classes'} on {_count(task, 'patterns')} patterns.",
        f"Of {number(int(tests))} patterns that were kept back, <b>{_share(round(share * tests), tests)}</b> got their true class.",
    ]


def _of_evaluate(_context: Context, _record: Record, task: Task) -> list[str]:
    right, share = task.number("correct"), task.number("accuracy")
    if right is None or not share:
        return []
    whole = round(right / share)
    return [f"Of {number(whole)} labelled patterns <b>{_share(right, whole)}</b> got their true class."]


def _of_score(_context: Context, _record: Record, task: Task) -> list[str]:
    precision, recall = task.number("precision"), task.number("recall")
    chosen, true, hits = task.number("selected"), task.number("true_ions"), task.number("true_positives")
    if precision is None or recall is None or not chosen or not true or hits is None:
        return []
    return [
        f"<b>{_share(hits, chosen)}</b> of the selected ions truly lie in ordered regions (precision); {_share(hits, true)} of those that do were selected (recall)."
    ]


def _of_bank(_context: Context, _record: Record, task: Task) -> list[str]:
    count, labels = _count(task, "patterns"), task.word("labels")
    return [f"<b>{count}</b> labelled patterns: {esc(labels)}."] if count and labels else []


SENTENCES: dict[str, Callable[[Context, Record, Task], list[str]]] = {
    "domains": _of_domains,
    "classify": _of_classify,
    "segment": _of_segment,
    "frequency": _of_frequency,
    "neighbours": _of_neighbours,
    "warren_cowley": _of_warren_cowley,
    "diffuse": _of_diffuse,
    "monte_carlo": _of_monte_carlo,
    "superlattice": _of_superlattice,
    "train": _of_train,
    "evaluate": _of_evaluate,
    "score": _of_score,
    "bank": _of_bank,
}


def verdict(context: Context) -> str:
    """Plain sentences about the last step that has an answer; domains come first where there are any."""
    records = [record for record in context.result.records if record.step in SENTENCES and not context.result.is_control(record)]
    best = next((record for record in records if record.step == "domains"), records[-1] if records else None)
    if best is None:
        return ""
    parts = [SENTENCES[best.step](context, best, task) for task in best.tasks]
    return "".join("<p>" + " ".join(part) + "</p>" for part in parts if part)


# ------------------------------------------------------------------------------------------------ cards


def _card(context: Context, record: Record, task: Task, value: Value) -> str:
    control = context.result.control_of(record)
    place, bins = record.tasks.index(task), task.number("bins_used")
    other = control.tasks[place] if control is not None and place < len(control.tasks) else None
    title, _ = summary_words(value.name, record.step)
    which = context.heading(record, task)
    beside, said = control_value(task, value.name, other), uncertainty(task, value.name)
    few = f"only {number(int(bins))} bins" if bins is not None and bins < FEW_BINS and value.name in ("mu", "p_value") else ""
    notes = [note for note in (said, f'<span class="control">random control: {beside}</span>' if beside else "", few) if note]
    units = f" <small>{unit(value)}</small>" if value.units else ""
    return (
        f'<div class="card"><span class="what">{esc(title)}{f" – {which}" if which else ""}</span><span class="value">{value_html(task, value)}{units}</span>'
        f'<span class="beside">{"<br>".join(notes)}</span></div>'
    )


def _is_shown(record: Record, task: Task, value: Value | None) -> bool:
    if value is None or isinstance(value.value, (str, tuple)) or (value.name == "domains" and record.step not in ("domains", "superlattice")):
        return False
    bins = task.number("bins_used")
    tells = value.name != "mu" or bins is None or bins >= FEW_BINS
    return tells and (not isinstance(value.value, float) or math.isfinite(value.value))


def cards(context: Context) -> str:
    """The few numbers one looks for first."""
    found = [
        (place, _card(context, record, task, value))
        for record in context.result.records
        if not context.result.is_control(record) and record.step not in PREPARING
        for task in record.tasks
        for place, name in enumerate(CARDS)
        if (value := task.summary.get(name)) is not None and _is_shown(record, task, value)
    ]
    found.sort(key=lambda pair: pair[0])
    return f'<div class="cards">{"".join(card for _, card in found[:10])}</div>' if found else ""


# ------------------------------------------------------------------------------------------------ what it was made from


def _specimen(context: Context, record: Record) -> str:
    """The file of the ions and how many it holds; its name alone where it is not found."""
    found = context.ions(record)
    if found is not None:
        return f"{esc(found.path.name)}, {number(found.count)} ions"
    step = context.step(record)
    for _ in range(16):
        given = step.record.input("ions")
        behind = context.chain.behind(step, given)
        if behind is None:
            return esc(given.file_name) if given is not None and not given.is_inside else ""
        step = behind
    return ""


def _network(context: Context, record: Record) -> str:
    """Name of the file, members and test accuracy where it is found, digest."""
    behind = context.chain.classified(context.step(record))
    used = behind.record if behind is not None else record
    given = used.input("model")
    sha = next((task.word("model_sha256") for task in used.tasks if task.word("model_sha256")), "")
    if given is None and not sha:
        return ""
    parts = [esc(given.file_name)] if given is not None and not given.is_inside else []
    trained = context.chain.behind(behind or context.step(record), given)
    for task in trained.record.tasks if trained is not None else ():
        parts += [_networks(task)] if task.number("members") else []
        share, tests = task.number("test_accuracy"), task.number("test_patterns")
        parts += [f"{_share(round(share * tests), tests)} of {number(int(tests))} test patterns right"] if share is not None and tests else []
    return ", ".join(parts) + (f" {digest(sha)}" if sha else "")


def facts(context: Context) -> str:
    result = context.result
    last = next((record for record in result.records if record.step == "domains"), result.record(result.default) or result.records[-1])
    listed = [("specimen", _specimen(context, last)), ("network", _network(context, last))]
    listed += [(esc(name), esc(instant(value) if name.startswith("start") else value)) for name, value in result.facts]
    if result.is_simulation or (result.is_simulation is False and any(name == "elements" for name, _ in result.facts)):
        listed.append(("kind", "simulated" if result.is_simulation else "measured"))
    listed += [
        ("analysed", esc(instant(last.start_time))),
        ("made with", f"ordapt {short_version(last.version)}"),
        ("digest of the results", digest(last.digest)),
    ]
    return '<dl class="facts">' + "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in listed if value) + "</dl>"
