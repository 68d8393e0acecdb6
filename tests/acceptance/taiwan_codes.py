"""The arrears codes of the Taiwan set beside what the marts say of the same bills.

A cell is a card holder and a month, 180,000 in all. The code of a month answers the bill of that
month, which falls due in the next one: it is compared with the marts of the end of the next month.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.acceptance.difference_classes import CLASSES

# Month 4 is April; the payment of the month after it answers its bill.
_MONTHS = """
create table months as
with told as (
    unpivot (from read_csv('{source}/UCI_Credit_Card.csv', new_line = '\\r'))
    on (BILL_AMT1, PAY_AMT1, PAY_0) as '1', {pairs}
    into name k value (bill, paid, code)
)
select
    ID::varchar as user_id, 10 - k::integer as month, code::integer as code,
    bill::decimal(18, 2) as bill, lead(paid::decimal(18, 2)) over by_month as paid,
    greatest(lag(bill) over by_month, lead(bill) over by_month) as neighbour_bill,
    lag(code) over by_month as previous_code, lead(code) over by_month as next_code,
    list(code::integer) over until_now as codes,
    last_day(make_date(2005, month, 1) + interval 1 month) as night,
from told
window
    by_month as (partition by ID order by k desc),
    until_now as (partition by ID order by k desc rows between unbounded preceding and current row)
"""

# The oldest bill past due says how late; the bill of the month, how it was paid if none is.
_MARTS = """
create table judged as
select
    identities.user_id, history.as_of_date as night,
    case when current_dpd_days > 0 then 1 + datediff(
        'month', history.as_of_date - current_dpd_days::integer, history.as_of_date
    ) else 0 end as months_late,
    case
        when current_dpd_days > 0 then 'late'
        when bills.amount_due is null then 'nothing_due'
        when bills.paid_amount >= bills.amount_due then 'paid_in_full'
        else 'minimum_met'
    end as state,
from warehouse.marts.fct_user_credit_history_daily as history
inner join vault.identities using (user_key)
left join warehouse.intermediate.int_obligations as bills
    on history.user_key = bills.user_key and history.as_of_date = bills.as_of_date
    and history.known_on = bills.known_on and bills.obligation_kind = 'statement'
    and date_trunc('month', bills.due_date) = date_trunc('month', history.as_of_date)
"""

_CELLS = """
create table cells as
with compared as (
    select
        months.* exclude (codes), state, months_late,
        case state
            when 'nothing_due' then -2 when 'paid_in_full' then -1 when 'minimum_met' then 0
            else months_late + 1
        end as expected_code,
        list_min(codes) as lowest_code_so_far,
        list_min(codes[len(codes) - months_late + 1:]) as lowest_code_of_spell,
    from months left join judged using (user_id, night)
),
ruled as (select *, {rules}, from compared)
select
    * exclude ({keys}), {total} as classes_that_hold,
    case {names} end as difference_class,
from ruled
"""


def write_cells(connection: duckdb.DuckDBPyConnection, source: Path) -> None:
    """Make the table ``cells``: 180,000 rows, with the class whose rule holds.

    Args:
        connection: Has the finished run attached as ``warehouse`` and ``vault``.
        source: Folder with UCI_Credit_Card.csv.
    """
    pairs = ", ".join(f"(BILL_AMT{k}, PAY_AMT{k}, PAY_{k}) as '{k}'" for k in range(2, 7))
    rules = {f"rule_{number}": kind for number, kind in enumerate(CLASSES)}
    connection.execute(_MONTHS.format(source=source, pairs=pairs))
    connection.execute(_MARTS)
    connection.execute(
        _CELLS.format(
            rules=", ".join(
                f"coalesce({kind.rule}, false) as {key}" for key, kind in rules.items()
            ),
            keys=", ".join(rules),
            total=" + ".join(f"{key}::integer" for key in rules),
            names=" ".join(f"when {key} then '{kind.name}'" for key, kind in rules.items()),
        )
    )
