"""Where a result came from: a graph of files and steps, and everything each step recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .chain import Step
from .context import Context
from .markup import digest, esc, short_version, table, unit, value_text
from .model import Input, Record, Result, Value
from .words import humane, instant, step_words

WIDTH, HEIGHT, GAP_X, GAP_Y = 172, 52, 22, 54
OWN = "step:"  # keys of the records of this file
MAX_NODES = 60
ORIGINS = {"set": "set by the user", "preset": "of the preset", "default": "default"}


@dataclass
class Node:
    key: str
    title: str
    about: str
    kind: str  # file, step of this file, past: a step of another one, or the bend of an arrow
    sources: list[tuple[str, str]]  # key, role
    layer: int = 0
    x: float = 0.0

    @property
    def width(self) -> float:
        return 30 if self.kind == "bend" else WIDTH

    @property
    def middle(self) -> float:
        return self.x + self.width / 2


def _file_key(given: Input) -> str:
    return "file:" + (given.checksum or given.content or given.file_name)


def _file_node(given: Input, about: str) -> Node:
    title = given.file_name if not given.is_inside else given.subentry
    return Node(_file_key(given), title, about, "file", [])


def _add(context: Context, nodes: dict[str, Node], step: Step, prefix: str) -> str:
    """A record, what it was made from, and so on, to the files that nothing here made."""
    record = step.record
    key = f"{prefix}{record.name}"
    if key in nodes or len(nodes) >= MAX_NODES:
        return key
    node = nodes[key] = Node(
        key, record.name, step_words(record.step) if record.step == record.name else record.step, "step" if prefix == OWN else "past", []
    )
    for given in record.inputs:
        behind = context.chain.behind(step, given)
        if behind is not None and step.result.inner(given) is not None:
            node.sources.append((_add(context, nodes, behind, prefix), given.role))
            continue
        file = nodes.setdefault(_file_key(given), _file_node(given, f"result of {given.subentry}" if given.subentry else "file"))
        if behind is not None and not file.sources:
            file.about = f"{behind.record.step}, {instant(behind.record.start_time)[:10]}"
            file.sources.append((_add(context, nodes, behind, f"{file.key} "), ""))
        node.sources.append((file.key, given.role))
    return key


def nodes_of(context: Context) -> list[Node]:
    nodes: dict[str, Node] = {}
    for record in context.result.records:
        _add(context, nodes, context.step(record), OWN)
    return list(nodes.values())


def _layers(nodes: list[Node]) -> list[list[Node]]:
    """By the longest way from a source."""
    by_key = {node.key: node for node in nodes}
    for _ in nodes:  # a chain is no longer than the number of nodes, so that circles in a damaged record end
        for node in nodes:
            node.layer = max([node.layer, *(min(by_key[key].layer + 1, len(nodes)) for key, _ in node.sources if key in by_key and key != node.key)])
    layers = [[node for node in nodes if node.layer == layer] for layer in sorted({node.layer for node in nodes})]
    for depth, layer in enumerate(layers):
        for node in layer:
            node.layer = depth
    return layers


def _bend(layers: list[list[Node]]) -> None:
    """An arrow over several layers gets a place in each, so that it runs beside boxes and not below them."""
    by_key = {node.key: node for layer in layers for node in layer}
    for node in list(by_key.values()):
        for place, (key, role) in enumerate(node.sources):
            start = by_key.get(key)
            for depth in range(start.layer + 1, node.layer) if start is not None else ():
                bend = Node(f"{node.key} {place} {depth}", "", "", "bend", [(key, "")], depth)
                layers[depth].append(bend)
                key = bend.key
            node.sources[place] = (key, role)


def _place(nodes: list[Node]) -> tuple[list[Node], float, float]:
    """Within a layer near the mean of what a node was made from. Gives the nodes with the bends of arrows."""
    layers = _layers(nodes)
    _bend(layers)
    placed = [node for layer in layers for node in layer]
    by_key = {node.key: node for node in placed}
    widths = [sum(node.width + GAP_X for node in layer) - GAP_X for layer in layers]
    for layer, width in zip(layers, widths, strict=True):
        middles = {node.key: [by_key[key].middle for key, _ in node.sources if key in by_key] for node in layer}
        layer.sort(key=lambda node: (sum(middles[node.key]) / max(len(middles[node.key]), 1), node.kind == "bend"))
        offset = (max(widths) - width) / 2
        for node in layer:
            node.x = offset
            offset += node.width + GAP_X
    return placed, max(widths), len(layers) * (HEIGHT + GAP_Y) - GAP_Y


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _edge(start: Node, end: Node, role: str, order: int, count: int) -> str:
    x0, y0 = start.middle, start.layer * (HEIGHT + GAP_Y) + HEIGHT
    x1, y1 = end.x + end.width * (order + 1) / (count + 1), end.layer * (HEIGHT + GAP_Y)
    curve = GAP_Y * 0.7
    path = f"M{x0:.1f} {y0:.1f}C{x0:.1f} {y0 + curve:.1f} {x1:.1f} {y1 - curve:.1f} {x1:.1f} {y1 - 4:.1f}"
    if end.kind == "bend":
        return f'<path d="{path}V{y1 + HEIGHT:.1f}"/>'
    side = "start" if order == count - 1 else "end"
    return (
        f'<path d="{path}" marker-end="url(#arrow)"/><text class="role" x="{x1 + (7 if side == "start" else -7):.1f}" y="{y1 - 8:.1f}" '
        f'style="text-anchor:{side}">{esc(_clip(role, 14))}</text>'
    )


def graph(context: Context) -> str:
    """Inputs above, results below; inline SVG, which scrolls in its box where it is wide."""
    nodes = nodes_of(context)
    if len(nodes) >= MAX_NODES:
        return '<p class="note">Too many steps for a drawing; they are listed below.</p>'
    nodes, width, height = _place(nodes)
    by_key = {node.key: node for node in nodes}
    edges = [
        _edge(by_key[key], node, role if len({name for _, name in node.sources}) > 1 or i == len(node.sources) - 1 else "", i, len(node.sources))
        for node in nodes
        for i, (key, role) in enumerate(sorted(node.sources, key=lambda pair: by_key[pair[0]].middle if pair[0] in by_key else 0.0))
        if key in by_key and key != node.key
    ]
    boxes = []
    for node in (node for node in nodes if node.kind != "bend"):
        y = node.layer * (HEIGHT + GAP_Y)
        box = (
            f'<rect class="{node.kind}" x="{node.x:.1f}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="{26 if node.kind == "file" else 6}"/>'
            f'<text class="name" x="{node.x + WIDTH / 2:.1f}" y="{y + 22}">{esc(_clip(node.title, 22))}</text>'
            f'<text class="about" x="{node.x + WIDTH / 2:.1f}" y="{y + 39}">{esc(_clip(node.about, 25))}</text>'
        )
        boxes.append(f'<a href="#record-{esc(node.title)}">{box}</a>' if node.kind == "step" else f"<g>{box}</g>")
    return (
        f'<div class="scroll graph" tabindex="0"><svg viewBox="-2 -2 {width + 4:.0f} {height + 4:.0f}" width="{width + 4:.0f}" height="{height + 4:.0f}" role="img" '
        'aria-label="Files (round) and steps (square) that led to this result">'
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>'
        f'<g class="edges">{"".join(edges)}</g>{"".join(boxes)}</svg></div>'
    )


def _parameter_rows(values: Sequence[Value]) -> list[list[str]]:
    return [
        [
            f"<code>{esc(value.name)}</code>",
            value_text(value),
            unit(value),
            f'<span class="origin {esc(value.origin)}">{esc(ORIGINS.get(value.origin, value.origin))}</span>',
        ]
        for value in values
    ]


def _parameters(record: Record) -> str:
    """What the user set stands open; defaults and values of presets are one click away."""
    head = ["parameter", "value", "unit", "origin"]
    chosen = [value for value in record.parameters if value.origin == "set"]
    others = [value for value in record.parameters if value.origin != "set"]
    parts = (
        [table(head, _parameter_rows(chosen))] if chosen else ['<p class="note">No parameter was set by the user.</p>'] if record.parameters else []
    )
    if others:
        presets = sum(value.origin == "preset" for value in others)
        words = ", ".join(
            part
            for part in (f"{presets} of the preset" if presets else "", f"{len(others) - presets} default" if len(others) > presets else "")
            if part
        )
        parts.append(f"<details><summary>{len(others)} further parameters ({words})</summary>{table(head, _parameter_rows(others))}</details>")
    return "".join(parts)


def _inputs(result: Result, record: Record) -> str:
    rows = []
    for given in record.inputs:
        inner = result.inner(given)
        place = (
            f'step <a href="#record-{esc(given.subentry)}">{esc(given.subentry)}</a> of this file'
            if inner is not None
            else esc(given.file_name if not given.is_inside else given.subentry)
        )
        rows.append([esc(given.role), place, digest(given.checksum), digest(given.content)])
    return table(["role", "file or step", "SHA-256 of the file", "digest of its content"], rows) if rows else '<p class="note">No inputs.</p>'


def record_card(result: Result, record: Record) -> str:
    facts = [f"step <b>{esc(record.step)}</b>", esc(record.start_time)]
    if record.elapsed is not None:
        facts.append(f"{record.elapsed:.2f} s")
    facts += [f"{esc(humane(value.name))} {value_text(value)}" for value in record.random if value.name == "seed"]
    models = sorted({task.word("model_sha256") for task in record.tasks if task.word("model_sha256")})
    network = f"<dt>Digest of the network</dt><dd>{' '.join(map(digest, models))}</dd>" if models else ""
    environment = table(["", ""], [[esc(humane(value.name)), f"{value_text(value)} {unit(value)}"] for value in record.environment])
    return (
        f'<article class="record" id="record-{esc(record.name)}"><h3>{esc(record.name)} <small>{esc(step_words(record.step))}</small></h3>'
        f'<p class="facts">{" · ".join(facts)}</p>'
        f'<dl class="digests"><dt>Digest of the results</dt><dd>{digest(record.digest)}</dd>{network}<dt>Record</dt><dd>{digest(record.identifier)}</dd></dl>'
        f"<h4>Inputs</h4>{_inputs(result, record)}<h4>Parameters</h4>{_parameters(record)}"
        f"<details><summary>Made with ordapt {short_version(record.version)}</summary>{environment}</details></article>"
    )
