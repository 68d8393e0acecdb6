"""Arrears, standing, limits and rates measured on the feeds, beside published figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.calibration import START, Month, measure_month, month_ends, open_feeds
from scoring.simulator.life import live
from scoring.simulator.parameters import Parameters
from scoring.simulator.season import to_date, to_day
from scoring.simulator.world import create_world

USERS, DAYS = 10_000, 610
MEASURED = ("statements", "repayments", "loans", "installments", "accounts")


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    landing = tmp_path_factory.mktemp("calibration") / "landing"
    _write_feeds(landing)
    with open_feeds(landing) as connection:
        yield connection


def _write_feeds(landing: Path) -> None:
    """What every day's batches hold, in one file per feed that is measured."""
    start = to_day(START)
    world = create_world(
        users=USERS, start=start, last_day=start + DAYS - 1, seed=7, parameters=Parameters()
    )
    batches: dict[str, list[pa.Table]] = {feed: [] for feed in MEASURED}
    for day in live(world, DAYS):
        for feed in MEASURED:
            table = world.batch.take_table(feed, 0)
            if table is not None:
                dt = pa.repeat(pa.scalar(to_date(day)), table.num_rows)
                batches[feed].append(table.append_column("dt", dt))
        world.batch.discard()
    for feed, tables in batches.items():
        path = landing / feed / "every_day" / "part-000.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(pa.concat_tables(tables), path)


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
