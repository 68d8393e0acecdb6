"""Which box stands where: frames, layers and the pixels of the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from scoring.marts.lineage.boxes import Box, build_order
from scoring.marts.lineage.layout import Layout

HUBS = ("users", "listed users")
"""Boxes that nearly all others read: named in their readers, for lines would hide the rest."""
WIDTHS = {"feed": 122, "staging": 168, "topic": 190, "mart": 232, "published": 132}
TITLE_HEIGHT, LINE_HEIGHT, PADDING, FRAME = 24, 15, 8, 12
BETWEEN, MARGIN, TOP = 70, 24, 84


@dataclass
class Picture:
    """Boxes with their places; those that read each other share a frame.

    Attributes:
        boxes: Name -> box.
        frames: Box -> its frame, which is named like the first box in it.
        members: Frame -> its boxes; of most frames one.
        layout: Where the frames stand.
        lefts: Left edge of the boxes of each layer, and of one more.
    """

    boxes: Mapping[str, Box]
    frames: Mapping[str, str] = field(init=False)
    members: Mapping[str, list[str]] = field(init=False)
    layout: Layout = field(init=False)
    lefts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        """Frame, layer and lay out."""
        self.frames = find_frames({name: box.reads for name, box in self.boxes.items()})
        self.members = {}
        for name in sorted(self.boxes):
            self.members.setdefault(self.frames[name], []).append(name)
        layer_of = self._layers()
        lines = {(self.frames[source], self.frames[name]) for source, name in self.reads()}
        self.layout = Layout(
            {frame: self._frame_height(frame) for frame in self.members},
            layer_of,
            sorted(line for line in lines if layer_of[line[0]] < layer_of[line[1]]),
        )
        self.lefts = [MARGIN]
        for layer in range(max(layer_of.values()) + 1):
            self.lefts.append(self.lefts[-1] + self.width(layer) + BETWEEN)

    def reads(self) -> list[tuple[str, str]]:
        """Pairs of a box and one that reads it, hubs left out."""
        return [
            (source, name)
            for name, box in self.boxes.items()
            for source in sorted(box.reads)
            if source not in HUBS
        ]

    def _layers(self) -> dict[str, int]:
        """Each frame right of what it reads; all marts in one layer."""
        reads: dict[str, set[str]] = {}
        for name, box in self.boxes.items():
            reads.setdefault(self.frames[name], set()).update(
                self.frames[source] for source in box.reads if self.boxes[source].kind != "mart"
            )
        layers: dict[str, int] = {}
        for frame in build_order({name: read - {name} for name, read in reads.items()}):
            sources = reads[frame] - {frame}
            layers[frame] = 1 + max((layers[source] for source in sources), default=-1)
        last = max(layers.values())
        for name, box in self.boxes.items():
            if box.kind in ("mart", "published"):
                layers[name] = last + (box.kind == "published")
        return layers

    def width(self, layer: int) -> int:
        """The width of the boxes of a layer, its frames' margins included."""
        kinds = {
            self.boxes[self.members[place][0]].kind
            for place in self.layout.layers[layer]
            if isinstance(place, str)
        }
        return max(WIDTHS[kind] for kind in kinds)

    def _frame_height(self, frame: str) -> int:
        members = self.members[frame]
        height = sum(box_height(self.boxes[name]) for name in members)
        return height if len(members) == 1 else height + FRAME * (len(members) + 1)

    def rows(self) -> list[tuple[Box, int, int]]:
        """Every box with its left and top."""
        found = []
        for frame, names in self.members.items():
            layer = self.layout.layer_of[frame]
            top = TOP + self.layout.tops[layer, frame] + (FRAME if len(names) > 1 else 0)
            for name in names:
                found.append((self.boxes[name], self.lefts[layer], top))
                top += box_height(self.boxes[name]) + FRAME
        return found


def box_height(box: Box) -> int:
    """Height of a box: its title, what it reads of the hubs, its lines."""
    noted = LINE_HEIGHT if hubs_read(box) else 0
    lines = len(box.lines) * LINE_HEIGHT + PADDING if box.lines else 0
    return TITLE_HEIGHT + noted + lines


def find_frames(reads: Mapping[str, frozenset[str]]) -> dict[str, str]:
    """Box -> the first by name of those that it reads and that read it, on whatever way.

    >>> find_frames({"a": frozenset("b"), "b": frozenset("a"), "c": frozenset("b")})
    {'a': 'a', 'b': 'a', 'c': 'c'}
    """
    reached: dict[str, set[str]] = {}
    for name in reads:
        found: set[str] = set()
        waiting = set(reads[name])
        while waiting:
            found |= waiting
            waiting = {far for near in waiting for far in reads[near]} - found
        reached[name] = found
    return {
        name: min([name, *(other for other in reached[name] if name in reached[other])])
        for name in reads
    }


def hubs_read(box: Box) -> list[str]:
    """The hubs that a box reads."""
    return [name for name in HUBS if name in box.reads]
