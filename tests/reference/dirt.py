"""What is dirty in a night, counted: a world without it would prove nothing about it."""

from __future__ import annotations

from collections import Counter
from datetime import date

from scoring.reference.known_world import KnownWorld
from scoring.reference.ledger import UserLedger
from scoring.reference.values import business_date_if_any, days_before


def count_dirt(world: KnownWorld, ledgers: dict[int, UserLedger]) -> Counter[str]:
    """Kind of dirt -> how often it occurs at the end of the night."""
    dirt = Counter({"users merged": sum(key != end for key, end in world.survivors.items())})
    for ledger in ledgers.values():
        dirt["refunds"] += len(ledger.spending.refunds)
        dirt["open disputes"] += ledger.open_dispute_count
        dirt["disputed obligations"] += sum(item.is_disputed for item in ledger.obligations)
        dirt["lines and loans told by reports alone"] += _count_reports(ledger)
        dirt["plans that took over"] += sum(len(line.taken_over()) for line in ledger.lines)
        dirt["bills written off"] += sum(bill.written_off_amount > 0 for bill in ledger.bills)
        dirt["loans written off"] += sum(debt.loan.is_written_off for debt in ledger.debts)
        for payment in ledger.payments:
            kind = "bills" if payment.target == "line" else "loans"
            dirt[f"final payments on {kind}"] += payment.is_final and payment.is_succeeded
        _count_limits(dirt, ledger, world.as_of)
    return dirt


def _count_limits(dirt: Counter[str], ledger: UserLedger, as_of: date) -> None:
    """Limits that change within the year before the night."""
    for terms in ledger.terms:
        until = business_date_if_any(terms.row["temporary_until"])
        ended = until is not None and days_before(as_of, 365) < until <= as_of
        dirt["accounts closed"] += terms.row["status"] == "closed"
        dirt["temporary limits that ended"] += (
            ended and terms.row["temporary_limit"] is not None and not terms.limit_is_unknown
        )
    told = {account["product"] for account in ledger.accounts}
    decided = {row["product"] for row in ledger.decisions}
    dirt["products told by decisions alone"] += len(decided - told)


def _count_reports(ledger: UserLedger) -> int:
    on_lines = [line for line in ledger.lines if line.newest_report and not line.payments]
    paid = {payment.loan_id for payment in ledger.payments}
    on_loans = [
        debt
        for debt in ledger.debts
        if debt.loan.current_report is not None and debt.loan.loan_id not in paid
    ]
    return len(on_lines) + len(on_loans)
