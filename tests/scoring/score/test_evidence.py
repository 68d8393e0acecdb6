"""Strength and the range that missing evidence leaves open, by a pencil and as properties."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.score.scorer import score_batch
from tests.scoring.cards.drafts import EVIDENCE, make_card
from tests.scoring.score.batches import Row, make_batch, make_row
from tests.scoring.score.random_cards import cards_with_batches

CARD = make_card(evidence=EVIDENCE)


def score_one(row: Row, card: Any = CARD) -> dict[str, Any]:
    (result,) = score_batch(card, make_batch(row)).to_pylist()
    return dict(result)


def bounds(row: Row, card: Any = CARD) -> tuple[int, int, int]:
    result = score_one(row, card)
    return result["score_low"], result["score"], result["score_high"]


def test_user_whose_windows_are_full_has_no_range() -> None:
    assert bounds(make_row(months=12)) == (623, 623, 623)


def test_share_of_the_window_before_the_first_month_is_open() -> None:
    # late: 20 of -60..20, 9 of 12 months open: 80 * 9/12 = 60 down, 0 up.
    # paid: 0 of -30..25, 3 of 6 months open: 15 down, 12.5 up, rounded outwards to 13.
    assert bounds(make_row(months=3)) == (623 - 60 - 15, 623, 623 + 13)


def test_missing_value_is_wholly_open_however_long_the_history() -> None:
    # paid: missing earns -3 of -30..25.
    assert bounds(make_row(paid=None, months=60)) == (620 - 27, 620, 620 + 28)


def test_value_that_no_bin_holds_is_wholly_open() -> None:
    # late: unseen earns -5 of -60..20.
    assert bounds(make_row(late=-1, months=60)) == (598 - 55, 598, 598 + 25)


def test_missing_value_of_a_feature_that_is_not_named_is_a_fact() -> None:
    assert bounds(make_row(spend=None, used=None, months=60)) == (627, 627, 627)


@pytest.mark.parametrize("months", [None, 0, -5])
def test_history_that_is_not_known_counts_as_none(months: int | None) -> None:
    assert bounds(make_row(months=months)) == (623 - 80 - 30, 623, 623 + 25)


def test_range_is_clipped_with_the_score() -> None:
    card = make_card(evidence=EVIDENCE, score_range={"minimum": 600, "maximum": 630})
    assert bounds(make_row(months=3), card) == (600, 623, 630)


def test_calibration_error_widens_both_sides() -> None:
    calibration = {
        "method": "logistic",
        "intercept": "3",
        "slope": "-0.01",
        "fitted_on": "held_out",
        "rows": 10,
        "bads": 2,
        "outcome": "default",
    }
    changes = {"kind": "trained", "training": {"rows": 1}, "calibration": calibration}
    card = make_card(evidence=EVIDENCE | {"calibration_error_points": 7}, **changes)
    assert bounds(make_row(months=12), card) == (616, 623, 630)


@pytest.mark.parametrize(
    ("days", "months", "strength"),
    [
        *((9, 99, "none"), (10, 0, "thin"), (19, 3, "thin"), (20, 2, "thin"), (20, 3, "moderate")),
        *((50, 11, "moderate"), (49, 12, "moderate"), (50, 12, "strong")),
        *((None, 99, "none"), (99, None, "thin")),
    ],
)
def test_strength_needs_both_minimums(days: int | None, months: int | None, strength: str) -> None:
    assert score_one(make_row(evidence=days, months=months))["evidence_strength"] == strength


def test_unscored_user_has_a_strength_but_no_range() -> None:
    row = score_one(make_row(evidence=2))
    assert (row["score_low"], row["score_high"], row["evidence_strength"]) == (None, None, "none")


def test_user_without_consent_has_neither() -> None:
    row = score_one(make_row(consent=False, evidence=99))
    assert (row["score_low"], row["score_high"], row["evidence_strength"]) == (None, None, None)


def test_card_that_says_nothing_about_evidence_leaves_the_columns_empty() -> None:
    row = score_one(make_row(), make_card())
    assert (row["score_low"], row["score_high"], row["evidence_strength"]) == (None, None, None)
    batch = make_batch(make_row()).drop_columns(["months_on_book"])
    assert score_batch(make_card(), batch).to_pylist()[0]["score"] == 623


def test_schema_does_not_depend_on_the_card() -> None:
    batch = make_batch(make_row())
    assert score_batch(make_card(), batch).schema.equals(score_batch(CARD, batch).schema)


@settings(deadline=None)
@given(cards_with_batches())
def test_range_holds_the_score_and_stays_on_the_scale(case: Any) -> None:
    card, batch = case
    for row in score_batch(card, batch).to_pylist():
        if card.evidence is None or row["score"] is None:
            assert row["score_low"] is None is row["score_high"]
            continue
        limits = card.score_range
        assert limits.minimum <= row["score_low"] <= row["score"]
        assert row["score"] <= row["score_high"] <= limits.maximum


ratios = st.none() | st.decimals("-0.1", "1.2", places=6)


@settings(deadline=None)
@given(late=st.none() | st.integers(-1, 5), paid=ratios, months=st.integers(0, 14))
def test_longer_history_never_widens_the_range(
    late: int | None, paid: Decimal | None, months: int
) -> None:
    text = None if paid is None else str(paid)
    shorter = bounds(make_row(late=late, paid=text, months=months))
    longer = bounds(make_row(late=late, paid=text, months=months + 1))
    assert shorter[0] <= longer[0] <= longer[1] <= longer[2] <= shorter[2]


@settings(deadline=None)
@given(known=st.decimals("0", "1", places=6), months=st.integers(0, 14))
def test_range_holds_whatever_a_missing_value_turns_out_to_be(known: Decimal, months: int) -> None:
    """The same user with the value: its score was within the range without it."""
    low, _, high = bounds(make_row(paid=None, months=months))
    assert low <= bounds(make_row(paid=str(known), months=months))[1] <= high


def test_no_batch_has_the_columns_out_of_place() -> None:
    names = score_batch(CARD, make_batch(make_row())).schema.names
    assert names[-3:] == ["score_low", "score_high", "evidence_strength"]
    assert pa.types.is_int32(score_batch(CARD, make_batch()).schema.field("score_low").type)
