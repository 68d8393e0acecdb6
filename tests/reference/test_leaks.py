"""Whoever sees tomorrow is caught: three leaks, each found, in the columns that it reaches only."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from scoring.marts.dbt_runner import DBT_PROJECT
from tests.reference.leaks import Leak
from tests.reference.worlds import old_world

IS_KNOWN = (
    r"({feed}\.known_from) <= (\w+\.known_on)\s+"
    r"and \(({feed}\.known_until) is null or \w+\.known_on < {feed}\.known_until\)"
)
"""What the macro is_known compiles to."""
IS_KNOWN_LATER = r"\1 <= \2 + 365 and (\3 is null or \2 + 365 < \3)"


@pytest.fixture
def leak(tmp_path_factory: pytest.TempPathFactory) -> Leak:
    """A leak in the world where things happen on the day after a night."""
    return Leak(old_world(tmp_path_factory.getbasetemp()))


def _read_feeds() -> dict[str, set[str]]:
    """Feature -> the feeds that it is made from."""
    with (DBT_PROJECT / "seeds" / "feature_catalog.csv").open(encoding="utf-8") as file:
        return {
            row["feature_name"]: set(row["source_feeds"].split("|")) for row in csv.DictReader(file)
        }


def _made_from(*feeds: str) -> set[str]:
    return {name for name, sources in _read_feeds().items() if sources & set(feeds)}


def _find_columns(leak: Leak, folder: Path) -> set[str]:
    return {difference.column for difference in leak.find(folder)}


def test_models_built_anew_as_they_are_differ_in_nothing(leak: Leak, tmp_path: Path) -> None:
    leak.widen("int_repayments__resolved", "paid_date", "paid_date")
    assert leak.find(tmp_path) == []


def test_decisions_of_the_next_day_are_caught(leak: Leak, tmp_path: Path) -> None:
    condition = r"({feed}\.decided_date <= \w+\.as_of_date)"
    leak.widen_feed("stg_limit_decisions", condition, r"\1 + 1")
    columns = _find_columns(leak, tmp_path)
    assert {"limit_raise_count_365d", "limit_cut_count_365d"} <= columns
    assert columns - _made_from("limit_decisions") == set()


def test_payments_of_the_next_day_are_caught(leak: Leak, tmp_path: Path) -> None:
    condition = r"({feed}\.paid_date <= \w+\.as_of_date)"
    leak.widen_feed("stg_repayments", condition, r"\1 + 1")
    columns = _find_columns(leak, tmp_path)
    assert {"repayment_amount_90d", "repayment_count_90d", "outstanding_amount"} <= columns
    assert columns - _made_from("repayments") == set()


def test_obligations_that_have_not_matured_are_caught(leak: Leak, tmp_path: Path) -> None:
    """Counted on their last day already, on which they can still be paid."""
    leak.widen("int_obligations", r"(last_on_time_date) < (\w+\.as_of_date)", r"\1 <= \2")
    columns = _find_columns(leak, tmp_path)
    assert {"on_time_ratio_365d", "late_payment_count_90d", "overdue_amount"} <= columns
    assert columns - _made_from("statements", "installments") == set()
    assert not any(name.startswith(("repayment_", "outstanding_")) for name in columns)


def test_rows_of_later_batches_are_caught(leak: Leak, tmp_path: Path) -> None:
    """Batches of a year after known_on."""
    leak.widen_feed("stg_limit_decisions", IS_KNOWN, IS_KNOWN_LATER)
    columns = _find_columns(leak, tmp_path)
    assert {"limit_raise_count_365d", "revolving_limit_amount"} <= columns
    assert columns - _made_from("limit_decisions") == set()
