"""Purchases and refunds of each user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from scoring.reference.known_world import KnownWorld
from scoring.reference.values import ZERO, Row, business_date, days_before, months_before, total


@dataclass
class Spending:
    """What one user bought and was given back by the night; closed orders never happened."""

    purchases: list[tuple[date, Row]]
    refunds: list[tuple[date, Decimal]]
    evidence: set[date]


@dataclass(frozen=True)
class SpendingWindows:
    """The purchases and refunds of one user in the days until the night."""

    mine: Spending
    as_of: date

    def bought(self, days: int) -> list[tuple[date, Row]]:
        """Purchases of the last ``days`` days."""
        return [item for item in self.mine.purchases if item[0] > days_before(self.as_of, days)]

    def refunds(self, days: int) -> list[Decimal]:
        """Refunds made in the last ``days`` days, by row or by mark."""
        start = days_before(self.as_of, days)
        return [amount for day, amount in self.mine.refunds if day > start]

    def bought_amount(self, days: int) -> Decimal:
        """What the purchases cost."""
        return total(row["amount"] for _, row in self.bought(days))

    def net_amount(self, days: int) -> Decimal:
        """Purchases less refunds, at least 0."""
        return max(self.bought_amount(days) - total(self.refunds(days)), ZERO)


def read_spending(world: KnownWorld) -> dict[int, Spending]:
    """Purchases and refunds of each listed user, of 24 months."""
    start = months_before(world.as_of, 24)
    happened = [
        row
        for row in world.rows["transactions"]
        if start < business_date(row["occurred_at"]) <= world.as_of
    ]
    closed = {row["transaction_id"] for row in happened if _has_state("closed", row, world.as_of)}
    closed_purchases = {
        row["transaction_id"]
        for row in happened
        if row["transaction_id"] in closed and _is_purchase(row)
    }
    refunded_by_row = {
        row["refund_of"]
        for row in happened
        if row["refund_of"] is not None and row["transaction_id"] not in closed
    }
    spending = {user: Spending([], [], set()) for user in world.listed}
    for row in happened:
        mine = spending.get(row["owner"])
        if mine is None or not (_is_purchase(row) or row["refund_of"] is not None):
            continue
        day = business_date(row["occurred_at"])
        mine.evidence.add(day)
        if row["transaction_id"] in closed:
            continue
        if row["refund_of"] is not None:
            if row["refund_of"] not in closed_purchases:
                mine.refunds.append((day, row["amount"]))
            continue
        mine.purchases.append((day, row))
        # A purchase that is only marked as refunded is given back whole on the day of the mark.
        is_marked = _has_state("refunded", row, world.as_of)
        if is_marked and row["transaction_id"] not in refunded_by_row:
            mine.refunds.append((_state_date(row), row["amount"]))
    return spending


def _is_purchase(row: Row) -> bool:
    return row["direction"] == "out" and row["refund_of"] is None


def _state_date(row: Row) -> date:
    return business_date(row["status_at"] or row["occurred_at"])


def _has_state(state: str, row: Row, as_of: date) -> bool:
    return row["status"] == state and _state_date(row) <= as_of
