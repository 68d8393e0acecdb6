from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.score.compiled import compile_card
from scoring.score.scorer import score_batch
from tests.scoring.cards.drafts import make_card
from tests.scoring.score.batches import Row, make_batch, make_row

CARD = make_card(score_range={"minimum": 560, "maximum": 640})
COMPILED = compile_card(CARD)
PARTS = ("base", "spending", "repayment", "history", "linkage", "clipped")
DIMENSIONS = {feature.feature_name: feature.dimension for feature in CARD.features}

ratios = st.none() | st.decimals("-0.1", "1.2", places=6).map(str)
rows = st.builds(
    make_row,
    st.integers(1, 2**53 - 1),
    late=st.none() | st.integers(-2, 10),
    paid=ratios,
    spend=st.none() | st.decimals("-500", "5000", places=2).map(str),
    used=ratios,
    consent=st.sampled_from([True, True, True, False, None]),
    evidence=st.sampled_from([None, 9, 10, 400, 400]),
)
tables = st.lists(rows, min_size=1, max_size=30)


def score_rows(table: list[Row]) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = score_batch(COMPILED, make_batch(*table)).to_pylist()
    return result


def score_by_hand(row: Row) -> tuple[int, int]:
    """Unclipped and clipped score, by the card's own words, one row at a time."""
    total = CARD.base_points
    for feature in CARD.features:
        value = row[feature.feature_name]
        if value is None:
            total += feature.missing.points
            continue
        number = Decimal(str(value))
        points = [
            part.points
            for part in feature.bins
            if (part.lower is None or part.lower <= number)
            and (part.upper is None or number < part.upper)
        ]
        assert len(points) <= 1
        total += points[0] if points else feature.unseen.points
    limits = CARD.score_range
    return total, min(max(total, limits.minimum), limits.maximum)


@settings(deadline=None)
@given(tables)
def test_points_sum_exactly_to_the_score(table: list[Row]) -> None:
    for row, result in zip(table, score_rows(table), strict=True):
        if result["score"] is None:
            assert result["score_status"] != "scored"
            continue
        assert sum(result[f"points_{part}"] for part in PARTS) == result["score"]
        assert CARD.base_points + sum(result["points"]) == (
            result["score"] - result["points_clipped"]
        )
        for dimension in ("spending", "repayment", "history", "linkage"):
            mine = [
                points
                for feature, points in zip(CARD.features, result["points"], strict=True)
                if DIMENSIONS[feature.feature_name] == dimension
            ]
            assert sum(mine) == result[f"points_{dimension}"]
        unclipped, clipped = score_by_hand(row)
        assert result["score"] == clipped
        assert result["points_clipped"] == clipped - unclipped


@settings(deadline=None)
@given(tables, st.randoms(use_true_random=False))
def test_row_order_does_not_matter(table: list[Row], random: Any) -> None:
    order = list(range(len(table)))
    random.shuffle(order)
    straight = score_rows(table)
    assert score_rows([table[place] for place in order]) == [straight[place] for place in order]


@settings(deadline=None)
@given(tables, st.integers(1, 7))
def test_batch_size_does_not_matter(table: list[Row], size: int) -> None:
    batch = make_batch(*table)
    pieces = [
        row
        for start in range(0, len(table), size)
        for row in score_batch(COMPILED, batch.slice(start, size)).to_pylist()
    ]
    assert pieces == score_rows(table)


BETTER = {
    "late_payment_count_365d": -1,
    "payment_ratio_180d": 1,
    "revolving_utilisation_ratio": -1,
}


@settings(max_examples=200, deadline=None)
@given(
    rows,
    st.sampled_from(sorted(BETTER)),
    st.decimals(0, 1, places=6),
    st.decimals(0, 1, places=6),
)
def test_a_better_value_never_lowers_the_score(
    row: Row, name: str, one: Decimal, other: Decimal
) -> None:
    worse, better = sorted((one, other), reverse=BETTER[name] < 0)
    if name == "late_payment_count_365d":
        worse, better = round(worse * 5), round(better * 5)  # type: ignore[assignment]
    base = row | {"has_scoring_consent": True, "evidence_days": 10}
    before, after = score_rows([base | {name: worse}, base | {name: better}])
    assert after["score"] >= before["score"]
    assert sum(after["points"]) >= sum(before["points"])


@settings(deadline=None)
@given(tables)
def test_reasons_are_what_was_lost_largest_first(table: list[Row]) -> None:
    best = {feature.feature_name: feature.maximum_points for feature in CARD.features}
    for result in score_rows(table):
        if result["score"] is None:
            assert result["reason_features"] is None
            continue
        lost = {
            feature.feature_name: best[feature.feature_name] - points
            for feature, points in zip(CARD.features, result["points"], strict=True)
        }
        expected = sorted((name for name in lost if lost[name]), key=lambda name: -lost[name])[:4]
        assert result["reason_features"] == expected
        assert result["reason_points_lost"] == [lost[name] for name in expected]


@settings(deadline=None)
@given(tables)
def test_result_does_not_share_memory_with_other_rows(table: list[Row]) -> None:
    alone = [score_rows([row])[0] for row in table]
    assert alone == score_rows(table)


def test_schema_is_the_same_for_every_batch() -> None:
    schemas = {
        str(score_batch(COMPILED, make_batch(row)).schema)
        for row in (make_row(), make_row(consent=False), make_row(evidence=0, late=None))
    }
    assert len(schemas) == 1
    assert pa.types.is_decimal(
        score_batch(COMPILED, make_batch()).schema.field("feature_values").type.value_type
    )
