"""Instalments of loans that are owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from scoring.reference.known_world import KnownWorld
from scoring.reference.loans import Loan
from scoring.reference.values import ZERO, Row


@dataclass
class Installment:
    """One scheduled instalment of a loan that is owed, and what happened to it so far."""

    loan_id: str
    number: int
    due_date: date
    amount_due: Decimal | None
    principal_due: Decimal | None
    paid_amount: Decimal = ZERO
    settled_date: date | None = None
    is_waived: bool = False
    """Whether a final payment or the loan's closing settled it whatever the amounts say."""
    held_amount: Decimal = ZERO
    """What payments had covered when it was waived."""

    @property
    def unpaid_amount(self) -> Decimal:
        """What payments have left open; nothing while the amount is unknown."""
        return ZERO if self.amount_due is None else max(self.amount_due - self.paid_amount, ZERO)

    def take_named(self, offered: Decimal) -> Decimal:
        """Take of money that names it as much as is unpaid and return the rest."""
        if self.amount_due is None:
            return ZERO
        taken = min(offered, self.unpaid_amount)
        self.paid_amount += taken
        return offered - taken

    def take_unnamed(self, offered: Decimal) -> Decimal:
        """Take of other money; once waived no more than to hold what it held then."""
        room = self.unpaid_amount
        if self.is_waived:
            room = min(room, max(self.held_amount - self.paid_amount, ZERO))
        taken = min(offered, room)
        self.paid_amount += taken
        return offered - taken

    def settle(self, day: date) -> None:
        """Settle it whatever the amounts say."""
        if not self.is_waived:
            self.held_amount = self.paid_amount
        self.settled_date = self.settled_date or day
        self.is_waived = True

    def settle_if_full(self, day: date) -> None:
        """Settle it once payments have covered it."""
        is_full = self.amount_due is not None and self.paid_amount >= self.amount_due
        if is_full and self.paid_amount > 0:
            self.settled_date = self.settled_date or day


Schedules = dict[str, list[Installment]]


def read_schedules(world: KnownWorld, loans: dict[str, Loan]) -> Schedules:
    """Loan id -> its instalments in order, of loans that are owed; before any payment."""
    schedules: Schedules = {loan.loan_id: [] for loan in loans.values() if loan.is_owed}
    for row in sorted(world.rows["installments"], key=_place):
        if row["loan_id"] in schedules and loans[row["loan_id"]].owner == row["owner"]:
            schedules[row["loan_id"]].append(
                Installment(
                    row["loan_id"],
                    row["installment_no"],
                    row["due_date"],
                    row["amount_due"],
                    row["principal_due"],
                )
            )
    return schedules


def _place(row: Row) -> tuple[str, int]:
    return row["loan_id"], row["installment_no"]
