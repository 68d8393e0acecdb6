"""Bills and payments of the Taiwan set, added up from its file and from the marts."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.acceptance.money import MoneyLine, compare_money

_MONTHS = """
create table bills as
with told as (
    unpivot (from read_csv('{source}/UCI_Credit_Card.csv', new_line = '\\r'))
    on {pairs} into name k value (bill, paid)
)
select
    ID::varchar as user_id, 10 - k::integer as month,
    greatest(bill, 0)::decimal(18, 2) as bill, paid::decimal(18, 2) as payment,
    -- What the month after the bill pays of it; September's bill has no month after it.
    least(greatest(bill, 0), coalesce(lead(paid) over (partition by ID order by k desc), 0))
        ::decimal(18, 2) as covered,
from told
"""

_BILLS = "select user_id, {amount} as amount from bills where month {months}"
_MART = "select user_key, {amount} as amount from warehouse.{table} where as_of_date = '{night}'"


def read_taiwan_money(connection: duckdb.DuckDBPyConnection, source: Path) -> list[MoneyLine]:
    """Every bill above 0 and every payment, each in the mart of a night that looks back on it.

    Args:
        connection: Has the run over the months' ends attached as ``warehouse`` and ``vault``.
        source: Folder with UCI_Credit_Card.csv.
    """
    pairs = ", ".join(f"(BILL_AMT{k}, PAY_AMT{k}) as '{k}'" for k in range(1, 7))
    connection.execute(_MONTHS.format(source=source, pairs=pairs))
    repayment = "marts.fct_user_repayment_daily"
    history = "marts.fct_user_credit_history_daily"
    settled = "intermediate.int_statements__settled"
    return compare_money(
        connection,
        {
            "bills of April to August, due by 2005-09-30": (
                _BILLS.format(amount="bill", months="< 9"),
                _mart(repayment, "statement_due_amount_180d", "2005-09-30"),
            ),
            "  of it paid in the month after": (
                _BILLS.format(amount="covered", months="< 9"),
                _mart(settled, "paid_amount", "2005-09-30"),
            ),
            "  of it carried into the next bill": (
                _BILLS.format(amount="bill - covered", months="< 9"),
                _mart(settled, "carried_amount", "2005-09-30"),
            ),
            "bills of September, owed on 2005-09-30": (
                _BILLS.format(amount="bill", months="= 9"),
                _mart(history, "outstanding_amount", "2005-09-30"),
            ),
            "payments of April to June": (
                _BILLS.format(amount="payment", months="<= 6"),
                _mart(repayment, "repayment_amount_90d", "2005-06-30"),
            ),
            "payments of July to September": (
                _BILLS.format(amount="payment", months="> 6"),
                _mart(repayment, "repayment_amount_90d", "2005-09-30"),
            ),
        },
    )


def _mart(table: str, amount: str, night: str) -> str:
    return _MART.format(table=table, amount=amount, night=night)
