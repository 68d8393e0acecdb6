"""calibration: arrears, standing, limits and rates of a simulated world, measured on its feeds.

python -m benchmarks.calibration [--users 100000] [--days 1096] [--seed 7] [--landing FOLDER]

Everything is counted from the landing files, as anybody who only gets the feeds would. Balances are
billed pay-later debt and unpaid principal of loans; a debt written off is no balance any more.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from scoring.simulator.simulate import simulate

START = date(2022, 1, 1)

_NEWEST = """
create table {feed} as
from read_parquet('{landing}/{feed}/*/*.parquet', hive_partitioning = true)
qualify row_number() over (partition by {key} order by dt desc) = 1
"""
_KEYS = {
    "statements": "statement_id",
    "repayments": "repayment_id",
    "loans": "loan_id",
    "installments": "loan_id, installment_no",
    "accounts": "account_id, effective_at",
}

# Bills are cumulative: a line owes its newest bill less the payments since, and is past due from
# the oldest bill whose minimum the payments since its issue have not reached.
_LINES = """
with bills as (
    select
        *,
        lead(statement_date) over line as next_date,
        min(case when amount_due <= 0 then statement_date end) over (
            partition by account_id order by statement_date
            rows between 1 following and unbounded following
        ) as cleared_date
    from statements
    where statement_date <= $day
    window line as (partition by account_id order by statement_date)
),
paid as (
    select
        bills.statement_id,
        sum(repayments.amount) as amount,
        bool_or(repayments.is_final) as is_final
    from bills
    inner join repayments
        on bills.user_id = repayments.user_id and repayments.paid_at >= bills.statement_date
    where
        repayments.status = 'succeeded'
        and repayments.loan_id is null
        and repayments.paid_at < $day + interval 1 day
    group by bills.statement_id
),
converted as (
    select origin_statement_id as statement_id, sum(principal) as amount
    from loans
    where origin_statement_id is not null and disbursed_at < $day + interval 1 day
    group by origin_statement_id
),
states as (
    select
        bills.account_id,
        bills.due_date,
        bills.next_date is null as is_newest,
        bills.written_off_amount is not null as is_written_off,
        bills.amount_due - coalesce(converted.amount, 0) - coalesce(paid.amount, 0) as left_amount,
        bills.due_date < $day
        and bills.minimum_due > coalesce(paid.amount, 0)
        and converted.amount is null
        and not coalesce(paid.is_final, false)
        and bills.cleared_date is null as is_past_due
    from bills
    left join paid on bills.statement_id = paid.statement_id
    left join converted on bills.statement_id = converted.statement_id
)
select
    account_id as debt_id,
    substr(account_id, 3) as user_number,
    greatest(sum(left_amount) filter (where is_newest), 0) as balance,
    coalesce($day - min(due_date) filter (where is_past_due), 0) as dpd
from states
group by account_id
having not bool_or(is_written_off)
"""
_LOANS = """
with parts as (
    select
        installments.loan_id,
        loans.account_id,
        installments.principal_due,
        installments.due_date,
        exists (
            select 1 from repayments
            where
                repayments.loan_id = installments.loan_id
                and coalesce(repayments.installment_no, installments.installment_no)
                = installments.installment_no
                and repayments.status = 'succeeded'
                and repayments.paid_at < $day + interval 1 day
        ) as is_paid
    from installments
    inner join loans on installments.loan_id = loans.loan_id
    where
        loans.disbursed_at < $day + interval 1 day
        and (loans.closed_at is null or loans.closed_at >= $day + interval 1 day)
)
select
    loan_id as debt_id,
    substr(any_value(account_id), 3) as user_number,
    sum(principal_due) filter (where not is_paid) as balance,
    coalesce($day - min(due_date) filter (where not is_paid and due_date < $day), 0) as dpd
from parts
group by loan_id
"""
_SHARES = """
select
    sum(balance) filter (where dpd >= 30) / sum(balance) as past_due_30,
    sum(balance) filter (where dpd >= 90) / sum(balance) as past_due_90,
    count(distinct user_number) filter (where dpd >= 30) as late_users
