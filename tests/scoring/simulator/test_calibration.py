"""Arrears, standing, limits and rates measured on the feeds, beside published figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import duckdb
import pytest

from benchmarks.calibration import START, Month, measure_month, month_ends, open_feeds
from scoring.simulator.simulate import simulate

USERS, DAYS = 10_000, 610


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    landing = tmp_path_factory.mktemp("calibration") / "landing"
    simulate(users=USERS, start=START, days=DAYS, seed=7, out=landing, processes=1)
    with open_feeds(landing) as connection:
        yield connection


@pytest.fixture(scope="module")
def months(feeds: duckdb.DuckDBPyConnection) -> list[Month]:
    first, last = START + timedelta(days=390), START + timedelta(days=DAYS - 1)
    return [measure_month(feeds, day) for day in month_ends(first, last)]


@pytest.mark.slow
def test_arrears_in_steady_state_are_the_published_ones(months: list[Month]) -> None:
    """Ant consumer credit 2017-2019: 30+ days past due 1.08-1.56 %, 90+ 0.68-1.05 % of balances.

    A quarter wider here: among 10,000 users some fifty in arrears hold a hundredth of all balances.
    """
    assert len(months) >= 7
    for share, low, high in (
        (_mean([month.past_due_30 for month in months]), 0.0108, 0.0156),
        (_mean([month.past_due_90 for month in months]), 0.0068, 0.0105),
    ):
        assert low * 0.75 <= share <= high * 1.25


@pytest.mark.slow
def test_more_than_99_of_100_users_are_in_good_standing(months: list[Month]) -> None:
    assert _mean([month.good_standing for month in months]) > 0.99


@pytest.mark.slow
def test_limits_and_rates_are_plausible(feeds: duckdb.DuckDBPyConnection) -> None:
    for product, low, high in (("huabei", 20, 50_000), ("jiebei", 500, 300_000)):
        found = feeds.execute(
            "select min(credit_limit), quantile_disc(credit_limit, 0.5), max(credit_limit) "
            "from accounts where product = ?",
            [product],
        ).fetchone()
        assert found is not None
        smallest, middle, largest = found
        assert low <= smallest < low * 5
        assert low * 10 < middle < high / 3
        assert high / 3 < largest <= high
    rates = feeds.execute(
        "select distinct daily_rate from loans "
        "where product = 'jiebei' and daily_rate is not null order by all"
    ).fetchall()
    assert Decimal("0.00015") <= rates[0][0] < rates[-1][0] == Decimal("0.0006")


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
