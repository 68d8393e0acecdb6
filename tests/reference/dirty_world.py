"""A dirty world: rows that the landing contract accepts, as contradictory as it allows.

Merges in chains and rings and into nobody, orders closed and marked refunded, refunds of unknown
purchases, bills with and without account or product, credit balances, payments before their bill,
to another user's bill, of unknown amount, failed, reversed and final, plans of unknown bills,
instalments without amount, closings without a day, disputes about somebody else's debt; each of
them late, corrected, withdrawn, back again and moved to another user.

Left out, because the contract refuses it or says that it does not happen:

- a bill of a cash loan account, or one account id for both products: statements are the bills of
  revolving lines, and an account has one product;
- instalments whose due dates do not rise with their numbers: "oldest" would mean two things;
- a loan closed before it was paid out, a minimum above its bill, a user merged into itself, two
  rows of one key in one batch: ingest quarantines or refuses them, which its own tests show.
"""

from __future__ import annotations

from pathlib import Path

from scoring.reference.values import Row
from tests.reference.dirty_credit import Debts, send_bills, send_loans
from tests.reference.dirty_landing import DirtyLanding
from tests.reference.dirty_limits import send_accounts, send_decisions
from tests.reference.dirty_payments import send_disputes, send_payments

AMOUNTS = ("10", "20", "30", "49.99", "50", "100", "100", "120", "200", "33.33", "0.01")
CATEGORIES = (None, "groceries", "dining", "transport", "unheard_of", "education")


def land_dirty_world(world: DirtyLanding, landing: Path) -> None:
    """Write the landing files of every batch; equal seeds give equal rows."""
    for number in range(world.user_count):
        _send_user(world, number)
    for number in range(world.user_count):
        user = f"u{number}"
        _send_transactions(world, user)
        debts = Debts(user)
        send_accounts(world, debts)
        send_bills(world, debts)
        send_loans(world, debts)
        send_payments(world, debts)
        send_disputes(world, debts)
        send_decisions(world, user)
        _send_consents(world, user)
    world.write(landing)


def _send_user(world: DirtyLanding, number: int) -> None:
    user, neighbour = f"u{number}", f"u{(number + 1) % world.user_count}"

    def change(row: Row) -> None:
        if world.chance(0.4):
            others = {world.any_user(), neighbour, "ghost"} - {user}
            row["merged_into"] = world.random.choice(sorted(others))
        else:
            row["registered_at"] = world.moment(world.day())

    old, young = world.moment(world.day(-800, 0)), world.moment(world.day(0, 150))
    row = {
        "user_id": user,
        "registered_at": world.random.choice([None, old, old, young]),
        "merged_into": neighbour if world.chance(0.06) else None,
    }
    world.send("users", row, change, first=(0, 0, 0, 0, 1, 3, 6))


def _send_transactions(world: DirtyLanding, user: str) -> None:
    choose = world.random.choice

    def change(row: Row) -> None:
        row["amount"] = choose(AMOUNTS)
        row["status"] = choose(["settled", "closed", "refunded"])
        row["status_at"] = world.moment(world.day(0, 190))

    purchases = ["unknown"]
    for number in range(world.count(0, 25)):
        day = world.day(-250, 190)
        row: Row = {
            "transaction_id": f"t-{user}-{number}",
            "user_id": world.user_or_other(user),
            "occurred_at": world.moment(day),
            "amount": choose(AMOUNTS),
            "direction": "in" if world.chance(0.15) else "out",
            "category_code": choose(CATEGORIES),
            "merchant_id": choose([None, "m1", "m2", "m3", "m4"]),
            "payment_method": choose(["huabei", "huabei_installment", "debit", None]),
            "status": choose(["settled"] * 5 + ["closed", "refunded"]),
            "status_at": choose([None, world.moment(max(day, world.day(-250, 190)))]),
            "refund_of": choose(purchases) if world.chance(0.15) else None,
        }
        world.send("transactions", row, change)
        purchases.append(row["transaction_id"])


def _send_consents(world: DirtyLanding, user: str) -> None:
    def change(row: Row) -> None:
        row["state"] = world.random.choice(["granted", "revoked"])

    for _ in range(world.random.randint(0, 3)):
        row = {
            "user_id": user,
            "purpose": world.random.choice(["credit_scoring", "consent_gated_data"]),
            "changed_at": world.moment(world.day(-100, 190)),
            "state": world.random.choice(["granted", "revoked"]),
        }
        # None in the first batches, so that an early known_on finds consents outside the system.
        world.send("consents", row, change, first=(2, 3, 4, 7))
