"""Where the boxes of a layered picture stand, so that few lines cross and none runs through a box.

The usual way (Sugiyama): each box gets a layer right of all it reads; a line over several layers
passes each of them at a place of its own; each layer is sorted by the middle of its neighbours.
Whole numbers and names break every tie, so that the same boxes always give the same picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SWEEPS = 24
PASSING_HEIGHT = 10
GAP = 14

Place = tuple[str, str] | str
"""A box by its name, or where the line between two boxes passes a layer."""


@dataclass
class Layout:
    """Places by layer, from top to bottom, and how they hang together.

    Attributes:
        heights: Box -> its height.
        layer_of: Box -> its layer.
        lines: Pairs of boxes, from a lower layer to a higher one.
    """

    heights: Mapping[str, int]
    layer_of: Mapping[str, int]
    lines: Sequence[tuple[str, str]]
    layers: list[list[Place]] = field(init=False)
    tops: dict[tuple[int, Place], int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the layers and set the tops."""
        count = max(self.layer_of.values()) + 1
        self.layers = [[] for _ in range(count)]
        for name in sorted(self.layer_of):
            self.layers[self.layer_of[name]].append(name)
        for line in self.lines:
            for layer in range(self.layer_of[line[0]] + 1, self.layer_of[line[1]]):
                self.layers[layer].append(line)
        self._stack()
        for sweep in range(SWEEPS):
            order = range(count) if sweep % 2 == 0 else range(count - 1, -1, -1)
            for layer in order:
                self._sort(layer, -1 if sweep % 2 == 0 else 1)
        for _ in range(SWEEPS):
            for layer in [*range(count), *range(count - 1, -1, -1)]:
                self._settle(layer)

    def middle(self, layer: int, place: Place) -> int:
        """The height at which lines meet the place."""
        return self.tops[layer, place] + self._height(place) // 2

    def route(self, line: tuple[str, str]) -> list[tuple[int, int]]:
        """Layer and height of every place of a line, its two boxes included."""
        first, last = self.layer_of[line[0]], self.layer_of[line[1]]
        return [
            (first, self.middle(first, line[0])),
            *((layer, self.middle(layer, line)) for layer in range(first + 1, last)),
            (last, self.middle(last, line[1])),
        ]

    def height(self) -> int:
        """The lowest edge of any place."""
        return max(top + self._height(place) for (_, place), top in self.tops.items())

    def _height(self, place: Place) -> int:
        return self.heights[place] if isinstance(place, str) else PASSING_HEIGHT

    def _stack(self) -> None:
        for layer in range(len(self.layers)):
            self._put(layer, [0] * len(self.layers[layer]))

    def _put(self, layer: int, wanted: Sequence[int]) -> None:
        """Set the tops near the wanted ones, in the order of the layer."""
        free = 0
        for place, top in zip(self.layers[layer], wanted, strict=True):
            self.tops[layer, place] = max(free, top)
            free = self.tops[layer, place] + self._height(place) + GAP

    def _neighbours(self, layer: int, place: Place, side: int) -> list[int]:
        found = []
        for line in self.lines:
            route = self.layer_of[line[0]], self.layer_of[line[1]]
            if place not in (line, *line) or not route[0] <= layer + side <= route[1]:
                continue
            if isinstance(place, str) and self.layer_of[place] != layer:
                continue
            ends = {route[0]: line[0], route[1]: line[1]}
            found.append(self.middle(layer + side, ends.get(layer + side, line)))
        return found

    def _sort(self, layer: int, side: int) -> None:
        def key(place: Place) -> tuple[int, str]:
            near = self._neighbours(layer, place, side) or [self.middle(layer, place)]
            return sum(near) // len(near), str(place)

        self.layers[layer].sort(key=key)
        self._put(layer, [0] * len(self.layers[layer]))

    def _settle(self, layer: int) -> None:
        wanted = []
        for place in self.layers[layer]:
            near = [
                height for side in (-1, 1) for height in self._neighbours(layer, place, side)
            ] or [self.middle(layer, place)]
            wanted.append(sum(near) // len(near) - self._height(place) // 2)
        # From below, nothing is pushed further than what stands under it allows.
        for index in range(len(wanted) - 2, -1, -1):
            below = wanted[index + 1] - GAP - self._height(self.layers[layer][index])
            wanted[index] = max(0, min(wanted[index], below))
        self._put(layer, wanted)
