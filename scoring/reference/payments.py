"""Payments and what they are for; a payment whose target is not known takes part in nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from scoring.reference.bills import Bill, Line
from scoring.reference.known_world import KnownWorld
from scoring.reference.loans import Loan
from scoring.reference.seeds import FAMILY
from scoring.reference.values import Moment, Row, business_date

Target = Literal["line", "instalment", "loan", "loan_account"]


@dataclass(frozen=True)
class Payment:
    """One payment by the night, successful or not."""

    owner: int
    paid_at: Moment
    paid_date: date
    amount: Decimal | None
    method: str | None
    status: str
    is_final: bool
    target: Target
    family: str
    line: Line | None = None
    named_bill_date: date | None = None
    """When the bill that it names was issued; empty if it names none."""
    loan_id: str | None = None
    installment_no: int | None = None
    account_id: str | None = None

    @property
    def is_succeeded(self) -> bool:
        """Whether the money arrived."""
        return self.status == "succeeded"


class Targets:
    """What a payment can be for, as known."""

    def __init__(
        self,
        world: KnownWorld,
        accounts: dict[str, Row],
        bills: dict[str, Bill],
        loans: dict[str, Loan],
    ) -> None:
        """Collect bills, loans, instalments, and accounts by who may pay into them."""
        self.bills = bills
        self.loans = loans
        self.installments = {
            (row["loan_id"], row["installment_no"]) for row in world.rows["installments"]
        }
        self.line_accounts = {(bill.owner, bill.account_id) for bill in bills.values()}
        self.loan_accounts = {(loan.owner, loan.account_id): loan.family for loan in loans.values()}
        for account in accounts.values():
            key = (account["owner"], account["account_id"])
            if FAMILY[account["product"]] == "revolving":
                self.line_accounts.add(key)
            else:
                self.loan_accounts[key] = "installment"

    def find(self, row: Row) -> Row | None:
        """The fields of ``Payment`` that tell its target, or nothing."""
        if row["statement_id"] is not None:
            return self._find_bill(row)
        if row["loan_id"] is not None:
            return self._find_loan(row)
        key = (row["owner"], row["account_id"])
        if key in self.line_accounts:
            return {"target": "line", "family": "revolving", "line": key}
        if key in self.loan_accounts:
            family = self.loan_accounts[key]
            return {"target": "loan_account", "family": family, "account_id": row["account_id"]}
        return None

    def _find_bill(self, row: Row) -> Row | None:
        bill = self.bills.get(row["statement_id"])
        if bill is None or bill.owner != row["owner"]:
            return None
        return {
            "target": "line",
            "family": FAMILY[bill.product],
            "line": bill.line,
            "named_bill_date": bill.statement_date,
        }

    def _find_loan(self, row: Row) -> Row | None:
        loan = self.loans.get(row["loan_id"])
        if loan is None or loan.owner != row["owner"]:
            return None
        found = {"target": "loan", "family": loan.family, "loan_id": loan.loan_id}
        if row["installment_no"] is None:
            return found
        if (loan.loan_id, row["installment_no"]) not in self.installments:
            return None
        return found | {"target": "instalment", "installment_no": row["installment_no"]}


def read_payments(world: KnownWorld, targets: Targets) -> list[Payment]:
    """The payments made by the night whose target is known and owed by the payer."""
    payments = []
    for row in world.rows["repayments"]:
        paid_date = business_date(row["paid_at"])
        target = targets.find(row) if paid_date <= world.as_of else None
        if target is None:
            continue
        payment = Payment(
            owner=row["owner"],
            paid_at=row["paid_at"],
            paid_date=paid_date,
            amount=row["amount"],
            method=row["method"],
            status=row["status"],
            is_final=bool(row["is_final"]),
            **target,
        )
        payments.append(payment)
    return payments
