"""Everything that is read before features: bills, loans, payments and what became of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from scoring.reference.accounts import Terms, newest_rows, read_terms
from scoring.reference.bill_outcomes import read_line
from scoring.reference.bills import Bill, Line, read_bills
from scoring.reference.disputes import read_disputes
from scoring.reference.known_world import KnownWorld
from scoring.reference.lines import LineHistory, group_lines
from scoring.reference.loan_debts import LoanDebt, read_loan_debt
from scoring.reference.loans import Loan, read_loans
from scoring.reference.obligations import Obligation
from scoring.reference.overpayments import read_overpayments
from scoring.reference.payments import Payment, Targets, read_payments
from scoring.reference.purchases import Spending, read_spending
from scoring.reference.replay import replay_payments
from scoring.reference.schedules import read_schedules
from scoring.reference.values import Row, business_date


@dataclass(frozen=True)
class UserLedger:
    """Everything of one listed user, merged ones included, as it reads at the end of the night."""

    spending: Spending
    accounts: list[Row]
    """The newest rows of accounts by the night."""
    terms: list[Terms]
    """All rows of accounts in effect by the night, newest or not."""
    decisions: list[Row]
    consents: list[Row]
    bills: list[Bill]
    """Bills issued by the night."""
    lines: list[LineHistory]
    line_outstanding: dict[Line, Decimal]
    loans: list[Loan]
    debts: list[LoanDebt]
    payments: list[Payment]
    obligations: list[Obligation]
    open_dispute_count: int


def read_ledgers(world: KnownWorld) -> dict[int, UserLedger]:
    """The ledger of each listed user."""
    terms = read_terms(world)
    accounts = newest_rows(terms)
    bills = read_bills(world, accounts)
    loans = read_loans(world)
    payments = read_payments(world, Targets(world, accounts, bills, loans))
    disputes = read_disputes(world, bills, loans)
    lines = group_lines(bills, loans, payments, world.as_of)
    schedules = read_schedules(world, loans)
    overpayments = read_overpayments(lines, payments, loans, schedules)
    replay_payments(schedules, loans, payments + overpayments)

    payments_of_loan: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        if payment.loan_id is not None:
            payments_of_loan[payment.loan_id].append(payment)
    obligations: dict[int, list[Obligation]] = defaultdict(list)
    line_outstanding = {}
    for line, history in lines.items():
        found, line_outstanding[line] = read_line(history, disputes.excluded)
        obligations[line[0]] += found
    debts: dict[int, list[LoanDebt]] = defaultdict(list)
    for loan_id, schedule in schedules.items():
        loan = loans[loan_id]
        paid = payments_of_loan[loan_id]
        debt = read_loan_debt(loan, schedule, paid, disputes.excluded, world.question)
        debts[loan.owner].append(debt)
        obligations[loan.owner] += debt.obligations

    spending = read_spending(world)
    decisions = world.by_owner("limit_decisions")
    consents = world.by_owner("consents")
    by_owner = {user: [p for p in payments if p.owner == user] for user in world.listed}
    return {
        user: UserLedger(
            spending=spending[user],
            accounts=[row for row in accounts.values() if row["owner"] == user],
            terms=[item for item in terms if item.row["owner"] == user],
            decisions=_happened(decisions.get(user, []), "decided_at", world),
            consents=_happened(consents.get(user, []), "changed_at", world),
            bills=[
                bill
                for bill in bills.values()
                if bill.owner == user and bill.statement_date <= world.as_of
            ],
            lines=[history for line, history in lines.items() if line[0] == user],
            line_outstanding={
                line: amount for line, amount in line_outstanding.items() if line[0] == user
            },
            loans=[loan for loan in loans.values() if loan.owner == user],
            debts=debts[user],
            payments=by_owner[user],
            obligations=obligations[user],
            open_dispute_count=disputes.open_counts.get(user, 0),
        )
        for user in world.listed
    }


def _happened(rows: list[Row], column: str, world: KnownWorld) -> list[Row]:
    return [row for row in rows if business_date(row[column]) <= world.as_of]
