"""The card as SQL gives what the scorer gives, on every row."""

from __future__ import annotations

from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from scoring.cards.card import Card
from scoring.errors import ConfigurationError
from scoring.score.sql_card import card_query
from tests.scoring.cards.drafts import make_card
from tests.scoring.score.batches import make_batch, make_row
from tests.scoring.score.random_cards import cards_with_batches
from tests.scoring.score.sql_tables import rows_of_duckdb, rows_of_scorer

CARD = make_card()


def with_payment_ratio(array: pa.Array) -> pa.RecordBatch:
    batch = make_batch(*(make_row(key) for key in range(len(array))))
    place = batch.schema.get_field_index("payment_ratio_180d")
    return batch.set_column(place, "payment_ratio_180d", array)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cards_with_batches())
def test_query_gives_what_the_scorer_gives(case: tuple[Card, pa.RecordBatch]) -> None:
    card, batch = case
    assert rows_of_duckdb(card, batch) == rows_of_scorer(card, batch)


def test_query_gives_the_sum_that_a_pencil_gives() -> None:
    # 600 + 20 (no late payment) + 0 (0.75 paid) + 15 (spent 250) - 12 (half the limit used)
    (row,) = rows_of_duckdb(CARD, make_batch(make_row(7)))
    assert (row["score"], row["score_status"], row["points_clipped"]) == (623, "scored", 0)
    assert row["late_payment_count_365d_points"] == 20
    assert (row["spend_amount_90d_bin"], row["spend_amount_90d_bin_index"]) == ("100..1000", 1)
    assert row["spend_amount_90d_value"] == Decimal(250)


def test_floating_value_is_rounded_half_even_to_millionths() -> None:
    values = [0.4999995, 0.4999994999, 0.0000005, 0.0000015, 0.1 + 0.2 + 0.2, 0.9999996, None]
    batch = with_payment_ratio(pa.array(values, pa.float64()))
    found = rows_of_duckdb(CARD, batch)
    assert found == rows_of_scorer(CARD, batch)
    assert [row["payment_ratio_180d_value"] for row in found[2:5]] == [
        Decimal(0),
        Decimal("0.000002"),
        Decimal("0.5"),
    ]


def test_unusable_numbers_are_unseen_and_null_is_missing() -> None:
    values = [float("nan"), float("inf"), float("-inf"), 1e300, 999999999999.0, None]
    found = rows_of_duckdb(CARD, with_payment_ratio(pa.array(values)))
    assert [row["payment_ratio_180d_bin"] for row in found] == ["unseen"] * 5 + ["missing"]
    assert {row["payment_ratio_180d_value"] for row in found} == {None}


def test_query_without_details_gives_the_same_scores() -> None:
    batch = make_batch(make_row(1), make_row(2, late=4), make_row(3, consent=None))
    for short, whole in zip(
        rows_of_duckdb(CARD, batch, details=False), rows_of_scorer(CARD, batch), strict=True
    ):
        assert short == {name: whole[name] for name in short}
        assert {"score", "score_status", "points_base", "points_clipped"} < set(short)


@pytest.mark.parametrize(
    "array", [pa.array(["0.5"]), pa.array([Decimal("0.5")], pa.decimal128(18, 8))]
)
def test_column_of_another_type_is_refused_as_the_scorer_refuses_it(array: pa.Array) -> None:
    batch = with_payment_ratio(array)
    with pytest.raises(ConfigurationError, match="feature column refused for payment_ratio_180d"):
        rows_of_scorer(CARD, batch)
    with pytest.raises(
        duckdb.Error, match="feature column refused for payment_ratio_180d: expected an integer"
    ):
        rows_of_duckdb(CARD, batch)


def test_keys_are_handed_through() -> None:
    query = card_query(CARD, "duckdb", "features", ("user_key", "months_on_book"), details=False)
    with duckdb.connect() as connection:
        connection.register("features", pa.Table.from_batches([make_batch(make_row(5))]))
        found = connection.sql(query)
        assert found.columns[:3] == ["user_key", "months_on_book", "score"]
        assert found.fetchall()[0][:3] == (5, 12, 623)


def test_unknown_engine_is_refused() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^card not compiled for --engine: expected duckdb \| spark \| dbt, got 'oracle'\.",
    ):
        card_query(CARD, "oracle")
