"""Revolving lines: each bill contains the unpaid rest of the one before.

A payment counts for every bill of its line issued before it, whatever bill it names, and so does
what an instalment plan takes over; the line owes what its newest bill asks less both since.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from scoring.reference.bills import Bill, Line
from scoring.reference.loans import Loan
from scoring.reference.payments import Payment
from scoring.reference.values import total


@dataclass(frozen=True)
class Money:
    """What covers bills from a day on: a payment, or what a plan took over."""

    day: date
    amount: Decimal
    plan_of: Bill | None = None
    """The bill that the plan names; empty for a payment."""
    newest: Bill | None = None
    """The newest bill when the plan took over."""

    def was_taken_from(self, bill: Bill) -> bool:
        """Whether a plan took it over of the bill, named or as the one that contained it."""
        return bill in (self.plan_of, self.newest)

    def lowers(self, bill: Bill) -> bool:
        """Whether a plan in time lowered what the bill asks for instead of covering its minimum."""
        return self.plan_of is bill and self.day <= bill.last_on_time_date


@dataclass(frozen=True)
class LineHistory:
    """One line by the night: bills in order, payments to it, plans by bill."""

    bills: list[Bill]
    payments: list[Payment]
    plans: dict[str, list[Loan]]
    as_of: date

    @property
    def newest_report(self) -> Bill | None:
        """The newest bill with reported arrears."""
        reported = [bill for bill in self.bills if bill.reported_dpd is not None]
        return reported[-1] if reported else None

    def paid(self) -> list[Money]:
        """All payments to the line, whatever they name."""
        found = []
        for payment in self.payments:
            if not payment.is_succeeded or payment.amount is None:
                continue
            # A bill cannot be paid before it is there.
            day = max(payment.paid_date, payment.named_bill_date or payment.paid_date)
            if day <= self.as_of:
                found.append(Money(day, payment.amount))
        return found

    def taken_over(self) -> list[Money]:
        """What each plan took over: at most what was left to take that evening.

        Nothing is left once the bill that it names is paid or put into earlier plans, or once the
        newest bill is, which contains what was left of that bill.
        """
        taken: list[Money] = []
        principals: dict[str, Decimal] = defaultdict(Decimal)
        for day, bill, plan in self._plans_in_order():
            newest = [other for other in self.bills if other.statement_date <= day][-1]
            left_of_named = bill.amount_due - self._paid_between(bill.statement_date, day)
            left_of_named -= principals[bill.statement_id]
            left_of_newest = newest.amount_due - self._paid_between(newest.statement_date, day)
            left_of_newest -= total(item.amount for item in taken if item.newest is newest)
            amount = min(plan.principal, left_of_named, left_of_newest)
            principals[bill.statement_id] += plan.principal
            if amount > 0:
                taken.append(Money(day, amount, bill, newest))
        return taken

    def _plans_in_order(self) -> list[tuple[date, Bill, Loan]]:
        """Day on which it acts, bill that it names, plan."""
        found = [
            (max(plan.disbursed_date, bill.statement_date), plan.disbursed_at, bill, plan)
            for bill in self.bills
            for plan in self.plans.get(bill.statement_id, [])
            if plan.disbursed_date is not None and plan.disbursed_at is not None
        ]
        found.sort(key=lambda item: (item[0], item[1], item[3].loan_id))
        return [(day, bill, plan) for day, _, bill, plan in found]

    def _paid_between(self, first: date, last: date) -> Decimal:
        return total(item.amount for item in self.paid() if first <= item.day <= last)

    def final_date(self, bill: Bill) -> date | None:
        """First day of a payment that settles the bill whatever the amounts say."""
        days = [
            max(payment.paid_date, bill.statement_date)
            for payment in self.payments
            if payment.is_final
            and payment.is_succeeded
            and (payment.named_bill_date or payment.paid_date) >= bill.statement_date
        ]
        return min(days, default=None)


def group_lines(
    bills: dict[str, Bill], loans: dict[str, Loan], payments: list[Payment], as_of: date
) -> dict[Line, LineHistory]:
    """Every line with a bill issued by the night."""
    plans: dict[str, list[Loan]] = defaultdict(list)
    for loan in loans.values():
        bill = bills.get(loan.plan_of) if loan.plan_of is not None else None
        if loan.is_owed and bill is not None and bill.owner == loan.owner:
            plans[bill.statement_id].append(loan)
    issued: dict[Line, list[Bill]] = defaultdict(list)
    for bill in bills.values():
        if bill.statement_date <= as_of:
            issued[bill.line].append(bill)
    paid: dict[Line, list[Payment]] = defaultdict(list)
    for payment in payments:
        if payment.line is not None:
            paid[payment.line].append(payment)
    return {
        line: LineHistory(sorted(found, key=_order), paid[line], plans, as_of)
        for line, found in issued.items()
    }


def _order(bill: Bill) -> tuple[date, date, str]:
    return bill.statement_date, bill.due_date, bill.statement_id
