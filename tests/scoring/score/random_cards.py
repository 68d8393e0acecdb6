"""Hypothesis strategies: any card, and columns of every type with values at the worst places."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from scoring.cards.card import DIMENSIONS, Card, CardFeature
from scoring.cards.seal import seal_card
from tests.scoring.cards.drafts import draft, rule

NAMES = ("a", "order", "select_7d", "late_payment_count_365d")
CATALOG = dict(zip(NAMES, DIMENSIONS, strict=True)) | {"evidence_days": "history"}
LIMIT = 10**12

points = st.integers(-300, 300)
edges = st.one_of(
    st.integers(-3, 12).map(Decimal),
    st.decimals("-1", "2", places=6),
    st.decimals(-LIMIT + 1, LIMIT - 1, places=6),
)


@st.composite
def _features(draw: st.DrawFn, name: str) -> dict[str, object]:
    ends: list[Decimal | None] = sorted(draw(st.sets(edges, min_size=2, max_size=7)))
    if draw(st.booleans()):
        ends[0] = None
    if draw(st.booleans()):
        ends[-1] = None
    return {
        "feature_name": name,
        "dimension": CATALOG[name],
        "monotone": "none",
        **{f"reason_{part}": f"{name} {part}" for part in ("code", "zh", "en")},
        "bins": [
            {"lower": lower, "upper": upper, "points": draw(points), "label": f"it's bin {number}"}
            for number, (lower, upper) in enumerate(pairwise(ends))
        ],
        "missing": rule(draw(points), f"{name}M"),
        "unseen": rule(draw(points), f"{name}U"),
    }


@st.composite
def _evidence(draw: st.DrawFn, names: Sequence[str]) -> dict[str, object]:
    days = sorted(draw(st.lists(st.integers(0, 60), min_size=3, max_size=3)))
    months = sorted(draw(st.lists(st.integers(0, 12), min_size=3, max_size=3)))
    levels = zip(("thin", "moderate", "strong"), days, months, strict=True)
    windows = st.dictionaries(st.sampled_from(names), st.integers(1, 30))
    return {
        "levels": [
            {"strength": strength, "evidence_days": least, "months_on_book": age}
            for strength, least, age in levels
        ],
        "window_months": draw(windows),
        "calibration_error_points": 0,
    }


@st.composite
def cards(draw: st.DrawFn) -> Card:
    """A sealed card of one to four features."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    changes = {
        "features": [draw(_features(name)) for name in names],
        "base_points": draw(st.integers(300, 1_000)),
        "score_range": {"minimum": 350, "maximum": draw(st.sampled_from([360, 950]))},
        "evidence": draw(st.none() | _evidence(names)),
    }
    return seal_card(draft(**changes), "demo_v1.json", CATALOG)


def _around(feature: CardFeature) -> st.SearchStrategy[Decimal]:
    ends = [end for part in feature.bins for end in (part.lower, part.upper) if end is not None]
    steps = [Decimal(step).scaleb(-7) for step in (-10, -5, -1, 0, 1, 5, 10, 15)]
    near = [end + step for end in ends for step in steps] or [Decimal(0)]
    limits = [sign * (LIMIT + Decimal(step)) for sign in (1, -1) for step in ("0", "-0.5", "-1")]
    return st.sampled_from([*near, *limits])


def _column(feature: CardFeature, rows: int) -> st.SearchStrategy[pa.Array]:
    near = _around(feature)
    return st.one_of(
        _floating(near, rows, pa.float64()),
        _floating(near, rows, pa.float32()),
        _whole(near, rows),
        st.integers(0, 6).flatmap(lambda scale: _decimal(near, rows, 18, scale)),
        st.integers(0, 6).flatmap(lambda scale: _decimal(near, rows, 38, scale)),
        st.just(pa.nulls(rows)),
    )


def _lists(values: st.SearchStrategy[Any], rows: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | values, min_size=rows, max_size=rows)


def _floating(
    near: st.SearchStrategy[Decimal], rows: int, kind: pa.DataType
) -> st.SearchStrategy[pa.Array]:
    exact = near.map(float)
    beside = exact.map(lambda value: math.nextafter(value, math.inf))
    values = exact | beside | st.floats() | st.sampled_from([5e-7, 1.5e-6, -5e-7, 2.5e-6])
    return _lists(values, rows).map(lambda found: pa.array(found, pa.float64()).cast(kind, False))


def _whole(near: st.SearchStrategy[Decimal], rows: int) -> st.SearchStrategy[pa.Array]:
    signed = near.map(int) | st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 12)
    small = st.integers(-128, 127)
    return st.one_of(
        _lists(signed, rows).map(lambda found: pa.array(found, pa.int64())),
        _lists(st.integers(0, 2**64 - 1), rows).map(lambda found: pa.array(found, pa.uint64())),
        _lists(small, rows).map(lambda found: pa.array(found, pa.int8())),
        _lists(small, rows).map(lambda found: pa.array(found, pa.int32())),
    )


def _decimal(
    near: st.SearchStrategy[Decimal], rows: int, precision: int, scale: int
) -> st.SearchStrategy[pa.Array]:
    bound = 10**precision - 1
    # Through text, for arithmetic would round to the 28 digits of the context.
    values = st.integers(-bound, bound).map(lambda units: Decimal(f"{units}e-{scale}"))
    fitting = near.map(lambda value: round(value, scale)).filter(
        lambda value: abs(value) * 10**scale <= bound
    )
    return _lists(values | fitting, rows).map(
        lambda found: pa.array(found, pa.decimal128(precision, scale))
    )


def _months(rows: int) -> st.SearchStrategy[pa.Array]:
    whole = _lists(st.integers(-2, 40), rows).map(lambda found: pa.array(found, pa.int64()))
    parts = st.decimals(-1, 40, places=2)
    return whole | _lists(parts, rows).map(lambda found: pa.array(found, pa.decimal128(18, 2)))


@st.composite
def cards_with_batches(draw: st.DrawFn) -> tuple[Card, pa.RecordBatch]:
    """A card and one batch that it can score."""
    card = draw(cards())
    rows = draw(st.integers(1, 12))
    consents: Sequence[bool | None] = [True, True, True, False, None]
    columns = {
        "user_key": pa.array(range(rows), pa.int64()),
        "has_scoring_consent": pa.array(
            draw(st.lists(st.sampled_from(consents), min_size=rows, max_size=rows)), pa.bool_()
        ),
        "evidence_days": pa.array(
            draw(_lists(st.sampled_from([9, 10, 400, 400, 400]), rows)), pa.int64()
        ),
        "months_on_book": draw(_months(rows)),
    }
    for feature in card.features:
        columns[feature.feature_name] = draw(_column(feature, rows))
    return card, pa.RecordBatch.from_pydict(columns)
