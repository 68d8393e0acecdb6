"""What became of each bill of a line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from scoring.reference.bills import Bill
from scoring.reference.disputes import Dispute, has_dispute
from scoring.reference.lines import LineHistory, Money
from scoring.reference.obligations import Obligation, is_met_as_reported
from scoring.reference.values import ZERO, total


def first_day_with(amount: Decimal, money: Iterable[Money], bill: Bill) -> date | None:
    """First day on which the money since the bill's issue reached the amount."""
    if amount <= 0:
        return bill.statement_date
    sum_so_far = ZERO
    for item in sorted(money, key=lambda item: item.day):
        if item.day >= bill.statement_date:
            sum_so_far += item.amount
            if sum_so_far >= amount:
                return item.day
    return None


def read_line(history: LineHistory, disputes: set[Dispute]) -> tuple[list[Obligation], Decimal]:
    """What became of each bill with an amount due, and what the line still owes."""
    obligations = []
    outstanding = ZERO
    paid, taken_over = history.paid(), history.taken_over()
    for position, bill in enumerate(history.bills):
        obligation, rest = _read_bill(history, position, paid, taken_over, disputes)
        outstanding = rest
        if bill.amount_due > 0:
            obligations.append(obligation)
    return obligations, outstanding


def _read_bill(
    history: LineHistory,
    position: int,
    paid_ever: list[Money],
    taken_ever: list[Money],
    disputes: set[Dispute],
) -> tuple[Obligation, Decimal]:
    """The bill as an obligation, and what the line owes if it is the newest."""
    bill = history.bills[position]
    later = history.bills[position + 1 :]
    paid_since = [item for item in paid_ever if item.day >= bill.statement_date]
    taken_since = [item for item in taken_ever if item.day >= bill.statement_date]
    due = max(bill.amount_due, ZERO)
    converted = min(total(item.amount for item in taken_ever if item.was_taken_from(bill)), due)

    lowered = total(item.amount for item in taken_since if item.lowers(bill))
    to_minimum = paid_since + [item for item in taken_since if not item.lowers(bill)]
    minimum_date = first_day_with(min(bill.minimum_due, due - lowered), to_minimum, bill)
    # Each later bill contains what is unpaid of this one, so the first that is settled ends both.
    full_date = _earliest(
        ending
        for other in [bill, *later]
        for ending in (
            first_day_with(other.amount_due, paid_ever + taken_ever, other),
            history.final_date(other),
        )
    )
    final_date = history.final_date(bill)

    before_next = [
        item.amount for item in paid_since if not later or item.day < later[0].statement_date
    ]
    paid = min(due - converted, total(before_next))
    written_off = min(bill.written_off_amount, due - converted - paid)
    rest = due - converted - paid - written_off
    waived = rest if final_date is not None else ZERO

    has_matured = bill.last_on_time_date < history.as_of
    met_date = _earliest([minimum_date, full_date])
    report = history.newest_report
    if report is not None and report.reported_dpd is not None and not history.payments:
        has_matured = has_matured and bill.due_date <= report.statement_date
        is_met = is_met_as_reported(bill.due_date, report.statement_date, report.reported_dpd)
        met_date = bill.due_date if is_met else None
    obligation = Obligation(
        kind="statement",
        obligation_id=bill.statement_id,
        line=bill.line,
        owner=bill.owner,
        as_of=history.as_of,
        due_date=bill.due_date,
        last_on_time_date=bill.last_on_time_date,
        amount_due=due,
        converted_amount=converted,
        paid_amount=paid,
        waived_amount=waived,
        uncovered_amount=max(due - total(item.amount for item in paid_since + taken_since), ZERO),
        met_date=met_date,
        full_date=full_date,
        has_matured=has_matured,
        is_disputed=has_dispute(disputes, ("statement", bill.statement_id)),
    )
    return obligation, rest - waived


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)
