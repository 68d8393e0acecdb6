"""What was owed by when: the common reading of bills and instalments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from scoring.reference.bills import Line
from scoring.reference.values import ZERO


@dataclass(frozen=True)
class Obligation:
    """One bill with an amount due, or one instalment of a loan that is owed."""

    kind: Literal["statement", "installment"]
    obligation_id: str
    line: Line | None
    """The line that was billed; empty for an instalment."""
    owner: int
    as_of: date
    due_date: date
    last_on_time_date: date
    amount_due: Decimal | None
    converted_amount: Decimal
    paid_amount: Decimal
    waived_amount: Decimal
    uncovered_amount: Decimal
    met_date: date | None
    """First day with the required amount, or as reported where payments are not known."""
    full_date: date | None
    has_matured: bool
    """Whether its last day has passed, undisputed or not."""
    is_disputed: bool

    @property
    def is_matured(self) -> bool:
        """Whether it says something about the user."""
        return self.has_matured and not self.is_disputed

    @property
    def is_on_time(self) -> bool:
        """Whether the required amount was there by the last day."""
        met = self.met_date is not None and self.met_date <= self.last_on_time_date
        return self.is_matured and met

    @property
    def is_late(self) -> bool:
        """Whether its last day passed without the required amount."""
        return self.is_matured and not self.is_on_time

    @property
    def is_past_due(self) -> bool:
        """Whether it is late still."""
        return self.is_late and self.met_date is None

    @property
    def is_paid_in_full_on_time(self) -> bool:
        """Whether all of it, not the minimum alone, was there by the last day."""
        full = self.full_date is not None and self.full_date <= self.last_on_time_date
        return self.is_on_time and full

    @property
    def late_until(self) -> date:
        """The last day on which it was late: when it was met, or the night."""
        return self.met_date or self.as_of

    @property
    def days_late(self) -> int:
        """Days from the due date to ``late_until``."""
        return (self.late_until - self.due_date).days


def overdue_amount(obligations: list[Obligation], line_outstanding: dict[Line, Decimal]) -> Decimal:
    """The unpaid part of what is past due.

    Bills of a line contain one another: of a line it is the largest, at most what is owed on it.
    """
    largest_of_line: dict[Line, Decimal] = {}
    amount = ZERO
    for obligation in obligations:
        if not obligation.is_past_due:
            continue
        if obligation.line is None:
            amount += obligation.uncovered_amount
            continue
        largest = largest_of_line.get(obligation.line, ZERO)
        largest_of_line[obligation.line] = max(largest, obligation.uncovered_amount)
    for line, largest in largest_of_line.items():
        amount += min(largest, line_outstanding[line])
    return amount


def is_met_as_reported(due_date: date, reported_date: date, reported_dpd: int) -> bool:
    """Whether a report of so many days past due says that what was due on a day has been met."""
    return reported_dpd == 0 or (reported_date - due_date).days > reported_dpd
