"""UCI Taiwan credit card clients (April–September 2005) as landing batches.

One wide row per card holder becomes a user, an account, six bills and up to six payments. The file
numbers months backwards: 1 is September, 6 is April. The mapping is in docs/acceptance.md.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from tests.acceptance.adapters.landing import LISTED, Account, Fate, count_rows, write_feed

NAME = "uci_taiwan_default"
TIMEZONE = "Asia/Taipei"
FEEDS = ("users", "accounts", "statements", "repayments")

FIRST_DAY = date(2005, 4, 1)
NIGHT = date(2005, 9, 30)
"""The day of the last bill; the label is about the month after it."""

MINIMUM_DUE_RATIO = "0.02"
"""Where payments start to pile up: below 2 % of the bill before there are hardly any."""

LABEL = '"default.payment.next.month"'

_MONTHS = """
-- One row per card holder and month k; the file ends its lines with a bare CR.
create table clients as
select * from read_csv('{folder}/UCI_Credit_Card.csv', new_line = '\\r');

create table months as
unpivot clients on {pairs} into name k value (bill_amount, paid_amount);
alter table months add column month_start date;
update months set month_start = make_date(2005, 10 - k::integer, 1);
"""

_FEEDS = """
create table users as
select
    ID::varchar as user_id, 2005 - AGE as birth_year,
    case SEX when 1 then 'male' when 2 then 'female' end as gender, date '2005-04-01' as dt,
from clients;

create table accounts as
select
    concat('card-', ID) as account_id, ID::varchar as user_id, 'huabei' as product,
    timestamp '2005-04-01 00:00:00' as effective_at, 'active' as status,
    LIMIT_BAL::decimal(18, 2) as credit_limit, 25 as due_day, date '2005-04-01' as dt,
from clients;

-- The bill of a month is issued on its last day and due on the 25th of the next.
create table statements as
select
    concat('bill-', ID, '-', strftime(month_start, '%Y%m')) as statement_id, ID::varchar as user_id,
    concat('card-', ID) as account_id, 'huabei' as product, last_day(month_start) as statement_date,
    (month_start + interval 1 month + interval 24 day)::date as due_date,
    bill_amount::decimal(18, 2) as amount_due, last_day(month_start) as dt,
from months;

-- What is paid in a month answers the bill of the month before; the day is not in the source.
create table repayments as
select
    concat('pay-', ID, '-', strftime(month_start, '%Y%m')) as repayment_id, ID::varchar as user_id,
    case when month_start > '2005-04-01' then concat('bill-', ID, '-',
        strftime(month_start - interval 1 month, '%Y%m')) end as statement_id,
    case when month_start = '2005-04-01' then concat('card-', ID) end as account_id,
    month_start + interval 19 day + interval 12 hour as paid_at,
    paid_amount::decimal(18, 2) as amount, (month_start + interval 19 day)::date as dt,
from months where paid_amount > 0;
"""


def write_landing(source: Path, landing: Path) -> Account:
    """Write the set into ``landing`` and account for every column of every source row.

    Args:
        source: Folder with UCI_Credit_Card.csv.
        landing: The landing folder of the deployment.

    Returns:
        The account, by column group: 30,000 rows of 25 columns each.
    """
    with duckdb.connect() as connection:
        pairs = ", ".join(f"(BILL_AMT{k}, PAY_AMT{k}) as '{k}'" for k in range(1, 7))
        for script in (_MONTHS, _FEEDS):
            connection.execute(script.replace("{folder}", str(source)).replace("{pairs}", pairs))
        for feed in FEEDS:
            sums = {"statements": ("amount_due",), "repayments": ("amount",)}.get(feed, ())
            write_feed(connection, feed, landing, file_format="parquet", sums=sums)
        return _account(connection)


def _account(connection: duckdb.DuckDBPyConnection) -> Account:
    clients, months = count_rows(connection, "clients"), count_rows(connection, "months")
    paid = count_rows(connection, "repayments")
    first = count_rows(connection, "repayments where statement_id is null")
    credit = count_rows(connection, "statements where amount_due < 0")
    fates = (
        Fate("ID, SEX, AGE", "users", "the card holder", clients),
        Fate("LIMIT_BAL", "accounts", "the card and its limit", clients),
        Fate("BILL_AMT1–6", "statements", "bill", months - credit),
        Fate("BILL_AMT1–6", "statements", "bill that is a credit balance (negative)", credit),
        Fate("PAY_AMT1–6", "repayments", "payment of the bill of the month before", paid - first),
        Fate(
            "PAY_AMT1–6", "repayments", "payment in April: to the account, no bill precedes", first
        ),
        Fate("PAY_AMT1–6", LISTED, "zero: nothing was paid in this month", months - paid),
        Fate("PAY_0–PAY_6", LISTED, "arrears code: would tell the card what it must find", months),
        Fate("EDUCATION, MARRIAGE", LISTED, "personal, and no column of the contract", clients),
        Fate("default.payment.next.month", LISTED, "the label: known a month later", clients),
    )
    source_rows = {fate.source: clients for fate in fates}
    source_rows |= dict.fromkeys(("BILL_AMT1–6", "PAY_AMT1–6", "PAY_0–PAY_6"), 6 * clients)
    return Account(source_rows, fates, ())
