"""Purchases, refunds and cancellations of Online Retail, from its files to the marts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb

from tests.acceptance.money import MoneyLine, compare_money

_SOURCE = """
select
    case
        when InvoiceNo like 'C%' then 'cancellations'
        when InvoiceNo like 'A%' then 'adjustments of bad debt'
        else 'lines of invoices'
    end as kind,
    count(*), sum(Quantity::integer * UnitPrice::decimal(18, 3)),
from read_csv('{source}/by-day/*.csv', all_varchar = true) group by kind order by kind
"""

# A refund lands as a positive amount that is given back; everything else keeps its sign.
_LANDED = """
create table landed as
with told as (
    select
        *, cast(amount as decimal(18, 3)) as exact_amount,
        row_number() over (partition by transaction_id order by dt) as copy,
    from read_csv(
        '{landing}/transactions/*/*.csv', all_varchar = true, hive_partitioning = true
    )
)
select
    user_id, occurred_at::date as day,
    case when refund_of is null then exact_amount else -exact_amount end as amount,
    case
        when user_id is null then 'refused: no customer'
        when exact_amount < 0 then 'refused: cancellation without its purchase'
        when exact_amount = 0 then 'refused: price of zero'
        when exact_amount <> round(exact_amount, 2) then 'refused: tenth of a cent'
        when copy > 1 then 'refused: exact duplicate'
        when refund_of is null then 'loaded: purchases'
        else 'loaded: refunds'
    end as fate,
from told
"""

_LOADED = """
select user_id, greatest(sum(amount), 0) as amount
from landed where fate like 'loaded%' and day > date '2011-12-09' - {days} group by user_id
"""
_MART = """
select user_key, spend_amount_{days}d as amount
from warehouse.marts.fct_user_spending_daily where as_of_date = '2011-12-09'
"""


def read_source_money(
    connection: duckdb.DuckDBPyConnection, source: Path
) -> dict[str, tuple[int, Decimal]]:
    """Kind of invoice -> lines and money, from the 305 files."""
    rows = connection.execute(_SOURCE.format(source=source)).fetchall()
    return {str(kind): (count, amount) for kind, count, amount in rows}


def read_money_fates(
    connection: duckdb.DuckDBPyConnection, landing: Path
) -> dict[str, tuple[int, Decimal]]:
    """Fate -> lines and money, from the landed files; makes the table ``landed``."""
    connection.execute(_LANDED.format(landing=landing))
    rows = connection.execute(
        "select fate, count(*), sum(amount) from landed group by fate order by fate"
    ).fetchall()
    return {str(fate): (count, amount) for fate, count, amount in rows}


def read_spending_money(connection: duckdb.DuckDBPyConnection) -> list[MoneyLine]:
    """Purchases less refunds of every customer on 2011-12-09; after ``read_money_fates``.

    A customer who gave back more than was bought in the window counts as 0.
    """
    return compare_money(
        connection,
        {
            f"bought less given back in {days} days": (
                _LOADED.format(days=days),
                _MART.format(days=days),
            )
            for days in (30, 90, 365)
        },
    )
