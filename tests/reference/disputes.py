"""Disputes that are open or upheld: the record counts neither for nor against the user."""

from __future__ import annotations

from tests.reference.bills import Bill
from tests.reference.known_world import KnownWorld
from tests.reference.loans import Loan
from tests.reference.values import Row, business_date

Dispute = tuple[str, str]
"""Kind and id of a record."""


def read_disputes(
    world: KnownWorld, bills: dict[str, Bill], loans: dict[str, Loan]
) -> set[Dispute]:
    """The disputed records, where the one who disputes also owes."""
    owners: dict[Dispute, int] = {}
    for bill in bills.values():
        owners["statement", bill.statement_id] = bill.owner
    for loan in loans.values():
        owners["loan", loan.loan_id] = loan.owner
    for row in world.rows["installments"]:
        lent = loans.get(row["loan_id"])
        if lent is not None and lent.owner == row["owner"]:
            name = f"{row['loan_id']}#{row['installment_no']}"
            owners["installment", name] = row["owner"]
    disputed = set()
    for row in world.rows["disputes"]:
        record = (row["record_kind"], row["record_id"])
        if _is_excluding(row, world) and owners.get(record) == row["owner"]:
            disputed.add(record)
    return disputed


def _is_excluding(row: Row, world: KnownWorld) -> bool:
    if business_date(row["opened_at"]) > world.as_of:
        return False
    resolved_at = row["resolved_at"]
    is_open = resolved_at is None or business_date(resolved_at) > world.as_of
    return is_open or row["outcome"] == "upheld"


def has_dispute(disputes: set[Dispute], *records: Dispute) -> bool:
    """Whether any of these records counts neither for nor against the user."""
    return any(record in disputes for record in records)
