"""Payments and disputes of a dirty world."""

from __future__ import annotations

from datetime import date, timedelta

from scoring.reference.values import Row
from tests.reference.dirty_credit import Debts, Due
from tests.reference.dirty_landing import DirtyLanding


def send_payments(world: DirtyLanding, debts: Debts) -> None:
    """Payments to bills, instalments, loans and accounts, known and unknown."""
    choose = world.random.choice

    def change(row: Row) -> None:
        row["status"] = choose(["reversed", "succeeded", "failed"])

    for number in range(world.count(0, 14)):
        row: Row = {
            "repayment_id": f"p-{debts.user}-{number}",
            "user_id": world.user_or_other(debts.user),
            "paid_at": world.moment(_choose_day(world, debts)),
            "amount": choose([None, "10", "50", "100", "110", "110", "200", "330"]),
            "method": choose([None, "autopay", "autopay", "manual", "early", "third_party"]),
            "status": choose([None, "succeeded", "succeeded", "succeeded", "failed", "reversed"]),
            "is_final": choose([None, None, False, False, False, True]),
        }
        if debts.dues and world.chance(0.3):
            _pay_around_due_date(world, row, choose(debts.dues))
        else:
            row |= _choose_target(world, debts)
        world.send("repayments", row, change)


def _pay_around_due_date(world: DirtyLanding, row: Row, due: Due) -> None:
    """All of what is due, some days before or after: early, in grace, a little late."""
    row["paid_at"] = world.moment(due.due_date + timedelta(days=world.random.randint(-4, 8)))
    row["amount"] = due.amount
    row["status"] = "succeeded"
    row |= due.target


def _choose_day(world: DirtyLanding, debts: Debts) -> date:
    """Any day, or one soon after a loan was paid out."""
    if debts.loan_days and world.chance(0.5):
        return world.random.choice(debts.loan_days) + timedelta(days=world.random.randint(0, 4))
    return world.day(-200, 190)


def _choose_target(world: DirtyLanding, debts: Debts) -> Row:
    """What a payment names: one of the four kinds of target."""
    kind = world.random.random()
    if kind < 0.4 and debts.bills:
        return {"statement_id": world.random.choice(debts.bills)}
    if kind < 0.78 and debts.loans:
        loan_id = world.random.choice(sorted(debts.loans))
        if kind >= 0.65:
            return {"loan_id": loan_id}
        number = world.random.randint(1, max(debts.loans[loan_id], 1))
        return {"loan_id": loan_id, "installment_no": number if world.chance(0.9) else 9}
    if kind < 0.95:
        return {"account_id": world.random.choice([debts.line_account, debts.cash_account])}
    return {"statement_id": "unknown"}


def send_disputes(world: DirtyLanding, debts: Debts) -> None:
    """Disputes about the user's records and about unknown ones."""
    choose = world.random.choice

    def change(row: Row) -> None:
        row["outcome"] = "upheld"

    for number in range(world.count(0, 2)):
        kind = choose(["statement", "installment", "loan"])
        day = world.day(-100, 150)
        resolved = day + timedelta(days=world.random.randint(0, 60)) if world.chance(0.5) else None
        row = {
            "dispute_id": f"q-{debts.user}-{number}",
            "user_id": world.user_or_other(debts.user),
            "record_kind": kind,
            "record_id": _choose_record(world, debts, kind),
            "opened_at": f"{day} 00:00:00",
            "resolved_at": None if resolved is None else f"{resolved} 23:00:00",
            "outcome": None if resolved is None else choose(["upheld", "rejected", None]),
        }
        world.send("disputes", row, change)


def _choose_record(world: DirtyLanding, debts: Debts, kind: str) -> str:
    if kind == "statement":
        return world.random.choice(debts.bills) if debts.bills else "unknown"
    loan_id = world.random.choice(sorted(debts.loans)) if debts.loans else "unknown"
    return loan_id if kind == "loan" else f"{loan_id}#{world.random.randint(1, 3)}"
