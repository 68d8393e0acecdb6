"""Disputes that are open or upheld: the record counts neither for nor against the user."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from scoring.reference.bills import Bill
from scoring.reference.known_world import KnownWorld
from scoring.reference.loans import Loan
from scoring.reference.values import business_date

Dispute = tuple[str, str]
"""Kind and id of a record."""


@dataclass(frozen=True)
class Disputes:
    """What is disputed at the end of the night by the one who owes it."""

    excluded: set[Dispute]
    """Records that count neither for nor against the user: disputed still, or rightly."""
    open_counts: dict[int, int]
    """User -> disputes still open."""


def read_disputes(world: KnownWorld, bills: dict[str, Bill], loans: dict[str, Loan]) -> Disputes:
    """The disputes opened by the night, where the one who disputes also owes."""
    owners = _read_owners(world, bills, loans)
    disputes = Disputes(set(), defaultdict(int))
    for row in world.rows["disputes"]:
        record = (row["record_kind"], row["record_id"])
        is_opened = business_date(row["opened_at"]) <= world.as_of
        if not is_opened or owners.get(record) != row["owner"]:
            continue
        resolved_at = row["resolved_at"]
        is_open = resolved_at is None or business_date(resolved_at) > world.as_of
        disputes.open_counts[row["owner"]] += is_open
        if is_open or row["outcome"] == "upheld":
            disputes.excluded.add(record)
    return disputes


def _read_owners(
    world: KnownWorld, bills: dict[str, Bill], loans: dict[str, Loan]
) -> dict[Dispute, int]:
    """Record -> the user who owes it."""
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
    return owners


def has_dispute(disputes: set[Dispute], *records: Dispute) -> bool:
    """Whether any of these records counts neither for nor against the user."""
    return any(record in disputes for record in records)
