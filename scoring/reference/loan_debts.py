"""What is owed on each loan, and its instalments as obligations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from scoring.reference.disputes import Dispute, has_dispute
from scoring.reference.known_world import Question
from scoring.reference.loans import Loan
from scoring.reference.obligations import Obligation, is_met_as_reported
from scoring.reference.payments import Payment
from scoring.reference.schedules import Installment
from scoring.reference.values import ZERO, total


@dataclass(frozen=True)
class LoanDebt:
    """One loan that is owed: its schedule after the replay and what is left."""

    loan: Loan
    obligations: list[Obligation]
    unpaid_by_number: dict[int, Decimal]
    schedule: list[Installment]
    is_open: bool
    outstanding_amount: Decimal

    def due_between(self, start: date, last: date) -> Decimal:
        """Unpaid part of instalments that fall due after ``start`` and by ``last``."""
        return total(
            self.unpaid_by_number.get(item.number)
            for item in self.schedule
            if start < item.due_date <= last
        )


def read_loan_debt(
    loan: Loan,
    schedule: list[Installment],
    payments: list[Payment],
    disputes: set[Dispute],
    question: Question,
) -> LoanDebt:
    """What became of one loan; ``payments`` are those that name it."""
    unpaid = _unpaid_by_number(loan, schedule)
    is_settled = _is_settled(loan, schedule, payments)
    return LoanDebt(
        loan=loan,
        obligations=[
            _to_obligation(loan, item, unpaid.get(item.number), bool(payments), disputes, question)
            for item in schedule
            if item.amount_due is None or item.amount_due > 0
        ],
        unpaid_by_number=unpaid,
        schedule=schedule,
        is_open=not is_settled and loan.closed_date is None,
        outstanding_amount=ZERO
        if is_settled
        else _outstanding_amount(loan, schedule, unpaid, payments, question),
    )


def _unpaid_by_number(loan: Loan, schedule: list[Installment]) -> dict[int, Decimal]:
    """Unpaid part of each instalment of known amount; a write-off takes the first ones."""
    given_up = loan.written_off_amount
    unpaid = {}
    for item in schedule:
        if item.amount_due is None:
            continue
        rest = ZERO if item.is_waived else item.unpaid_amount
        if loan.is_written_off:
            part = rest if given_up is None else min(rest, given_up)
            given_up = None if given_up is None else given_up - part
            rest -= part
        unpaid[item.number] = rest
    return unpaid


def _is_settled(loan: Loan, schedule: list[Installment], payments: list[Payment]) -> bool:
    if loan.is_repaid:
        return True
    if schedule:
        return all(item.settled_date is not None or item.amount_due == 0 for item in schedule)
    return any(
        payment.is_final and payment.is_succeeded and payment.target == "loan"
        for payment in payments
    )


def _outstanding_amount(
    loan: Loan,
    schedule: list[Installment],
    unpaid: dict[int, Decimal],
    payments: list[Payment],
    question: Question,
) -> Decimal:
    """With a full schedule its unpaid parts, without interest to come; else total less payments."""
    if schedule and len(unpaid) == len(schedule):
        return total(_owed_now(item, unpaid[item.number], question) for item in schedule)
    if loan.is_written_off and loan.written_off_amount is None:
        return ZERO
    whole = loan.principal if loan.total_due is None else loan.total_due
    paid = total(payment.amount for payment in payments if payment.is_succeeded)
    return max(whole - paid - (loan.written_off_amount or ZERO), ZERO)


def _owed_now(item: Installment, unpaid: Decimal, question: Question) -> Decimal:
    if item.due_date <= question.as_of or item.amount_due is None:
        return unpaid
    principal = item.amount_due if item.principal_due is None else item.principal_due
    return min(unpaid, principal, item.amount_due)


def _to_obligation(
    loan: Loan,
    item: Installment,
    unpaid: Decimal | None,
    is_payment_known: bool,
    disputes: set[Dispute],
    question: Question,
) -> Obligation:
    name = f"{loan.loan_id}#{item.number}"
    last_on_time_date = item.due_date + timedelta(days=question.grace_days)
    met_date = item.settled_date
    has_matured = last_on_time_date < question.as_of
    report = loan.current_report
    if report is not None and not is_payment_known:
        has_matured = has_matured and item.due_date <= loan.reported_date
        is_met = is_met_as_reported(item.due_date, loan.reported_date, report)
        met_date = item.due_date if is_met else None
    return Obligation(
        kind="installment",
        obligation_id=name,
        line=None,
        owner=loan.owner,
        as_of=question.as_of,
        due_date=item.due_date,
        last_on_time_date=last_on_time_date,
        amount_due=item.amount_due,
        converted_amount=ZERO,
        paid_amount=item.paid_amount,
        waived_amount=item.unpaid_amount if item.is_waived else ZERO,
        uncovered_amount=unpaid or ZERO,
        met_date=met_date,
        full_date=item.settled_date,
        has_matured=has_matured,
        is_disputed=has_dispute(disputes, ("installment", name), ("loan", loan.loan_id)),
    )
