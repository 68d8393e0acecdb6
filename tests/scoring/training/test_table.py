from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from scoring.errors import DataRefusedError
from tests.scoring.training.tables import made_table, taken_apart, trained, with_column

MADE = made_table(400)
ROWS = MADE.num_rows


def _outcomes(**changes: int) -> list[int]:
    values = MADE.column("y").to_pylist()
    values[0] = changes.get("first", values[0])
    return values


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda t: with_column(t, "y", [0] * ROWS), r"at y: expected good \(0\) and bad \(1\)"),
        (
            lambda t: with_column(t, "y", _outcomes(first=2)),
            r"at y: expected two values, .*, got 3 values \(0, 1, 2\)",
        ),
        (
            lambda t: with_column(t, "y", [None, *_outcomes()[1:]]),
            r"at y: expected 0 or 1 in every row, got 1 missing values",
        ),
        (
            lambda t: with_column(t, "income", [float("inf")] * 2 + [1.0] * (ROWS - 2)),
            r"at income: expected finite numbers, got 2 infinite values",
        ),
        (
            lambda t: with_column(t, "late", [10**12] + [1] * (ROWS - 1)),
            r"at late: expected numbers below 1,000,000,000,000, got 1 larger ones",
        ),
        (
            lambda t: with_column(t, "id", ["p0", *MADE.column("id").to_pylist()[:-1]]),
            r"at id: expected each id once, got 1 repeated rows",
        ),
        (
            lambda t: with_column(t, "id", [None, *MADE.column("id").to_pylist()[1:]]),
            r"at id: expected an id in every row, got 1 missing",
        ),
        (lambda t: t.drop_columns(["y"]), r"expected the named columns; .*, got no y"),
    ],
)
def test_spoilt_table_is_refused_with_place_rule_and_value(
    spoil: Callable[[pa.Table], pa.Table], message: str
) -> None:
    with pytest.raises(DataRefusedError, match=message):
        taken_apart(spoil(MADE), id_column="id", exclude=["day"])


def test_date_column_must_hold_dates() -> None:
    with pytest.raises(DataRefusedError, match=r"at noise: expected a date in every row"):
        taken_apart(MADE, date_column="noise")


def test_one_subject_may_have_a_row_per_date() -> None:
    twice = pa.concat_tables(
        [
            MADE,
            with_column(
                MADE, "day", [d + timedelta(days=366) for d in MADE.column("day").to_pylist()]
            ).select(MADE.column_names),
        ]
    )
    assert taken_apart(twice, id_column="id", date_column="day").rows == 2 * ROWS


def test_numbers_become_whole_millionths() -> None:
    table = pa.table(
        {
            "y": [0, 1, 0],
            "real": [0.1, -2.5, None],
            "whole": [3, None, -1],
            "exact": pa.array([1, 2, 3], pa.int64()).cast(pa.decimal128(20, 1)),
            "money": pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal128(18, 2)),
            "large": pa.array([999_999_999_999, 1, 2], pa.uint64()),
            "word": ["a", "b", "c"],
        }
    )
    apart = taken_apart(table)
    found = {column.name: column for column in apart.columns}
    assert found["real"].millionths.tolist() == [100_000, -2_500_000, 0]
    assert found["real"].missing.tolist() == [False, False, True]
    assert found["whole"].millionths.tolist() == [3_000_000, 0, -1_000_000]
    assert found["exact"].millionths.tolist() == [1_000_000, 2_000_000, 3_000_000]
    assert found["money"].millionths.tolist() == [1_250_000, 0, -3_500_000]
    assert found["large"].millionths.tolist()[0] == 999_999_999_999_000_000
    assert apart.put_aside == {"word": "string is no number"}


def test_content_hash_follows_every_value() -> None:
    before = taken_apart(MADE, exclude=["day", "id"]).content_hash()
    assert taken_apart(MADE, exclude=["day", "id"]).content_hash() == before
    changed = MADE.column("late").to_pylist()
    changed[7] += 1
    table = with_column(MADE, "late", changed).select(MADE.column_names)
    assert taken_apart(table, exclude=["day", "id"]).content_hash() != before


def test_too_few_bad_rows_are_refused() -> None:
    y = np.zeros(ROWS, np.int8)
    y[:20] = 1
    with pytest.raises(DataRefusedError, match=r"training part: expected at least 50 bad rows"):
        trained(with_column(MADE, "y", y))


def test_useless_columns_are_screened_out_with_the_rule() -> None:
    table = made_table(2000)
    table = with_column(table, "constant", [5] * 2000)
    table = with_column(table, "empty", pa.nulls(2000, pa.float64()))
    table = with_column(table, "rare", [1.0] * 10 + [None] * 1990)
    table = with_column(table, "again", (np.asarray(table.column("late")) * 2).tolist())
    result = trained(table)
    rules = {fate.feature_name: fate.rule for fate in result.screening if not fate.is_kept}
    assert rules["constant"] == "constant"
    assert rules["empty"] == "all missing"
    assert rules["rare"] == "missing too often"
    assert rules["day"] == "no candidate"
    assert {rules.get("again"), rules.get("late")} == {None, "repeats a stronger feature"}
    assert {feature.feature_name for feature in result.card.features} >= {"income"}