from debts
"""
_HOLDERS = """
select count(*) from (
    from accounts
    where product = 'huabei' and effective_at < $day + interval 1 day
    qualify row_number() over (partition by account_id order by effective_at desc) = 1
)
where status <> 'closed'
"""


@dataclass(frozen=True)
class Month:
    """Shares (0-1) at one month end.

    Attributes:
        past_due_30, past_due_90: Balances at least so many days past due, of all balances.
        good_standing: Holders of a pay-later line that are less than 30 days past due.
    """

    day: date
    past_due_30: float
    past_due_90: float
    good_standing: float


def open_feeds(landing: Path) -> duckdb.DuckDBPyConnection:
    """The newest version of every record of the credit feeds, as tables of one connection."""
    connection = duckdb.connect()
    for feed, key in _KEYS.items():
        connection.execute(_NEWEST.format(feed=feed, landing=landing, key=key))
    return connection


def measure_month(connection: duckdb.DuckDBPyConnection, day: date) -> Month:
    """Measure one evening."""
    parameters = {"day": day}
    connection.execute(f"create or replace table debts as {_LINES}", parameters)
    connection.execute(f"insert into debts {_LOANS}", parameters)
    shares = connection.execute(_SHARES).fetchone()
    holders = connection.execute(_HOLDERS, parameters).fetchone()
    if shares is None or holders is None:
        raise RuntimeError(f"nothing to measure on {day}")
    past_due_30, past_due_90, late_users = shares
    return Month(
        day, float(past_due_30 or 0), float(past_due_90 or 0), 1.0 - late_users / holders[0]
    )


def month_ends(first: date, last: date) -> list[date]:
    """Month ends from ``first`` to ``last``."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if (day + timedelta(days=1)).day == 1]


def measure_ranges(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Limits and rates beside what is published."""
    rows = []
    for product, bounds in (("huabei", "20-50,000"), ("jiebei", "500-300,000")):
        found = connection.execute(
            "select min(credit_limit), quantile_disc(credit_limit, 0.5), max(credit_limit) "
            "from accounts where product = ?",
            [product],
        ).fetchone()
        low, middle, high = found or (0, 0, 0)
        rows.append((f"{product} limit, CNY", f"{low:,}-{middle:,}-{high:,}", bounds))
    low, high = connection.execute(
        "select min(daily_rate), max(daily_rate) from loans where product = 'jiebei'"
    ).fetchone() or (0, 0)
    rows.append(("jiebei daily rate", f"{low:.5f}-{high:.5f}", "0.00015-0.0006"))
    return rows


def main() -> None:
    """Simulate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=1096)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--landing", type=Path, help="landing folder of a world from this start")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        landing = arguments.landing or Path(folder) / "landing"
        if arguments.landing is None:
            report = simulate(
                users=arguments.users,
                start=START,
                days=arguments.days,
                seed=arguments.seed,
                out=landing,
            )
            print(report.render(), flush=True)
        started = time.perf_counter()
        with open_feeds(landing) as connection:
            last = START + timedelta(days=arguments.days - 1)
            ends = month_ends(START + timedelta(days=390), last)
            months = [measure_month(connection, day) for day in ends]
            ranges = measure_ranges(connection)
    print(f"\n{'month end':12}{'30+ of balances':>18}{'90+ of balances':>18}{'good standing':>16}")
    for month in months:
        figures = (month.past_due_30, month.past_due_90, month.good_standing)
        print(f"{month.day!s:12}{figures[0]:18.2%}{figures[1]:18.2%}{figures[2]:16.2%}")
    count = len(months)
    means = [
        sum(month.past_due_30 for month in months) / count,
        sum(month.past_due_90 for month in months) / count,
        sum(month.good_standing for month in months) / count,
    ]
    print(f"{'mean':12}{means[0]:18.2%}{means[1]:18.2%}{means[2]:16.2%}")
    print(f"{'published':12}{'1.08-1.56 %':>18}{'0.68-1.05 %':>18}{'> 99 %':>16}\n")
    for name, measured, published in ranges:
        print(f"{name:24}{measured:>28}   published {published}")
    print(f"\nmeasured in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
