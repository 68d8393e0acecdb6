"""What became of each bill of a line."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from tests.reference.bills import Bill
from tests.reference.disputes import Dispute, has_dispute
from tests.reference.lines import LineHistory, Money
from tests.reference.obligations import Obligation, is_met_as_reported
from tests.reference.values import ZERO, total


def first_day_with(amount: Decimal, money: Iterable[Money], bill: Bill) -> date | None:
    """First day on which the money since the bill's issue reached the amount."""
    if amount <= 0:
        return bill.statement_date
    sum_so_far = ZERO
    for item in money:
        if item.day >= bill.statement_date:
            sum_so_far += item.amount
            if sum_so_far >= amount:
                return item.day
    return None


def read_line(history: LineHistory, disputes: set[Dispute]) -> tuple[list[Obligation], Decimal]:
    """What became of each bill with an amount due, and what the line still owes."""
    obligations = []
    outstanding = ZERO
    for position, bill in enumerate(history.bills):
        obligation, rest = _read_bill(history, position, disputes)
        outstanding = rest
        if bill.amount_due > 0:
            obligations.append(obligation)
    return obligations, outstanding


def _read_bill(
    history: LineHistory, position: int, disputes: set[Dispute]
) -> tuple[Obligation, Decimal]:
    """The bill as an obligation, and what the line owes if it is the newest."""
    bill = history.bills[position]
    later = history.bills[position + 1 :]
    money = [item for item in history.money() if item.day >= bill.statement_date]
    due = max(bill.amount_due, ZERO)
    plans = history.plans.get(bill.statement_id, [])
    converted = min(total(plan.principal for plan in plans), due)
    net_due = due - min(history.plans_by_last_day(bill), due)

    # A final payment, or a later bill with nothing due, says that nothing is owed from before.
    final_date = history.final_date(bill)
    cleared_date = min(
        (next_.statement_date for next_ in later if next_.amount_due <= 0), default=None
    )
    endings = [final_date, cleared_date]
    met = [first_day_with(min(bill.minimum_due, net_due), money, bill), *endings]
    full = [first_day_with(net_due, money, bill), *endings]

    before_next = [
        item.amount
        for item in money
        if item.is_payment and (not later or item.day < later[0].statement_date)
    ]
    paid = min(due - converted, total(before_next))
    written_off = min(bill.written_off_amount, due - converted - paid)
    rest = due - converted - paid - written_off
    waived = rest if final_date is not None else ZERO

    has_matured = bill.last_on_time_date < history.as_of
    met_date = _earliest(met)
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
        uncovered_amount=max(net_due - total(item.amount for item in money), ZERO),
        met_date=met_date,
        full_date=_earliest(full),
        has_matured=has_matured,
        is_disputed=has_dispute(disputes, ("statement", bill.statement_id)),
    )
    return obligation, rest - waived


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)
