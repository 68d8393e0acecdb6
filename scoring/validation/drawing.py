"""From a drawing to a picture that stands in a page: an SVG of the same bytes every time."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable
from typing import Any

from scoring.training.extras import require_library

INK, FAINT = "#1c1e21", "#d0d4da"
_BY_NIGHT = {INK: "#e4e6eb", FAINT: "#3c4149"}
PART_COLOURS = {
    "training": "#8a94a6",
    "held_out": "#2f7de1",
    "out_of_time": "#e0792b",
    "new_data": "#2f7de1",
}
GOOD, BAD = "#2f7de1", "#d1495b"
WIDTH, HEIGHT = 5.0, 3.3
"""Inches, at 72 points each: what fills a telephone without being shrunk."""
_STYLE = {
    "svg.hashsalt": "creditloop",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "Noto Sans CJK SC", "sans-serif"],
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}

Axes = Any
Draw = Callable[[Axes], None]


def draw_picture(draw: Draw, *, width: float = WIDTH, height: float = HEIGHT) -> str:
    """The picture as a data URI; ink and grid follow the reader's light or dark.

    Args:
        draw: Draws on the axes it is given.
        width: Inches.
        height: Inches.
    """
    matplotlib = require_library("matplotlib")
    figures = require_library("matplotlib.figure")
    stream = io.StringIO()
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        # Names in other scripts: the reader's own fonts show them, this machine's only measure.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = figures.Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(stream, format="svg", transparent=True, metadata=nothing)
    text = _bare(stream.getvalue())
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode("utf-8")).decode("ascii")


def _bare(svg: str) -> str:
    """The element alone, with the colours of the night."""
    svg = svg[svg.index("<svg") :]
    rules = "".join(
        f'[style*="{kind}: {day}"]{{{kind}:{night}!important}}'
        for day, night in _BY_NIGHT.items()
        for kind in ("fill", "stroke")
    )
    head, sign, rest = svg.partition(">")
    return f"{head}{sign}<style>@media (prefers-color-scheme:dark){{{rules}}}</style>{rest}"
