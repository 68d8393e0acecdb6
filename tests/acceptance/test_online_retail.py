"""305 real daily files with all their faults: every row is counted, and twice is once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.adapters import online_retail
from tests.acceptance.figures import Figures, account_figures
from tests.acceptance.money import money_figures
from tests.acceptance.online_retail_money import (
    read_money_fates,
    read_source_money,
    read_spending_money,
)
from tests.acceptance.readings import (
    beside_the_marts,
    feed_figures,
    fetch_files,
    fetch_published,
    fetch_warehouse,
    read_batches,
    read_feed_rows,
    read_rule_rows,
    read_user_keys,
    rule_figures,
    step_figures,
)
from tests.acceptance.runs import Run, ingest_days, run_online_retail
from tests.acceptance.sources import real_source

pytestmark = pytest.mark.slow

Show = Callable[[Figures], None]

FIRST, LAST = date(2010, 12, 1), date(2011, 12, 9)

_SPENT = """
with landed as (
    select distinct * exclude (dt)  -- an exact duplicate counts once
    from read_csv('{folder}/transactions/*/*.csv', all_varchar = true, hive_partitioning = true)
    where user_id is not null and regexp_matches(amount, '^[0-9]+[.][0-9][0-9]$')
        and amount <> '0.00' and occurred_at >= '2011-09-11'
)
select
    user_id, count(*) filter (refund_of is null),
    sum(case when refund_of is null then 1 else -1 end * cast(amount as decimal(18, 2))),
from landed group by user_id
"""
"""Customer, lines bought and money spent less money given back, over the last 90 days."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    source: Path = real_source(online_retail.NAME)
    return run_online_retail(source, tmp_path_factory.mktemp("online_retail"))


def test_every_source_row_has_one_fate(run: Run, show: Show) -> None:
    show(account_figures("Online Retail", run.account))
    assert run.account.source_rows == {"by-day/*.csv": 541_909}
    assert run.account.unaccounted() == {}


def test_all_305_days_are_loaded(run: Run, show: Show) -> None:
    show(step_figures("Online Retail", run.settings))
    days = fetch_warehouse(
        run.settings,
        "select count(*), min(dt), max(dt) from ops.batches "
        "where feed = 'transactions' and state = 'loaded'",
    )
    assert days == [(305, FIRST, LAST)]


def test_rows_read_are_loaded_held_or_quarantined_to_the_row(run: Run, show: Show) -> None:
    show(feed_figures("Online Retail", run.settings))
    rows = read_feed_rows(run.settings)["transactions"]
    assert rows.read == 541_909
    assert rows.read == rows.loaded + rows.held + rows.quarantined
    by_day = fetch_warehouse(
        run.settings,
        "select dt from ops.batches where rows_read <> rows_loaded + rows_held + rows_quarantined",
    )
    assert by_day == []
    in_raw = fetch_files(f"select count(*) from '{run.settings.raw}/transactions/*/*.parquet'")
    assert in_raw == [(rows.loaded + rows.held,)]


def test_each_rule_has_its_rows(run: Run, show: Show) -> None:
    show(rule_figures("Online Retail", run.settings))
    counts = read_rule_rows(run.settings)
    assert sum(counts.values()) == read_feed_rows(run.settings)["transactions"].quarantined
    assert counts == {
        ("transactions", "user_id required"): 135_080,  # no customer
        ("transactions", "amount above"): 40 + 1_787,  # costs nothing; unmatched cancellation
        ("transactions", "amount decimals"): 4,  # a price of 0.001
        ("transactions", "duplicate"): landed_twice(run),
    }


def landed_twice(run: Run) -> int:
    """Exact duplicates among the rows that no other rule refuses, counted in the landed files."""
    files = f"read_csv('{run.settings.landing}/transactions/*/*.csv', all_varchar = true)"
    ((count,),) = fetch_files(
        f"select count(*) - count(distinct transaction_id) from {files} where user_id is not null "
        "and regexp_matches(amount, '^[0-9]+[.][0-9]{2}$') and amount <> '0.00'"
    )
    return int(str(count))


