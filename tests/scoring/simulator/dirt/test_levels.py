"""No batch loses more rows than ingest tolerates, and every kind of fault happens."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.landing.contract import load_feeds
from scoring.landing.totals import ALWAYS_TOLERATED_ROWS
from scoring.settings import Settings
from scoring.simulator.dirt.file_faults import FileFaultCalendar
from scoring.simulator.dirt.levels import (
    FILE_FAULT_KINDS,
    HEAVY,
    LIGHT,
    ROW_FAULT_KINDS,
    Rates,
    make_budget,
)
from scoring.simulator.simulate import simulate
from tests.scoring.simulator.dirt.deployments import Deployment
from tests.scoring.simulator.dirt.landed import read_ledger
from tests.scoring.simulator.worlds import START

ROW_KINDS = {*ROW_FAULT_KINDS, "late_user"}


@given(st.lists(st.integers(0, 60_000), min_size=1, max_size=200), st.integers(0, 30_000))
def test_shards_together_stay_within_the_limits_of_ingest(rows: list[int], day: int) -> None:
    budgets = [make_budget(count, day, shard, len(rows)) for shard, count in enumerate(rows)]
    limits = Settings.model_construct(quarantine_share={}, held_share={})
    for lost, share in (
        (sum(budget.quarantined for budget in budgets), limits.quarantine_limit("loans")),
        (sum(budget.held for budget in budgets), limits.held_limit("loans")),
    ):
        assert lost <= max(ALWAYS_TOLERATED_ROWS, int(Decimal(share) * sum(rows)))


@pytest.mark.parametrize("shard_count", [1, 3, 20, 200])
def test_small_batches_may_lose_ten_rows_whatever_the_number_of_shards(shard_count: int) -> None:
    for day in range(5):
        budgets = [make_budget(0, day, shard, shard_count) for shard in range(shard_count)]
        assert sum(budget.quarantined for budget in budgets) == 10
    assert make_budget(50_000, 3, 0, 20).quarantined == 200


@pytest.mark.parametrize(("rates", "row_share"), [(LIGHT, 0.001), (HEAVY, 0.01)])
def test_rates_are_about_those_that_are_promised(rates: Rates, row_share: float) -> None:
    assert sum(rates.of_rows()) == pytest.approx(row_share)


@pytest.mark.parametrize(("rates", "days"), [(LIGHT, 365), (HEAVY, 14)])
def test_a_feed_loses_a_day_about_as_often_as_promised(rates: Rates, days: int) -> None:
    calendar = FileFaultCalendar(3, rates, start=0)
    periods = 20
    faults = [
        fault.kind
        for feed in load_feeds()
        for day in range(days * periods)
        if (fault := calendar.find(feed, day)) is not None
    ]
    assert 0.75 < len(faults) / (periods * len(load_feeds())) < 1.1
    assert Counter(faults).keys() == set(FILE_FAULT_KINDS)


def test_every_kind_occurs_in_heavy(dirty: Deployment) -> None:
    assert {fault["kind"] for fault in read_ledger(dirty)} == ROW_KINDS | set(FILE_FAULT_KINDS)


def test_every_row_level_kind_occurs_in_light(tmp_path: Path) -> None:
    out = tmp_path / "landing"
    simulate(users=20_000, start=START, days=5, seed=2, out=out, parameters=None, dirt="light")
    ledger = pq.read_table(tmp_path / "landing.truth" / "faults" / "part-000.parquet")
    assert set(ledger["kind"].to_pylist()) - set(FILE_FAULT_KINDS) == ROW_KINDS
