"""The page: one file that needs nothing else. Its policy forbids the browser every request and every script but the three in it."""

from __future__ import annotations

import base64
import functools
import gzip
import hashlib
from importlib import resources

from . import answer, provenance
from .context import Context
from .figure import Budget
from .markup import esc, number
from .model import Result
from .reading import Source
from .sections import Section, arrays_table, sections


def _asset(name: str) -> str:
    return (resources.files(__package__) / "assets" / name).read_text(encoding="utf-8")


def plotting_library() -> str:
    """plotly.js as the Python package brings it."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def _hash(script: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii") + "'"


@functools.cache
def _library_block(library: str) -> str:
    """Packed, for the library is most of the page; the page unpacks it. No time stamp: the same page has the same bytes."""
    body = base64.b64encode(gzip.compress(library.encode(), 9, mtime=0)).decode("ascii")
    return f'<script type="application/gzip" id="library">{body}</script>'


def _warnings(result: Result) -> str:
    items = [
        f"<li><code>{esc(warning.code)}</code> {esc(warning.text)} <small>(step {esc(record.name)})</small></li>"
        for record in result.records
        for warning in record.warnings
    ]
    items += [
        f"<li>Step {esc(record.name)} ended with status {esc(record.status)}.</li>"
        for record in result.records
        if record.status not in ("success", "")
    ]
    items += [f"<li>{esc(note)}</li>" for note in result.notes]
    if not items:
        return '<p class="quiet">No step of this result gave a warning.</p>'
    return f'<div class="warnings" role="note"><h2>Warnings</h2><ul>{"".join(items)}</ul></div>'


def _head(context: Context, title: str) -> str:
    kicker = '<p class="kicker">ordapt · report of a result</p>'
    return f'<header>{kicker}<h1>{esc(title)}</h1><div class="verdict">{answer.verdict(context)}</div>{answer.cards(context)}{answer.facts(context)}</header>'


def _provenance(context: Context) -> Section:
    result = context.result
    records = "".join(provenance.record_card(result, record) for record in reversed(result.records))
    name = esc(result.file_name)
    graph = provenance.graph(context)
    before = " Dashed steps were done before, in files that were found beside this one." if 'class="past"' in graph else ""
    body = (
        f"<p>Files are round, steps square; an arrow leads from what was read to what was made of it. "
        f"Each step kept a record, from which it can be made again.{before}</p>{graph}"
        f"<p>To check that nothing was changed since, and to make it again: <code>ordapt verify {name}</code>, <code>ordapt replay {name} --chain</code>. "
        "The digest of the results covers step, parameters, inputs and "
        f"every array, not the clock or the machine.</p>{records}<details><summary>Every array of the file</summary>{arrays_table(result)}</details>"
    )
    return Section("provenance", "Provenance", body)


def render(source: Source, result: Result, context: Context, title: str = "") -> str:
    parts = [*sections(context), _provenance(context)]
    script, style, library = _asset("page.js"), _asset("page.css"), plotting_library()
    policy = f"default-src 'none'; script-src {_hash(script)} {_hash(library)}; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"
    links = "".join(f'<a href="#{esc(part.identifier)}">{esc(part.title)}</a>' for part in parts)
    body = "".join(f'<section id="{esc(part.identifier)}"><h2>{esc(part.title)}</h2>{part.body}</section>' for part in parts)
    about = (
        f"{esc(result.file_name)}, {number(result.file_bytes)} bytes. Figures: plotly.js (MIT licence). This page makes no request to any network."
    )
    heading = title or result.file_name
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">'
        f"<title>{esc(heading)} – ordapt report</title><style>{style}</style></head>\n"
        f'<body><main>{_head(context, heading)}<nav aria-label="Sections">{links}</nav>{_warnings(result)}'
        f'<p class="note" id="no-figures">The figures need JavaScript, in a browser of 2023 or later; numbers and records stand without them.</p>'
        f"{body}<footer>{about}</footer></main>"
        f"\n{_library_block(library)}\n<script>{script}</script></body></html>\n"
    )


__all__ = ["Budget", "Context", "render"]
