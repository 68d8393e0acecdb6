"""Facts about the Xente run that are worked out beside the pipeline, to compare with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

_PAST_DUE = """
with told as (
    select
        *, cast(DueDate as timestamp)::date as due_date,
        cast(PaidOnDate as timestamp)::date as paid_on,
    from read_csv('{source}/Train.csv', all_varchar = true, nullstr = 'NA')
    where LoanId is not null
),
loans as (
    select
        LoanId, CustomerId, due_date, max(IsDefaulted) = '1' as is_defaulted,
        -- IsDefaulted is known from the last day of the source on.
        bool_or(IsFinalPayBack = '1' and paid_on <= '{night}'
            and (IsDefaulted = '0' or '{night}' < '2019-07-17')) as is_settled,
    from told where cast(IssuedDateLoan as timestamp)::date <= '{night}'
    group by LoanId, CustomerId, due_date
)
"""


def expected_days_past_due(source: Path, night: date) -> dict[str, int]:
    """Customer -> days past due of the oldest loan without a final pay-back; only if above 0."""
    past_due = _PAST_DUE.replace("{source}", str(source)).replace("{night}", str(night))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"{past_due} select CustomerId, max(date '{night}' - due_date) as days from loans "
            f"where not is_settled and due_date < '{night}' group by CustomerId"
        ).fetchall()
    return {str(user): int(days) for user, days in rows}


def owners_of_defaulted_loans(source: Path, night: date) -> set[str]:
    """Customers with a defaulted loan that has fallen due by the night."""
    past_due = _PAST_DUE.replace("{source}", str(source)).replace("{night}", str(night))
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"{past_due} select distinct CustomerId from loans "
            f"where is_defaulted and due_date < '{night}'"
        ).fetchall()
    return {str(row[0]) for row in rows}
