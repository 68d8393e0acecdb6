"""What a revolving account got beyond its bills: it goes to the instalments of its plans."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal

from scoring.reference.bills import Line
from scoring.reference.lines import LineHistory
from scoring.reference.loans import Loan
from scoring.reference.payments import Payment
from scoring.reference.schedules import Schedules
from scoring.reference.values import ZERO, total


def read_overpayments(
    lines: dict[Line, LineHistory],
    payments: list[Payment],
    loans: dict[str, Loan],
    schedules: Schedules,
) -> list[Payment]:
    """One payment into the account per line and day with money that its bills did not need.

    Money from before the first plan stays a credit, which the next bill takes in.
    """
    plan_days: dict[Line, list[date]] = defaultdict(list)
    for loan_id, schedule in schedules.items():
        loan = loans[loan_id]
        has_plan = schedule and loan.family == "revolving"
        if has_plan and loan.account_id is not None and loan.disbursed_date is not None:
            plan_days[loan.owner, loan.account_id].append(loan.disbursed_date)
    into_account: dict[tuple[Line, date], list[Payment]] = defaultdict(list)
    for payment in payments:
        if payment.line is None or payment.named_bill_date is not None or not payment.is_succeeded:
            continue
        if payment.amount is not None and payment.line in plan_days:
            into_account[payment.line, payment.paid_date].append(payment)
    found = []
    for (line, day), paid in into_account.items():
        if day < min(plan_days[line]):
            continue
        needed = _needed_by_bills(lines.get(line), day, {id(payment) for payment in paid})
        rest = total(payment.amount for payment in paid) - needed
        if rest > 0:
            found.append(
                replace(
                    paid[0],
                    amount=rest,
                    is_final=False,
                    target="loan_account",
                    account_id=line[1],
                    line=None,
                )
            )
    return found


def _needed_by_bills(history: LineHistory | None, day: date, into_account: set[int]) -> Decimal:
    """What the newest bill asks for once the day's payments that name a bill are in."""
    issued = [] if history is None else [b for b in history.bills if b.statement_date <= day]
    if history is None or not issued:
        return ZERO
    newest = issued[-1]
    others = [payment for payment in history.payments if id(payment) not in into_account]
    earlier = [item for item in history.taken_over() if newest.statement_date <= item.day < day]
    paid = replace(history, payments=others).paid()
    left = newest.amount_due - total(item.amount for item in earlier)
    left -= total(item.amount for item in paid if newest.statement_date <= item.day <= day)
    return max(left, ZERO)
