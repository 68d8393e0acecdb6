"""A real pay-later app: nothing of the future in an early batch, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.acceptance.adapters import xente
from tests.acceptance.adapters.landing import landed_days
from tests.acceptance.figures import Figures, account_figures
from tests.acceptance.money import money_figures
from tests.acceptance.readings import (
    beside_the_marts,
    feed_figures,
    fetch_files,
    fetch_published,
    fetch_warehouse,
    read_feed_rows,
    read_night_contents,
    read_rule_rows,
    read_user_keys,
    rule_figures,
    step_figures,
)
from tests.acceptance.runs import (
    XENTE_EARLY,
    XENTE_FIRST,
    XENTE_LAST,
    XENTE_NIGHT,
    Run,
    compute_nights,
    run_xente,
    run_xente_early,
)
from tests.acceptance.sources import real_source
from tests.acceptance.xente_facts import expected_days_past_due, owners_of_defaulted_loans
from tests.acceptance.xente_money import read_loan_fates, read_xente_money

pytestmark = pytest.mark.slow

Show = Callable[[Figures], None]

EVENT_TIMES = (
    ("repayments", "paid_at"),
    ("loans", "applied_at"),
    ("loans", "disbursed_at"),
    ("transactions", "occurred_at"),
)


@pytest.fixture(scope="module")
def source() -> Path:
    return real_source(xente.NAME)


@pytest.fixture(scope="module")
def run(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run_xente(source, tmp_path_factory.mktemp("xente"))


@pytest.fixture(scope="module")
def other_nights(run: Run) -> Run:
    """The same home with the nights of 2019-01-31 and of the source's last day as well."""
    compute_nights(run.settings, XENTE_EARLY, XENTE_LAST)
    return run


def landed(run: Run, feed: str) -> str:
    """SQL that reads every landed file of a feed as text, with its folder's dt."""
    return (
        f"read_csv('{run.settings.landing}/{feed}/*/*.csv', all_varchar = true, "
        "hive_partitioning = true, hive_types_autocast = false)"
    )


def train(source: Path) -> str:
    """SQL that reads Train.csv as text."""
    return f"read_csv('{source}/Train.csv', all_varchar = true, nullstr = 'NA')"


def test_every_source_row_has_one_fate(run: Run, show: Show) -> None:
    show(account_figures("Xente", run.account))
    assert run.account.source_rows == {
        "Train.csv": 2_100,
        "Test.csv": 905,
        "unlinked_masked_final.csv": 16_327,
    }
    assert run.account.unaccounted() == {}


def test_rows_read_are_loaded_held_or_quarantined(run: Run, show: Show) -> None:
    show(feed_figures("Xente", run.settings))
    feeds = read_feed_rows(run.settings)
    assert {name: rows.read for name, rows in feeds.items()} == run.account.landed()
    for name, rows in feeds.items():
        assert rows.read == rows.loaded + rows.held + rows.quarantined, name


def test_only_pay_backs_told_twice_are_quarantined(run: Run, show: Show) -> None:
    show(rule_figures("Xente", run.settings))
    assert read_rule_rows(run.settings) == {("repayments", "duplicate"): 3}


def test_every_landed_day_up_to_the_night_is_ingested(run: Run, show: Show) -> None:
    show(step_figures("Xente", run.settings))
    days = [day for day in landed_days(run.settings.landing) if day <= XENTE_NIGHT]
    assert days[0] == XENTE_FIRST
    loaded = fetch_warehouse(
        run.settings,
        "select distinct dt from ops.batches "
        f"where dt <= '{XENTE_NIGHT}' and state = 'loaded' order by dt",
    )
    assert [row[0] for row in loaded] == days


def test_night_is_published_for_every_customer_seen_by_then(run: Run, show: Show) -> None:
    by_status = fetch_published(
        run.settings,
        "select score_status, coalesce(score_status_reason, ''), count(*), avg(score), min(score), "
        "max(score) from scores group by all order by all",
    )
    columns = ("status", "reason", "customers", "mean score", "lowest", "highest")
    show(Figures(f"Xente: the published night of {XENTE_NIGHT}", columns, by_status))
    published = fetch_published(
        run.settings,
        "select as_of_date, known_on, count(*), count(distinct user_key) from scores group by all",
    )
    customers = 455
    assert published == [(XENTE_NIGHT, XENTE_NIGHT, customers, customers)]
    seen = f"select count(*) from {landed(run, 'users')} where dt <= '{XENTE_NIGHT}'"
    assert fetch_files(seen) == [(customers,)]


@pytest.mark.parametrize(("feed", "moment"), EVENT_TIMES)
def test_no_batch_tells_of_an_event_after_its_own_day(run: Run, feed: str, moment: str) -> None:
    late, all_rows = f"count(*) filter ({moment}[:10] > dt)", f"count({moment})"
    ((count, total),) = fetch_files(f"select {late}, {all_rows} from {landed(run, feed)}")
    assert count == 0
    assert int(str(total)) > 1_000


def test_early_batches_hold_no_value_of_the_future(run: Run, source: Path) -> None:
    """Pay-backs up to a day are exactly those the source dates up to it, with their own values."""
    told = fetch_files(
        "select repayment_id, loan_id, paid_at, amount::double, is_final::boolean "
        f"from {landed(run, 'repayments')} where dt <= '{XENTE_EARLY}' order by all"
    )
    paid = fetch_files(
        "select PayBackId, LoanId, PaidOnDate, AmountLoan::double, IsFinalPayBack = '1' "
        f"from {train(source)} where PaidOnDate[:10] <= '{XENTE_EARLY}' order by all"
    )
    assert told == paid
    assert len(told) == 488


