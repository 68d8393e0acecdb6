"""Revolving lines: each bill contains the unpaid rest of the one before.

A payment counts for every bill of its line issued before it, whatever bill it names; the line owes
what its newest bill asks less the payments since.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference.bills import Bill, Line
from tests.reference.loans import Loan
from tests.reference.payments import Payment
from tests.reference.values import total


@dataclass(frozen=True)
class Money:
    """What covers bills from a day on: a payment, or a plan begun after its bill's last day."""

    day: date
    amount: Decimal
    is_payment: bool


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

    def money(self) -> list[Money]:
        """All that ever covered a bill of the line, oldest first."""
        found = []
        for payment in self.payments:
            if not payment.is_succeeded or payment.amount is None:
                continue
            # A bill cannot be paid before it is there.
            day = max(payment.paid_date, payment.named_bill_date or payment.paid_date)
            if day <= self.as_of:
                found.append(Money(day, payment.amount, is_payment=True))
        for bill in self.bills:
            found += [
                Money(plan.disbursed_date, plan.principal, is_payment=False)
                for plan in self.plans.get(bill.statement_id, [])
                if plan.disbursed_date is not None and plan.disbursed_date > bill.last_on_time_date
            ]
        return sorted(found, key=lambda money: money.day)

    def plans_by_last_day(self, bill: Bill) -> Decimal:
        """What plans took over before the bill was late."""
        return total(
            plan.principal
            for plan in self.plans.get(bill.statement_id, [])
            if plan.disbursed_date is not None and plan.disbursed_date <= bill.last_on_time_date
        )

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
