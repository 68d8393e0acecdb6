"""Loans, pay-backs and purchases of the Xente set, added up from its files and from the marts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from tests.acceptance.money import MoneyLine, compare_money

_SOURCES = """
create table train as
from read_csv('{source}/Train.csv', all_varchar = true, nullstr = 'NA');
create table applications as
select CustomerId as user_id, TransactionId, TransactionStartTime, LoanId, TransactionStatus,
    IssuedDateLoan::date as issued_on, Value::decimal(18, 2) as amount, IsDefaulted,
from (
    from train
    union all by name
    from read_csv('{source}/Test.csv', all_varchar = true, nullstr = 'NA')
);
-- Three pay-backs stand under two purchases each, and count once.
create table pay_backs as
select distinct CustomerId as user_id, LoanId, PayBackId, PaidOnDate::date as paid_on,
    AmountLoan::decimal(18, 2) as amount, IsFinalPayBack = '1' as is_final,
from train where LoanId is not null;
create table purchases as
select distinct  -- a purchase is told once per pay-back
    user_id, TransactionId, TransactionStartTime::timestamp as bought_at, amount,
from applications where TransactionStatus = '1'
union all
select CustomerId, TransactionId, strptime(TransactionStartTime, '%d/%m/%y %H:%M:%S'),
    Value::decimal(18, 2),
from read_csv('{source}/unlinked_masked_final.csv', all_varchar = true, nullstr = 'NA');
"""

# IsDefaulted works from the last day of the source on: then no pay-back of such a loan is final.
_LOANS = """
create table loans_{name} as
with issued as (
    select LoanId, user_id, any_value(amount) as principal, any_value(IsDefaulted) as IsDefaulted,
    from applications where TransactionStatus = '1' and issued_on <= '{night}' group by all
),
paid as (
    select LoanId, sum(amount) as paid, bool_or(is_final) as is_final
    from pay_backs where paid_on <= '{night}' group by LoanId
)
select
    *,
    case
        when IsDefaulted is null then 'pay-backs withheld'
        when IsDefaulted = '1' and '{night}' >= '2019-07-17' then 'defaulted'
        when is_final then 'paid back'
        else 'no final pay-back yet'
    end as fate,
    case when fate = 'paid back' then 0 else greatest(principal - coalesce(paid, 0), 0) end as owed,
from issued left join paid using (LoanId)
"""

_PAY_BACKS = """
select user_id, amount from pay_backs
where paid_on <= '{night}' and paid_on > date '{night}' - 90
"""
_MART = (
    "select user_key, {amount} as amount from warehouse.marts.{mart} where as_of_date = '{night}'"
)


def read_xente_money(
    connection: duckdb.DuckDBPyConnection, source: Path, nights: tuple[date, ...]
) -> list[MoneyLine]:
    """What was bought, paid back and is still owed on each night.

    Args:
        connection: Has a run with these nights attached as ``warehouse`` and ``vault``.
        source: Folder with the three files.
        nights: Nights whose marts are there; all within a year of the first day of the source.
    """
    connection.execute(_SOURCES.format(source=source))
    pairs = {}
    for night in nights:
        name = f"{night:%Y%m%d}"
        connection.execute(_LOANS.format(name=name, night=night))
        pairs |= {
            f"{night}: bought since the first day": (
                f"select user_id, amount from purchases where bought_at::date <= '{night}'",
                _mart("fct_user_spending_daily", "spend_amount_365d", night),
            ),
            f"{night}: paid back within 90 days": (
                _PAY_BACKS.format(night=night),
                _mart("fct_user_repayment_daily", "repayment_amount_90d", night),
            ),
            f"{night}: principal still owed": (
                f"select user_id, owed as amount from loans_{name}",
                _mart("fct_user_credit_history_daily", "outstanding_amount", night),
            ),
        }
    return compare_money(connection, pairs)


def read_loan_fates(
    connection: duckdb.DuckDBPyConnection, night: date
) -> dict[str, tuple[int, Decimal, Decimal, Decimal]]:
    """Fate -> loans, principal, paid back, principal still owed; after ``read_xente_money``."""
    rows = connection.execute(
        "select fate, count(*), sum(principal), coalesce(sum(paid), 0), sum(owed)::decimal(18, 2) "
        f"from loans_{night:%Y%m%d} group by fate order by fate"
    ).fetchall()
    return {
        str(fate): (count, principal, paid, owed) for fate, count, principal, paid, owed in rows
    }


def _mart(mart: str, amount: str, night: date) -> str:
    return _MART.format(mart=mart, amount=amount, night=night)