def test_loans_have_no_column_that_a_pay_back_could_fill(run: Run) -> None:
    columns = {
        feed: [row[0] for row in fetch_files(f"describe from {landed(run, feed)}")]
        for feed in ("loans", "installments")
    }
    assert columns == {
        "loans": [
            *("loan_id", "user_id", "product", "applied_at", "disbursed_at", "decision"),
            *("principal", "term_days", "repayment_method", "lender_id", "dt"),
        ],
        "installments": ["loan_id", "installment_no", "user_id", "due_date", "dt"],
    }


def test_principal_is_value_and_not_what_is_paid_back(run: Run, source: Path) -> None:
    compared = fetch_files(
        "select count(*) filter (principal::double <> Value::double), "
        "count(*) filter (principal::double <> AmountLoan::double) > 1000, count(*) "
        f"from {landed(run, 'loans')} inner join {train(source)} on loan_id = LoanId"
    )
    assert compared == [(0, True, 1_488)]


def test_early_night_is_the_same_with_and_without_later_batches(
    other_nights: Run, tmp_path_factory: pytest.TempPathFactory, show: Show
) -> None:
    alone = run_xente_early(other_nights, tmp_path_factory.mktemp("xente_early"))
    with_later = read_night_contents(other_nights.settings, XENTE_EARLY)
    without = read_night_contents(alone.settings, XENTE_EARLY)
    rows = [
        (table, count, content[:16], without.get(table, (0, "absent"))[1][:16])
        for table, (count, content) in with_later.items()
    ]
    columns = ("table", "rows", "content hash with", "and without")
    show(Figures(f"Xente: {XENTE_EARLY}, with and without later batches", columns, rows))
    assert {table for table, _ in with_later.items()} >= {
        "marts.fct_user_credit_history_daily",
        "marts.fct_user_repayment_daily",
        "scores.scores",
    }
    assert all(count > 0 for count, _ in with_later.values())
    assert with_later == without


def days_past_due(run: Run, night: date) -> dict[str, int]:
    """Customer -> days past due as the pipeline reads them; only if above 0."""
    keys = {key: user for user, key in read_user_keys(run.settings).items()}
    rows = fetch_warehouse(
        run.settings,
        "select user_key, current_dpd_days from marts.fct_user_credit_history_daily "
        f"where as_of_date = '{night}' and known_on = '{night}' and current_dpd_days > 0",
    )
    return {keys[int(str(key))]: int(str(days)) for key, days in rows}


def test_no_defaulted_loan_past_its_due_date_reads_as_paid(run: Run, source: Path) -> None:
    """Days past due of every customer, compared with the source read without the pipeline."""
    expected = expected_days_past_due(source, XENTE_NIGHT)
    owners = owners_of_defaulted_loans(source, XENTE_NIGHT)
    assert (len(expected), len(owners), owners - expected.keys()) == (88, 49, set())
    assert days_past_due(run, XENTE_NIGHT) == expected


def test_no_defaulted_loan_reads_as_paid_when_the_source_ends(
    other_nights: Run, source: Path
) -> None:
    """Three defaulted loans have a final pay-back; from the last day on it settles nothing."""
    expected = expected_days_past_due(source, XENTE_LAST)
    owners = owners_of_defaulted_loans(source, XENTE_LAST)
    assert (len(owners), owners - expected.keys()) == (69, set())
    assert days_past_due(other_nights, XENTE_LAST) == expected


def test_customers_past_due_score_lower(run: Run, show: Show) -> None:
    rows = fetch_published(
        run.settings,
        "select case when current_dpd_days = 0 then '0: nothing past due' "
        "when current_dpd_days < 30 then '1: 1-29 days' else '2: 30 days and more' end as arrears, "
        "count(*), count(score), avg(score) from scores_latest "
        "inner join features_latest using (user_key) group by arrears order by arrears",
    )
    columns = ("current days past due", "customers", "scored", "mean score")
    show(Figures("Xente: mean score by arrears", columns, rows))
    means = [float(str(row[3])) for row in rows]
    assert len(means) == 3
    assert means == sorted(means, reverse=True)


def test_pay_backs_that_are_not_final_stay_not_final(run: Run) -> None:
    counted = fetch_warehouse(
        run.settings,
        "select count(*) filter (not is_final), count(*) from raw.repayments "
        f"where dt < '{XENTE_LAST}'",
    )
    assert counted == [(399, 1_485)]


def test_money_bought_paid_back_and_owed_is_that_of_the_source(
    other_nights: Run, source: Path, show: Show
) -> None:
    with beside_the_marts(other_nights.settings) as connection:
        lines = read_xente_money(connection, source, (XENTE_EARLY, XENTE_NIGHT, XENTE_LAST))
        fates = read_loan_fates(connection, XENTE_LAST)
    show(money_figures("Xente", lines))
    assert [line.what for line in lines if line.users_apart or line.source != line.marts] == []
    assert all(line.users > 40 for line in lines)
    rows = [(fate, count, *map(float, sums)) for fate, (count, *sums) in fates.items()]
    columns = ("fate", "loans", "principal", "paid back", "principal owed")
    show(Figures(f"Xente: what became of every loan by {XENTE_LAST}", columns, rows))
    assert {fate: (count, owed) for fate, (count, _, _, owed) in fates.items()} == {
        "defaulted": (71, Decimal("8602429.00")),
        "no final pay-back yet": (7, Decimal("0.00")),
        "paid back": (1_081, Decimal("0.00")),
        "pay-backs withheld": (478, Decimal("6972510.00")),
    }
    assert sum(owed for *_, owed in fates.values()) == lines[-1].marts
