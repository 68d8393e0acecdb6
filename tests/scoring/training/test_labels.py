from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from scoring.errors import ConfigurationError, PermanentError
from scoring.training.labels import LabelRules, make_rules, read_labels
from tests.scoring.training.ledgers import add_late, add_ledger, add_user, create_tables

OBSERVED = date(2023, 6, 30)
END = date(2024, 6, 30)
NIGHT = date(2024, 7, 15)
RULES = LabelRules(minimum_evidence_days=3)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        create_tables(connection)
        add_ledger(connection, NIGHT, *range(1, 10))
        yield connection


def label_of(connection: duckdb.DuckDBPyConnection, **rules: int) -> dict[int, int]:
    """User -> 1 bad or 0 good; others are absent."""
    labels = read_labels(connection, RULES.model_copy(update=rules))
    rows = labels.table.to_pylist()
    return {row["user_key"]: row["is_bad"] for row in rows}


@pytest.mark.parametrize(
    ("due", "late_to", "label"),
    [
        # 90 days past due on the last day of the window, to the day; one day less is not.
        (END - timedelta(days=90), NIGHT, 1),
        (END - timedelta(days=89), NIGHT, None),
        # Bad long before the window ends and cured since: bad at any time is bad.
        (date(2023, 9, 1), date(2023, 11, 30), 1),
        (date(2023, 9, 1), date(2023, 11, 29), None),
        # 30 days are indeterminate, 29 are good.
        (date(2023, 9, 1), date(2023, 10, 1), None),
        (date(2023, 9, 1), date(2023, 9, 30), 0),
        # Late at the observation date: what it grows to inside the window counts.
        (date(2023, 5, 1), date(2023, 7, 30), 1),
        # Over on the observation date itself: before the window.
        (date(2023, 3, 1), OBSERVED, 0),
        (date(2023, 3, 1), OBSERVED + timedelta(days=1), 1),
        # Late only after the window: 100 days, none of them inside.
        (END, NIGHT, 0),
    ],
)
def test_label_follows_the_worst_day_of_the_window(
    warehouse: duckdb.DuckDBPyConnection, due: date, late_to: date, label: int | None
) -> None:
    add_user(warehouse, 1, OBSERVED)
    add_late(warehouse, NIGHT, 1, due, late_to)
    assert label_of(warehouse).get(1) == label


def test_exclusions_are_counted_by_reason(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_user(warehouse, 1, OBSERVED)
    add_user(warehouse, 2, OBSERVED, has_consent=False)
    add_user(warehouse, 3, OBSERVED, has_consent=None)
    add_user(warehouse, 4, OBSERVED, evidence_days=2)
    add_user(warehouse, 5, OBSERVED, open_account_count=0, outstanding_amount=0)
    add_user(warehouse, 6, OBSERVED, open_account_count=0, outstanding_amount=5)
    add_user(warehouse, 7, OBSERVED, current_dpd_days=90)
    add_user(warehouse, 8, OBSERVED, current_dpd_days=89)
    add_user(warehouse, 9, OBSERVED)
    add_late(warehouse, NIGHT, 9, date(2023, 9, 1), date(2023, 10, 15))
    labels = read_labels(warehouse, RULES)
    assert labels.counts == {
        "bad already": 1,
        "good": 3,
        "indeterminate": 1,
        "no consent": 2,
        "no credit": 1,
        "unscorable": 1,
    }
    assert labels.table.column("user_key").to_pylist() == [1, 6, 8]


def test_label_of_an_unmatured_window_is_refused(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A leak put in by hand: the bad would only show after the newest night."""
    add_user(warehouse, 1, OBSERVED)
    late = date(2023, 7, 31)
    add_user(warehouse, 1, late)
    with pytest.raises(
        ConfigurationError,
        match=r"refused for labels@2023-07-31: expected 12 months after it known by now, 2024-07-15"
        r", got a performance window that is not over",
    ):
        read_labels(warehouse, RULES, [OBSERVED, late])
    labels = read_labels(warehouse, RULES)
    assert labels.observation_dates == (OBSERVED,)
    assert labels.unmatured_dates == (late,)


def test_ledger_of_an_older_release_is_refused(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_user(warehouse, 1, OBSERVED)
    warehouse.execute("drop table intermediate.int_obligations__late")
    with pytest.raises(
        PermanentError,
        match=r"labels not made for intermediate\.int_obligations__late: expected the credit ledger"
        r" of a built night .*, got none\. Build the newest night",
    ):
        read_labels(warehouse, RULES)


def test_ledger_known_only_earlier_matures_later(warehouse: duckdb.DuckDBPyConnection) -> None:
    """The night's ledger counts only as far as what was known: known_on, not as_of_date."""
    warehouse.execute("update intermediate.int_users__resolved set known_on = date '2024-06-29'")
    add_user(warehouse, 1, OBSERVED)
    with pytest.raises(ConfigurationError, match=r"known by now, 2024-06-29"):
        read_labels(warehouse, RULES, [OBSERVED])


def test_restated_features_are_not_used(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_user(warehouse, 1, OBSERVED, known_on=NIGHT)
    with pytest.raises(ConfigurationError, match=r"expected features as known then .*, got none"):
        read_labels(warehouse, RULES, [OBSERVED])


def test_only_month_ends_are_observed_unless_named(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    middle = date(2023, 6, 15)
    add_user(warehouse, 1, OBSERVED)
    add_user(warehouse, 1, middle)
    assert read_labels(warehouse, RULES).observation_dates == (OBSERVED,)
    assert read_labels(warehouse, RULES, [middle]).observation_dates == (middle,)


def test_debts_of_a_merged_account_stand_under_the_survivor(
    warehouse: duckdb.DuckDBPyConnection,
) -> None:
    add_user(warehouse, 1, OBSERVED)
    add_user(warehouse, 2, OBSERVED)
    warehouse.execute(
        "update intermediate.int_users__resolved set surviving_key = 2 where user_key = 1"
    )
    add_late(warehouse, NIGHT, 2, date(2023, 9, 1), NIGHT)
    assert label_of(warehouse) == {1: 1, 2: 1}


def test_window_and_limits_are_parameters(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_user(warehouse, 1, OBSERVED)
    add_late(warehouse, NIGHT, 1, date(2023, 9, 1), date(2023, 10, 15))
    assert label_of(warehouse, window_months=2) == {1: 0}
    assert label_of(warehouse, window_months=4, bad_days=44, indeterminate_days=10) == {1: 1}


def test_nothing_old_enough_says_so(warehouse: duckdb.DuckDBPyConnection) -> None:
    add_user(warehouse, 1, date(2024, 5, 31))
    with pytest.raises(PermanentError, match=r"expected a month end with features and 12 months"):
        read_labels(warehouse, RULES)


def test_warehouse_without_a_ledger_says_so() -> None:
    with (
        duckdb.connect() as connection,
        pytest.raises(PermanentError, match=r"expected the credit ledger of a built night"),
    ):
        read_labels(connection, RULES)


def test_contradicting_rules_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"indeterminate_days must not be above bad_days"):
        make_rules(12, 30, 60)
