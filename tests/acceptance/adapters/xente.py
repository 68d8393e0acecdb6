"""Xente pay-later (Uganda, 2018–2019) as landing batches; the mapping is in docs/acceptance.md.

Every value lands on the day it became known: a loan on its issue, a pay-back on ``PaidOnDate``.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.acceptance.adapters.landing import Account, Fate, count_rows, write_feed

NAME = "xente_bnpl"
TIMEZONE = "Africa/Kampala"
FEEDS = ("users", "transactions", "loans", "installments", "repayments")

_SOURCES = """
create table train as
select * from read_csv('{folder}/Train.csv', all_varchar = true, nullstr = 'NA');
create table test as
select * from read_csv('{folder}/Test.csv', all_varchar = true, nullstr = 'NA');
-- The third file writes its dates as 30/6/19 22:57:49, the other two as 2019-06-30 22:57:49.
create table unlinked as
select * replace (strptime(TransactionStartTime, '%d/%m/%y %H:%M:%S') as TransactionStartTime)
from read_csv('{folder}/unlinked_masked_final.csv', all_varchar = true, nullstr = 'NA');
"""

_APPLICATIONS = """
-- One row per source row of Train and Test: an application, with what was known at its issue.
create table applications as
with told as (
    select 'Train.csv' as source, * exclude (
        AmountLoan, Currency, PaidOnDate, IsFinalPayBack, PayBackId, ThirdPartyId,
        IsThirdPartyConfirmed, IsDefaulted
    ) from train
    union all by name
    select 'Test.csv' as source, * exclude (ThirdPartyId) from test
)
select * replace (
    cast(TransactionStartTime as timestamp) as TransactionStartTime,
    cast(IssuedDateLoan as timestamp) as IssuedDateLoan,
    cast(DueDate as timestamp) as DueDate,
    cast(Value as decimal(18, 2)) as Value
),
from told;
"""

_LOANS = """
-- An accepted application is told once per pay-back; a rejected one has no id of its own, and
-- TransactionId alone repeats over days.
create table loans as
select distinct  -- the pay-back rows of one loan are alike in all columns that are named here
    LoanId as loan_id, CustomerId as user_id, 'huabei' as product, IssuedDateLoan as applied_at,
    IssuedDateLoan as disbursed_at, 'accepted' as decision, Value as principal,
    datediff('day', IssuedDateLoan::date, DueDate::date) as term_days,
    'bullet' as repayment_method, InvestorId as lender_id, IssuedDateLoan::date as dt,
from applications where TransactionStatus = '1'
union all
select
    concat(TransactionId, '@', strftime(TransactionStartTime, '%Y%m%dT%H%M%S')), CustomerId,
    'huabei', TransactionStartTime, null, 'rejected', Value, null, null, null,
    TransactionStartTime::date,
from applications where TransactionStatus = '0';

create table installments as
select distinct  -- as above
    LoanId as loan_id, 1 as installment_no, CustomerId as user_id, DueDate::date as due_date,
    IssuedDateLoan::date as dt,
from applications where TransactionStatus = '1' and DueDate is not null;
"""

_REPAYMENTS = """
create table repayments as
select
    PayBackId as repayment_id, CustomerId as user_id, LoanId as loan_id,
    cast(PaidOnDate as timestamp) as paid_at, cast(AmountLoan as decimal(18, 2)) as amount,
    IsFinalPayBack = '1' as is_final, cast(PaidOnDate as timestamp)::date as dt,
from train where LoanId is not null;

-- IsDefaulted has no date: nobody can know it before the source ends. On that last day the final
-- pay-backs of defaulted loans are told again as not final.
create table corrections as
select
    PayBackId as repayment_id, CustomerId as user_id, LoanId as loan_id,
    cast(PaidOnDate as timestamp) as paid_at, cast(AmountLoan as decimal(18, 2)) as amount,
    false as is_final, (select max(TransactionStartTime)::date from applications) as dt,
from train where IsDefaulted = '1' and IsFinalPayBack = '1';
insert into repayments from corrections;
"""

_TRANSACTIONS = """
create table transactions as
select distinct  -- a purchase is told once per pay-back and per loan that was tried for it
    concat(TransactionId, '@', strftime(TransactionStartTime, '%Y%m%dT%H%M%S')) as transaction_id,
    CustomerId as user_id, TransactionStartTime as occurred_at, Value as amount,
    ProductCategory as category_code, ProviderId as merchant_id, ChannelId as channel,
    'huabei_installment' as payment_method, TransactionStartTime::date as dt,
from applications where TransactionStatus = '1'
union all
select
    TransactionId, CustomerId, TransactionStartTime, cast(Value as decimal(18, 2)),
    ProductCategory, ProviderId, ChannelId, 'other', TransactionStartTime::date,
from unlinked;

create table users as
with seen as (
    select user_id, dt from loans
    union all
    select user_id, dt from transactions
)
select user_id, min(dt) as dt from seen group by user_id;
"""


def write_landing(source: Path, landing: Path) -> Account:
    """Write every day of the set into ``landing`` and account for every source row.

    Args:
        source: Folder with Train.csv, Test.csv and unlinked_masked_final.csv.
        landing: The landing folder of the deployment.

    Returns:
        The account: 2,100 + 905 + 16,327 source rows, each landed once.
    """
    with duckdb.connect() as connection:
        for script in (_SOURCES, _APPLICATIONS, _LOANS, _REPAYMENTS, _TRANSACTIONS):
            connection.execute(script.replace("{folder}", str(source)))
        for feed in FEEDS:
            sums = {"transactions": ("amount",), "loans": ("principal",), "repayments": ("amount",)}
            write_feed(connection, feed, landing, file_format="csv", sums=sums.get(feed, ()))
        return _account(connection)


def _account(connection: duckdb.DuckDBPyConnection) -> Account:
    rejected = "rejected application"
    issued = "application, accepted; its pay-backs are not in the source"
    fates = (
        Fate("Train.csv", "repayments", "pay-back of a loan", _rows(connection, "train", "1")),
        Fate("Train.csv", "loans", rejected, _rows(connection, "train", "0")),
        Fate("Test.csv", "loans", issued, _rows(connection, "test", "1")),
        Fate("Test.csv", "loans", rejected, _rows(connection, "test", "0")),
        Fate("unlinked_masked_final.csv", "transactions", "purchase", _all(connection, "unlinked")),
    )
    loans = count_rows(connection, "(select distinct LoanId from train) where LoanId is not null")
    purchases = _all(connection, "transactions") - _all(connection, "unlinked")
    derived = (
        Fate("Train.csv", "loans", "the loan of the pay-backs", loans),
        Fate(
            "Train.csv, Test.csv", "installments", "its due date", _all(connection, "installments")
        ),
        Fate("Train.csv, Test.csv", "transactions", "the purchase it paid for", purchases),
        Fate("all files", "users", "first day a customer is seen", _all(connection, "users")),
        Fate(
            "Train.csv",
            "repayments",
            "IsDefaulted, known on the last day: final pay-back of a defaulted loan is not final",
            _all(connection, "corrections"),
        ),
    )
    names = {"Train.csv": "train", "Test.csv": "test", "unlinked_masked_final.csv": "unlinked"}
    return Account({file: _all(connection, table) for file, table in names.items()}, fates, derived)


def _all(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return count_rows(connection, table)


def _rows(connection: duckdb.DuckDBPyConnection, table: str, status: str) -> int:
    return count_rows(connection, f"{table} where TransactionStatus = '{status}'")
