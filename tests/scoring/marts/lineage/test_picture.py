from __future__ import annotations

import random
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from scoring.marts.lineage.boxes import Box, read_boxes
from scoring.marts.lineage.layout import PASSING_HEIGHT, Layout
from scoring.marts.lineage.picture import WIDTHS, Picture, box_height, find_frames
from scoring.marts.lineage.svg import render_lineage


@pytest.fixture(scope="module")
def picture() -> Picture:
    return Picture({box.name: box for box in read_boxes()})


def _overlaps(layout: Layout) -> list[tuple[object, object]]:
    found: list[tuple[object, object]] = []
    for layer, places in enumerate(layout.layers):
        spans = sorted(
            (
                layout.tops[layer, place],
                layout.tops[layer, place]
                + (layout.heights[place] if isinstance(place, str) else PASSING_HEIGHT),
                str(place),
            )
            for place in places
        )
        found += [(a, b) for a, b in pairwise(spans) if b[0] < a[1]]
    return found


def test_no_box_covers_another_or_a_line(picture: Picture) -> None:
    assert _overlaps(picture.layout) == []
    assert min(picture.layout.tops.values()) >= 0


def test_lines_lead_to_the_right_over_every_layer_between() -> None:
    layout = Layout({"a": 20, "b": 200, "c": 20}, {"a": 0, "b": 1, "c": 2}, [("a", "c")])
    assert [layer for layer, _ in layout.route(("a", "c"))] == [0, 1, 2]
    assert _overlaps(layout) == []


def test_layers_are_sorted_so_that_lines_do_not_cross() -> None:
    heights = dict.fromkeys("abxy", 20)
    layout = Layout(heights, {"a": 0, "b": 0, "x": 1, "y": 1}, [("a", "y"), ("b", "x")])
    orders = ["".join(map(str, places)) for places in layout.layers]
    assert orders in (["ab", "yx"], ["ba", "xy"])


def test_boxes_that_read_each_other_share_a_frame(picture: Picture) -> None:
    reads = {name: frozenset(near) for name, near in (("a", "c"), ("b", "a"), ("c", "b"))}
    assert find_frames({**reads, "d": frozenset("a")}) == {"a": "a", "b": "a", "c": "a", "d": "d"}
    framed = [names for names in picture.members.values() if len(names) > 1]
    assert framed == [["loans", "repayments", "statements"]]


def test_texts_fit_their_boxes() -> None:
    for box in read_boxes():
        lines = [box.name.removeprefix("raw."), *(line.removeprefix("int_") for line in box.lines)]
        # Seven pixels are a wide letter of 12-pixel Helvetica.
        assert max(map(len, lines)) * 7 <= WIDTHS[box.kind], box.name


def test_a_box_is_as_high_as_its_lines() -> None:
    assert box_height(Box("a", "mart", (), frozenset())) == 24
    assert box_height(Box("a", "mart", (), frozenset({"users"}))) == 24 + 15
    assert box_height(Box("a", "topic", ("int_a", "int_b"), frozenset())) == 24 + 2 * 15 + 8


def test_picture_does_not_depend_on_the_order_of_boxes(picture: Picture) -> None:
    boxes = read_boxes()
    random.Random(7).shuffle(boxes)
    assert Picture({box.name: box for box in boxes}).rows() == picture.rows()


def test_picture_is_valid_xml_that_names_every_box() -> None:
    root = ET.fromstring(render_lineage())
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    for box in read_boxes():
        assert box.name.removeprefix("raw.") in texts
        assert {line.removeprefix("int_") for line in box.lines} <= texts
