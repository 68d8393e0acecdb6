"""``docs/lineage.svg``: the lineage as one picture, drawn without any library or program."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from scoring.marts.lineage.boxes import Box, read_boxes
from scoring.marts.lineage.picture import (
    BETWEEN,
    FRAME,
    LINE_HEIGHT,
    MARGIN,
    TITLE_HEIGHT,
    TOP,
    WIDTHS,
    Picture,
    box_height,
    hubs_read,
)

COLOURS = {  # kind -> heading, fill, stroke
    "feed": ("feeds", "#f3f4f6", "#8b93a1"),
    "staging": ("staging", "#e8f1fb", "#4f83bd"),
    "topic": ("intermediate", "#fff7e6", "#b9821c"),
    "mart": ("marts", "#e9f7ec", "#3f8f55"),
    "published": ("published", "#f4ecfb", "#7f54b3"),
}
LINE_COLOURS = {
    "spending": "#2a9d8f",
    "limits": "#8a4b12",
    "lateness": "#c0392b",
    "draws": "#8e5bb5",
    "balances": "#c2185b",
}
"""Topic -> colour of its lines; all others have that of their kind."""
FOOTER = """\
Made by `make docs` from what the model files read. Topics show their models without int_, as built.
Topics in the dashed frame read each other in turn; a line that leaves it stands for all of them.
A box that “reads users” has no line for it. Nor are there lines for seeds, nor from stg_users to
the other staging models, whose rows wait for their user. Between the marts and the published
tables stand the scorecard and the gates.""".splitlines()
ITALIC = ' font-style="italic" font-size="11"'


def render_lineage() -> str:
    """The picture as SVG."""
    picture = Picture({box.name: box for box in read_boxes()})
    width = picture.lefts[-1] - BETWEEN + MARGIN
    bottom = TOP + picture.layout.height() + MARGIN
    height = bottom + 18 * len(FOOTER) + 6
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    font = 'font-family="Helvetica, Arial, sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>',
        "<title>What is made from what, from feeds to published tables</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        *_headings(picture),
        *_lines(picture),
        *_frames(picture),
        *(part for row in picture.rows() for part in _box(*row)),
        *(
            _text(MARGIN, bottom + 18 * number + 8, text, "#4b5563")
            for number, text in enumerate(FOOTER)
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _title(box: Box) -> str:
    return box.name.removeprefix("raw.")


def _text(left: int, base: int, text: str, colour: str, style: str = "") -> str:
    return f'<text x="{left}" y="{base}" fill="{colour}"{style}>{escape(text)}</text>'


def _headings(picture: Picture) -> list[str]:
    found: dict[str, list[int]] = {}
    for box, left, _ in picture.rows():
        found.setdefault(box.kind, []).append(left)
    parts = []
    for kind, lefts in found.items():
        title, _, colour = COLOURS[kind]
        left, right = min(lefts), max(lefts) + WIDTHS[kind]
        parts += [
            _text(left, 38, title, colour, ' font-size="19" font-weight="bold"'),
            f'<path d="M{left} 50H{right}" stroke="{colour}" stroke-width="2"/>',
        ]
    return parts


def _frames(picture: Picture) -> list[str]:
    parts = []
    for frame, names in picture.members.items():
        if len(names) > 1:
            layer = picture.layout.layer_of[frame]
            parts.append(
                f'<rect x="{picture.lefts[layer] - FRAME}" '
                f'y="{TOP + picture.layout.tops[layer, frame]}" '
                f'width="{picture.width(layer) + 2 * FRAME}" '
                f'height="{picture.layout.heights[frame]}" rx="8" fill="#fffdf7" '
                'stroke="#b9821c" stroke-dasharray="5 4"/>'
            )
    return parts


def _box(box: Box, left: int, top: int) -> list[str]:
    _, fill, stroke = COLOURS[box.kind]
    width = WIDTHS[box.kind]
    height = box_height(box)
    place = f'x="{left}" y="{top}" width="{width}" height="{height}" rx="5"'
    parts = [
        f'<rect {place} fill="{fill}" stroke="{stroke}"/>',
        _text(left + 9, top + 17, _title(box), "#111827", ' font-weight="bold"'),
    ]
    base = top + TITLE_HEIGHT + 11
    if hubs := hubs_read(box):
        parts.append(_text(left + 9, base, f"reads {', '.join(hubs)}", "#6b7280", ITALIC))
        base += LINE_HEIGHT
    for number, line in enumerate(box.lines):
        text = line.removeprefix("int_")
        parts.append(_text(left + 9, base + number * LINE_HEIGHT, text, "#374151"))
    return parts


def _lines(picture: Picture) -> Sequence[str]:
    middles = {box.name: top + box_height(box) // 2 for box, _, top in picture.rows()}
    parts: dict[str, None] = {}
    for source, name in picture.reads():
        box = picture.boxes[source]
        line = picture.frames[source], picture.frames[name]
        if line[0] == line[1]:
            continue
        colour = LINE_COLOURS.get(source, COLOURS[box.kind][2])
        layers = [picture.layout.layer_of[frame] for frame in line]
        if layers[0] == layers[1]:
            parts[_arc(picture, layers[0], middles[source], middles[name], colour)] = None
            continue
        route = [(layer, TOP + height) for layer, height in picture.layout.route(line)]
        if box.kind == "staging":
            route[-1] = layers[1], middles[name]
        framed = [len(picture.members[frame]) > 1 for frame in line]
        parts[_curve(picture, route, framed, colour)] = None
    return list(parts)


def _curve(
    picture: Picture, route: Sequence[tuple[int, int]], framed: Sequence[bool], colour: str
) -> str:
    x, y = picture.lefts[route[0][0]] + picture.width(route[0][0]), route[0][1]
    x += FRAME if framed[0] else 0
    path = f"M{x} {y}"
    for layer, height in route[1:]:
        is_last = layer == route[-1][0]
        left = picture.lefts[layer] - (FRAME if is_last and framed[1] else 0)
        bend = (x + left) // 2
        path += f"C{bend} {y} {bend} {height} {left} {height}"
        x, y = picture.lefts[layer] + picture.width(layer), height
        if not is_last:
            path += f"H{x}"
    return _path(path, colour) + _head(left, y, colour)


def _arc(picture: Picture, layer: int, start: int, end: int, colour: str) -> str:
    right = picture.lefts[layer] + picture.width(layer)
    bend = right + 34
    path = f"M{right} {start}C{bend} {start} {bend} {end} {right + 7} {end}"
    return _path(path, colour) + f'<path d="M{right} {end}l8 -4v8z" fill="{colour}"/>'


def _path(path: str, colour: str) -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="1.5" opacity="0.8"/>'


def _head(x: int, y: int, colour: str) -> str:
    return f'<path d="M{x} {y}l-8 -4v8z" fill="{colour}"/>'
