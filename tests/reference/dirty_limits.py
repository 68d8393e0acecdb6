"""Accounts and limit decisions of a dirty world."""

from __future__ import annotations

from scoring.reference.values import Row
from tests.reference.dirty_credit import Debts
from tests.reference.dirty_landing import DirtyLanding


def send_accounts(world: DirtyLanding, debts: Debts) -> None:
    """Terms of both accounts, some never landed."""
    choose = world.random.choice

    def change(row: Row) -> None:
        row["credit_limit"] = "700"

    for account_id, product in ((debts.line_account, "huabei"), (debts.cash_account, "jiebei")):
        if world.chance(0.3):
            continue
        for _ in range(world.count(1, 3)):
            row = {
                "account_id": account_id,
                "user_id": debts.user,
                "product": product,
                "effective_at": world.moment(world.day()),
                "status": choose(["active", "active", "frozen", "closed"]),
                "credit_limit": choose([None, "100", "250", "500", "1000", "0"]),
                "temporary_limit": choose([None, "250"]),
                "temporary_until": choose([None, world.moment(world.day(0, 200))]),
            }
            world.send("accounts", row, change)


def send_decisions(world: DirtyLanding, user: str) -> None:
    """Decisions about limits, also of products without an account."""
    choose = world.random.choice

    def change(row: Row) -> None:
        row["credit_limit"] = "450"

    for number in range(world.count(0, 3)):
        row = {
            "decision_id": f"d-{user}-{number}",
            "user_id": user,
            "product": choose(["huabei", "jiebei"]),
            "decided_at": world.moment(world.day(-400, 190)),
            "action": choose(["grant", "raise", "cut", "freeze", "close", "decline"]),
            "credit_limit": choose([None, "120", "400", "900"]),
        }
        world.send("limit_decisions", row, change)