def test_a_quarter_has_no_customer_and_the_setting_says_so(run: Run, show: Show) -> None:
    worst = fetch_warehouse(
        run.settings,
        "select dt, rows_quarantined / rows_read from ops.batches "
        "where feed = 'transactions' order by 2 desc limit 1",
    )
    rows = read_feed_rows(run.settings)["transactions"]
    limit = run.settings.quarantine_limit("transactions")
    show(
        Figures(
            "Online Retail: share of quarantined rows, against the setting of this source",
            ("which", "share"),
            [
                ("all days", rows.quarantined / rows.read),
                (f"worst day, {worst[0][0]}", worst[0][1]),
                ("setting quarantine_share", float(limit)),
                ("default", 0.01),
            ],
        )
    )
    assert worst[0][0] == date(2011, 8, 30)
    assert 0.25 < rows.quarantined / rows.read < 0.30 < float(str(worst[0][1])) < limit


def test_spending_of_every_customer_is_what_the_files_say(run: Run, show: Show) -> None:
    """90 days of every customer, added up from the landed files without the pipeline."""
    keys = read_user_keys(run.settings)
    recomputed = {
        keys[str(user)]: (count, max(Decimal(str(net)), Decimal(0)))
        for user, count, net in fetch_files(_SPENT.format(folder=run.settings.landing))
    }
    published = {
        int(str(key)): (count, amount)
        for key, count, amount in fetch_published(
            run.settings, "select user_key, spend_count_90d, spend_amount_90d from features_latest"
        )
    }
    active = {key: spent for key, spent in published.items() if spent != (0, 0)}
    net = sum(amount for _, amount in recomputed.values())
    rows = [
        (len(published), len(active), sum(count for count, _ in recomputed.values()), float(net))
    ]
    columns = ("customers", "active in 90 days", "lines bought", "spent less given back")
    show(Figures(f"Online Retail: spending in the 90 days up to {LAST}", columns, rows))
    assert len(published) == 4_372
    assert len(active) > 2_000
    assert active == {key: spent for key, spent in recomputed.items() if spent != (0, 0)}


def test_money_of_every_line_is_loaded_or_refused(run: Run, show: Show) -> None:
    """Purchases, refunds and refused lines add up to the source; what is loaded, to the marts."""
    with beside_the_marts(run.settings) as connection:
        kinds = read_source_money(connection, real_source(online_retail.NAME))
        fates = read_money_fates(connection, run.settings.landing)
        lines = read_spending_money(connection)
    rows = [
        (where, name, count, f"{amount:,}")
        for where, sums in (("source", kinds), ("landed", fates))
        for name, (count, amount) in sums.items()
    ]
    columns = ("", "what", "lines", "money")
    show(Figures("Online Retail: where the money of the source went", columns, rows))
    show(money_figures("Online Retail", lines))
    assert sum(amount for _, amount in kinds.values()) == Decimal("9747747.934")
    for index in (0, 1):
        total = sum(sums[index] for sums in kinds.values())
        assert sum(sums[index] for sums in fates.values()) == total
    in_raw = fetch_warehouse(
        run.settings,
        "select sum(amount) filter (refund_of is null), -sum(amount) filter (refund_of is not null)"
        " from raw.transactions",
    )
    assert in_raw == [(fates["loaded: purchases"][1], fates["loaded: refunds"][1])]
    assert [line.what for line in lines if line.users_apart or line.source != line.marts] == []
    assert lines[-1].marts == Decimal("8125740.41")


def test_the_same_days_again_change_nothing(run: Run) -> None:
    before = read_batches(run.settings), read_rule_rows(run.settings), raw_files(run)
    assert len(before[0]) == 2 * 305
    ingest_days(run.settings, FIRST, LAST)
    assert (read_batches(run.settings), read_rule_rows(run.settings), raw_files(run)) == before


def raw_files(run: Run) -> dict[str, int]:
    """Every raw file with the moment it was written."""
    files = sorted(run.settings.raw.rglob("*.parquet"))
    return {str(path.relative_to(run.settings.raw)): path.stat().st_mtime_ns for path in files}
