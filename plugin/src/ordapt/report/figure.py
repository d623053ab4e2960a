"""Figures as data for plotly.js, and what they share. Colours are names such as `@actual`; the page resolves them, so that a figure
follows dark and light."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .markup import esc, json_block

SERIES = ("@actual", "@c2", "@c3", "@c4", "@c5", "@c6")
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """kind: plot (data and layout of plotly), volume (planes of a 3D map), spheres (drawn from centres and radii)."""

    kind: str
    spec: dict[str, Any]
    caption: str  # HTML
    label: str  # for readers of the screen: plain text, escaped
    height: int = 380


@dataclass
class Budget:
    """How much of the data the page may carry. What is left out is said in the caption of the figure."""

    ions: int = 30_000  # of one scene
    line: int = 6_000  # points of one line
    image: int = 160_000  # cells of one heat map
    voxels: int = 1_400_000  # of all volumes
    rows: int = 100  # of one table
    scenes: int = 6
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def identifier(self) -> str:
        return f"figure-{next(self._numbers)}"


def axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": title}, **more}


def plot(data: Sequence[dict[str, Any]], layout: dict[str, Any], caption: str, label: str, height: int = 380) -> Figure:
    return Figure("plot", {"data": list(data), "layout": layout}, caption, esc(label), height)


def line(x: dict[str, Any], y: dict[str, Any], name: str, colour: str, **more: Any) -> dict[str, Any]:
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "line": {"color": colour, "width": 2}, **more}


def figure_html(figure: Figure, budget: Budget) -> str:
    identifier = budget.identifier()
    controls = f'<div class="controls" id="{identifier}-controls"></div>' if figure.kind == "volume" else ""
    return (
        f'<figure class="figure {figure.kind}">{controls}<div class="plot" id="{identifier}" data-kind="{figure.kind}" role="img" '
        f'aria-label="{figure.label}" style="height:{figure.height}px"></div><figcaption>{figure.caption}</figcaption>'
        f"{json_block(identifier + '-data', figure.spec)}</figure>"
    )


def thinned(count: int, limit: int) -> slice:
    """Every n-th of a long line."""
    return slice(None, None, max(1, -(-count // limit)))


def sample(count: int, limit: int) -> npt.NDArray[np.int64]:
    """Ascending rows, each with the same chance: the same ones whenever they are asked for."""
    if count <= limit:
        return np.arange(count, dtype=np.int64)
    generator = np.random.Generator(np.random.PCG64(1))
    return np.sort(generator.choice(count, size=limit, replace=False)).astype(np.int64)


def finite_range(values: npt.NDArray[Any]) -> tuple[float, float]:
    good = values[np.isfinite(values)]
    return (float(good.min()), float(good.max())) if good.size else (0.0, 0.0)
