"""UCI Online Retail (2010-12-01 to 2011-12-09), one file a day, as landing batches.

Nothing is cleaned here: a row without customer, a price of zero or an exact duplicate lands as it
is, for ingest to refuse by rule. The mapping is in docs/acceptance.md.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.acceptance.adapters.landing import Account, Fate, count_rows, write_feed

NAME = "online_retail_by_day"
TIMEZONE = "Europe/London"
FEEDS = ("users", "transactions")

QUARANTINE_SHARE = "0.90"
"""A quarter of all rows names no customer; on the worst day (2011-08-30) 88 % are refused."""

_LINES = """
-- One row per source row. The id holds the whole line: exact duplicates get one id, and two
-- different lines of one article on one invoice get two.
create table lines as
select
    InvoiceNo, StockCode, try_cast(Quantity as integer) as quantity,
    cast(UnitPrice as decimal(18, 3)) as unit_price, cast(InvoiceDate as timestamp) as invoiced_at,
    regexp_replace(CustomerID, '[.]0$', '') as customer_id, Country,
    concat(InvoiceNo, '/', StockCode, '/', left(md5(concat_ws('|', InvoiceNo, StockCode,
        Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country)), 12)) as line_id,
    cast(regexp_extract(filename, '(\\d{4}-\\d{2}-\\d{2})[.]csv$', 1) as date) as dt,
from read_csv('{folder}/by-day/*.csv', all_varchar = true, filename = true);
"""

_REFUNDS = """
-- A cancellation names no invoice: it refunds the newest earlier line of the same customer,
-- article and price that is large enough, while that line still has pieces to give back.
create table refunds as
with purchases as (
    select distinct  -- exact duplicates are one line
        line_id, customer_id, StockCode, unit_price, quantity, invoiced_at,
    from lines where quantity > 0 and unit_price > 0 and customer_id is not null
),
cancellations as (
    select distinct line_id, customer_id, StockCode, unit_price, quantity, invoiced_at,
    from lines where InvoiceNo like 'C%' and customer_id is not null
),
matched as (
    select
        cancellations.line_id, cancellations.quantity, cancellations.invoiced_at,
        purchases.line_id as purchase_id, purchases.quantity as purchased_quantity,
    from cancellations
    inner join purchases using (customer_id, StockCode, unit_price)
    where purchases.invoiced_at <= cancellations.invoiced_at
        and purchases.quantity >= -cancellations.quantity
    qualify row_number() over (
        partition by cancellations.line_id
        order by purchases.invoiced_at desc, purchases.line_id
    ) = 1
)
select line_id, purchase_id, from matched
qualify -sum(quantity) over (partition by purchase_id order by invoiced_at, line_id)
    <= purchased_quantity;
"""

_FEEDS = """
-- A refund is a positive amount with refund_of; any other line keeps the sign it came with.
create table transactions as
select
    line_id as transaction_id, customer_id as user_id, invoiced_at as occurred_at,
    cast(case when refunds.line_id is null then 1 else -1 end * quantity * unit_price
        as decimal(18, 3)) as exact_amount,
    case when exact_amount = cast(exact_amount as decimal(18, 2))
        then cast(cast(exact_amount as decimal(18, 2)) as varchar)
        else cast(exact_amount as varchar) end as amount,
    purchase_id as refund_of, dt,
from lines left join refunds using (line_id);
alter table transactions drop column exact_amount;

create table users as
select
    customer_id as user_id, arg_min(Country, (invoiced_at, line_id)) as region_code,
    min(dt) as dt,
from lines where customer_id is not null group by customer_id;
"""


def write_landing(source: Path, landing: Path) -> Account:
    """Write the 305 days into ``landing`` and account for every source row.

    Args:
        source: Folder that holds by-day/.
        landing: The landing folder of the deployment.

    Returns:
        The account: 541,909 source rows, each landed once as a transaction.
    """
    with duckdb.connect() as connection:
        for script in (_LINES, _REFUNDS, _FEEDS):
            connection.execute(script.replace("{folder}", str(source)))
        write_feed(connection, "users", landing, file_format="csv")
        write_feed(connection, "transactions", landing, file_format="csv", sums=("amount",))
        return _account(connection)


def _account(connection: duckdb.DuckDBPyConnection) -> Account:
    kinds = {
        "line of an invoice": "InvoiceNo not like 'C%'",
        "cancellation, as the refund of the line it takes back": (
            "InvoiceNo like 'C%' and line_id in (select line_id from refunds)"
        ),
        "cancellation of a line that is not in the source: as it came, with its negative amount": (
            "InvoiceNo like 'C%' and line_id not in (select line_id from refunds)"
        ),
    }
    fates = tuple(
        Fate("by-day/*.csv", "transactions", reason, count_rows(connection, f"lines where {where}"))
        for reason, where in kinds.items()
    )
    users = Fate(
        "by-day/*.csv", "users", "first day a customer is seen", count_rows(connection, "users")
    )
    return Account({"by-day/*.csv": count_rows(connection, "lines")}, fates, (users,))
