"""Text on the page: everything that comes from a file is escaped here, once."""

from __future__ import annotations

import base64
import html
import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .model import Array, Scalar, Value
from .words import column_words, unit_words

MAX_SHOWN = 400  # characters of a text from a file


def esc(text: object) -> str:
    """Text of a file for HTML, and for plotly, which reads a subset of HTML in its labels."""
    words = "".join(character if character >= " " else " " for character in str(text))
    return html.escape(words if len(words) <= MAX_SHOWN else words[:MAX_SHOWN] + "…", quote=True)


def _plain(value: float) -> str:
    """Four significant digits, none of the whole part is dropped."""
    return (f"{value:.0f}" if abs(value) >= 1e4 else f"{value:.4g}").replace("-", "−")


def number(value: Scalar) -> str:
    """Four significant digits for floats, narrow spaces in large counts."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return esc(value)
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    if math.isnan(value):
        return "not defined"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value != 0 and not 1e-4 <= abs(value) < 1e7:
        mantissa, exponent = f"{value:.3e}".split("e")
        superscript = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{mantissa.rstrip('0').rstrip('.')} × 10{superscript}".replace("-", "−")
    return _plain(value)


def exact(value: Scalar, shown: str) -> str:
    """Rounded for reading; the whole number stands in the title."""
    return f'<span title="{value!r}">{shown}</span>' if isinstance(value, float) and math.isfinite(value) and shown != repr(value) else shown


def decimals_of(error: float) -> int | None:
    """So many decimals that an error keeps two digits; None where that is no help."""
    if not math.isfinite(error) or error <= 0 or not 1e-4 <= error < 1e4:
        return None
    return max(0, 1 - math.floor(math.log10(float(f"{error:.1e}"))))


def rounded(value: float, error: float) -> str:
    """As many digits as an error leaves, the whole number in the title."""
    decimals = decimals_of(error)
    if decimals is None or not math.isfinite(value):
        return exact(value, number(value))
    return exact(value, f"{value:.{decimals}f}".replace("-", "−"))


def value_text(value: Value, limit: int = 12) -> str:
    """A value or list; its unit stands in a column of its own."""
    items = value.value if isinstance(value.value, tuple) else (value.value,)
    shown = ", ".join(exact(item, number(item)) for item in items[:limit])
    return (shown or "–") + (f", … ({len(items)})" if len(items) > limit else "")


def unit(value: Value) -> str:
    return esc(unit_words(value.units))


def label(array: Array | None) -> str:
    """Of an axis: long_name, else its name with the unit."""
    if array is None:
        return "number"
    if array.long_name and not array.words() and not re.match(r"\w+: \d", array.long_name):
        return esc(array.long_name)
    name = esc(column_words(array.name))
    return f"{name} ({esc(unit_words(array.units))})" if array.units else name


def short_version(version: str) -> str:
    """A commit of 40 digits is shortened; the whole stands in the title."""
    short = re.sub(r"(?<=[0-9a-f]{9})[0-9a-f]{20,}", "…", version)
    return f'<span title="{esc(version)}">{esc(short)}</span>'


def titled(text: str) -> str:
    return text[:1].upper() + text[1:]


def digest(text: str) -> str:
    """Shortened, whole on hover and on copy."""
    if not text:
        return "–"
    short = text[:10] + "…" if len(text) > 14 else text
    return (
        f'<span class="digest"><code title="{esc(text)}">{esc(short)}</code>'
        f'<button type="button" class="copy" data-copy="{esc(text)}" aria-label="Copy {esc(text)}">copy</button></span>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[int] = (), kind: str = "") -> str:
    """Cells are HTML already; a column without any content is left out. The table scrolls inside its box."""
    listed = [list(row) for row in rows]
    kept = [i for i in range(len(head)) if not listed or any(i < len(row) and row[i] for row in listed)]
    right = {kept.index(i) for i in numeric if i in kept}
    head, listed = [head[i] for i in kept], [[row[i] for i in kept] for row in listed]
    names = [re.sub(r"<[^>]*>", "", cell) for cell in head]
    mark = [' class="n"' if column in right else "" for column in range(len(head))]
    top = "".join(f"<th{mark[i]}>{cell}</th>" for i, cell in enumerate(head))
    body = "".join(
        "<tr>" + "".join(f'<td{mark[i]} data-name="{names[i]}">{cell}</td>' if cell else "<td></td>" for i, cell in enumerate(row)) + "</tr>"
        for row in listed
    )
    return f'<div class="scroll {kind}" tabindex="0"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def packed(values: npt.ArrayLike, dtype: str = "f4") -> dict[str, Any]:
    """A typed array as plotly.js reads it."""
    array = np.asarray(values)
    flat = np.ascontiguousarray(array, dtype=np.dtype("<" + dtype) if dtype != "u1" else np.uint8)
    found: dict[str, Any] = {"dtype": dtype, "bdata": base64.b64encode(flat.tobytes()).decode("ascii")}
    if flat.ndim == 2:
        found["shape"] = f"{flat.shape[0]}, {flat.shape[1]}"
    return found


def _finite(value: Any) -> Any:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, (list, tuple)) else value


def json_block(identifier: str, value: Any) -> str:
    """A data block that no text in it can leave."""
    body = json.dumps(_finite(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    body = body.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return f'<script type="application/json" id="{identifier}">{body}</script>'
