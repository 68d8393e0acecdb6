"""Bills, loans and schedules of a dirty world."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from scoring.reference.values import Row
from tests.reference.dirty_landing import DirtyLanding


@dataclass(frozen=True)
class Due:
    """Something to be paid: what a payment names for it, until when and how much."""

    target: Row
    due_date: date
    amount: str


@dataclass
class Debts:
    """Ids of what one user owes: bills, and loans with their number of instalments."""

    user: str
    bills: list[str] = field(default_factory=list)
    loans: dict[str, int] = field(default_factory=dict)
    loan_days: list[date] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)

    @property
    def line_account(self) -> str:
        """The account of the revolving line, landed or not."""
        return f"line-{self.user}"

    @property
    def cash_account(self) -> str:
        """The account that cash loans are drawn from, landed or not."""
        return f"cash-{self.user}"


def send_bills(world: DirtyLanding, debts: Debts) -> None:
    """Monthly bills, some on one day; with the account always, never or now and then."""
    if world.chance(0.3):
        return
    choose = world.random.choice

    def change(row: Row) -> None:
        row["amount_due"] = choose(["100", "0", "80"])
        row["minimum_due"] = None
        row["written_off_amount"] = choose([None, "30", "999"])
        row["reported_dpd"] = choose([None, 0, 5, 40])

    account_ids: list[str | None] = choose(
        [[debts.line_account], [None], [debts.line_account, None]]
    )
    for number, day in enumerate(world.bill_days()):
        amount = choose(["100", "200", "50.55", "0", "-20", "300", "100", "150"])
        due_date = world.due_day(day)
        minimums = [None, "10", amount, "0"] if float(amount) > 0 else [None]
        account_id = choose(account_ids)
        row = {
            "statement_id": f"s-{debts.user}-{number}",
            "user_id": world.user_or_other(debts.user),
            "account_id": account_id,
            # A bill needs its product only where it names no account.
            "product": None if account_id is not None and world.chance(0.4) else "huabei",
            "statement_date": str(day),
            "due_date": str(due_date),
            "amount_due": amount,
            "minimum_due": choose(minimums),
            "reported_dpd": choose([None, None, None, 0, 3, 33]),
            "written_off_amount": "20" if world.chance(0.1) else None,
        }
        world.send("statements", row, change)
        debts.bills.append(str(row["statement_id"]))
        if float(amount) > 0:
            debts.dues.append(Due({"statement_id": row["statement_id"]}, due_date, amount))


def send_loans(world: DirtyLanding, debts: Debts) -> None:
    """Applications, cash loans and instalment plans of bills, most with a schedule."""
    for number in range(world.count(0, 4)):
        loan_id = f"l-{debts.user}-{number}"
        day = max(world.day(-300, 150), world.day(-300, 150))
        _send_loan(world, debts, loan_id, day)
        debts.loan_days.append(day)
        debts.loans[loan_id] = world.random.choice([0, 1, 3, 3, 6])
        _send_schedule(world, debts, loan_id, day)


def _send_loan(world: DirtyLanding, debts: Debts, loan_id: str, day: date) -> None:
    choose = world.random.choice

    def change(row: Row) -> None:
        row["close_reason"] = choose([None, "repaid", "written_off"])
        row["status_at"] = choose([None, world.moment(world.day(0, 190))])
        row["written_off_amount"] = choose([None, None, "60"])
        row["reported_dpd"] = choose([None, 0, 12, 45])

    is_plan = bool(debts.bills) and world.chance(0.35)
    product = "huabei" if is_plan or world.chance(0.15) else "jiebei"
    account_id = debts.line_account if product == "huabei" else debts.cash_account
    is_rejected = world.chance(0.15)
    is_paid_out = not is_rejected and world.chance(0.95)
    is_closed = is_paid_out and world.chance(0.25)
    closing_day = day + timedelta(days=world.random.randint(1, 300))
    reasons = [None, "repaid", "repaid", "written_off", "sold", "cancelled"]
    origin = choose(debts.bills) if is_plan else None
    row = {
        "loan_id": loan_id,
        "user_id": world.user_or_other(debts.user),
        "product": product,
        "account_id": choose([None, account_id]),
        "applied_at": choose([None, f"{day} 00:00:00"]),
        "disbursed_at": world.moment(day) if is_paid_out else None,
        "decision": "rejected" if is_rejected else choose([None, "accepted"]),
        "principal": choose(["300", "100", "90"]),
        "total_due": choose([None, "330"]),
        "lender_id": choose([None, "bank_a", "bank_b", "own_consumer_finance"]),
        "origin_statement_id": "unknown" if origin is None and world.chance(0.05) else origin,
        "closed_at": f"{closing_day} 23:59:59" if is_closed else None,
        "close_reason": choose(reasons) if is_closed or world.chance(0.15) else None,
        "written_off_amount": choose([None] * 5 + ["60", "0"]),
        "reported_dpd": choose([None, None, None, 0, 20]),
        "status_at": choose([None, world.moment(world.day(0, 190))]),
    }
    world.send("loans", row, change)


def _send_schedule(world: DirtyLanding, debts: Debts, loan_id: str, day: date) -> None:
    choose = world.random.choice

    def change(row: Row) -> None:
        row["amount_due"] = "120"

    for number in range(1, debts.loans[loan_id] + 1):
        amount = choose(["110", "110", "100", "0", None]) if world.chance(0.3) else "110"
        due_date = day + timedelta(days=30 * number)
        target = {"loan_id": loan_id, "installment_no": number}
        row = target | {
            "user_id": debts.user,
            "due_date": str(due_date),
            "amount_due": amount,
            "principal_due": choose([None, "100"]) if amount in {"110", "100"} else None,
        }
        world.send("installments", row, change, first=(0, 0, 1, 2))
        if amount in {"110", "100"}:
            debts.dues.append(Due(target, due_date, amount))
