"""Instalments: on each day all the money until then is put where it belongs.

Money goes to the instalment that it names, then to the oldest unpaid one of the loan, then (money
for an account) to the oldest of all the account's loans; what remains is credit. This is worked out
anew for every day, so money that names an instalment makes room for money that does not; but the
first day on which an instalment was covered stays the day on which it was settled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from scoring.reference.loans import Loan
from scoring.reference.payments import Payment
from scoring.reference.schedules import Installment, Schedules
from scoring.reference.values import ZERO


def replay_payments(schedules: Schedules, loans: dict[str, Loan], payments: list[Payment]) -> None:
    """Fill in what became of every instalment, one user after the other."""
    paid_by: dict[int, list[Payment]] = defaultdict(list)
    for payment in payments:
        if payment.is_succeeded and payment.target != "line":
            paid_by[payment.owner].append(payment)
    owed_by: dict[int, Schedules] = defaultdict(dict)
    for loan_id, schedule in schedules.items():
        owed_by[loans[loan_id].owner][loan_id] = schedule
    for user, owed in owed_by.items():
        Replay(owed, loans, paid_by[user]).run()


class Replay:
    """The days of one user."""

    def __init__(
        self, schedules: Schedules, loans: dict[str, Loan], payments: list[Payment]
    ) -> None:
        """Take the user's schedules and succeeded payments, nothing paid yet."""
        self.schedules = schedules
        self.loans = loans
        self.payments = payments

    def run(self) -> None:
        """Replay every day with a payment or a closing."""
        closings = {self.loans[loan_id].repaid_date for loan_id in self.schedules} - {None}
        days = {payment.paid_date for payment in self.payments} | closings
        for day in sorted(day for day in days if day is not None):
            self._place_money(day)
            for installment in self._all():
                installment.settle_if_full(day)
            self._settle_finally(day)
        self._close_without_day()

    def _place_money(self, day: date) -> None:
        """Put all the money until the day where it belongs, starting from nothing."""
        loan_money: dict[str, Decimal] = defaultdict(Decimal)
        account_money: dict[str, Decimal] = defaultdict(Decimal)
        for installment in self._all():
            installment.paid_amount = ZERO
        for payment in self.payments:
            if payment.amount is None or payment.paid_date > day:
                continue
            if payment.target == "loan_account" and payment.account_id is not None:
                account_money[payment.account_id] += payment.amount
            elif payment.target == "loan" and payment.loan_id is not None:
                loan_money[payment.loan_id] += payment.amount
            for installment in self._named(payment):
                loan_money[installment.loan_id] += installment.take_named(payment.amount)
        for loan_id, money in loan_money.items():
            _fill(self.schedules.get(loan_id, []), money)
        for account_id, money in account_money.items():
            _fill(self._of_account(account_id), money)

    def _settle_finally(self, day: date) -> None:
        """Final payments settle what they name, a loan closed as repaid all of its schedule."""
        for payment in self.payments:
            if payment.is_final and payment.paid_date == day:
                whole = payment.loan_id if payment.target == "loan" else None
                for installment in [*self._named(payment), *self.schedules.get(whole or "", [])]:
                    installment.settle(day)
        for loan_id, schedule in self.schedules.items():
            if self.loans[loan_id].repaid_date == day:
                for installment in schedule:
                    installment.settle(day)

    def _named(self, payment: Payment) -> list[Installment]:
        """The instalment that a payment names, if any."""
        schedule = self.schedules.get(payment.loan_id or "", [])
        return [found for found in schedule if found.number == payment.installment_no]

    def _of_account(self, account_id: str) -> list[Installment]:
        found = [
            installment
            for installment in self._all()
            if self.loans[installment.loan_id].account_id == account_id
        ]
        return sorted(found, key=lambda item: (item.due_date, item.loan_id, item.number))

    def _all(self) -> Iterable[Installment]:
        return (installment for schedule in self.schedules.values() for installment in schedule)

    def _close_without_day(self) -> None:
        """Repaid on a day that nobody tells: on the due date, unless it was paid before."""
        for loan_id, schedule in self.schedules.items():
            if self.loans[loan_id].is_repaid:
                for installment in schedule:
                    installment.settle(installment.due_date)


def _fill(schedule: list[Installment], money: Decimal) -> None:
    """Give money that names no instalment to these, in order."""
    for installment in schedule:
        money = installment.take_unnamed(money)
