"""Purchases and refunds, and the features of spending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tests.reference.known_world import KnownWorld
from tests.reference.values import ZERO, Row, business_date, days_before, to_cents, to_ratio, total

PAYLATER = ("huabei", "huabei_installment")


@dataclass
class Spending:
    """What one user bought and was given back by the night; closed orders never happened."""

    purchases: list[tuple[date, Row]]
    refunds: list[tuple[date, Decimal]]
    evidence: set[date]

    @property
    def first_paylater_date(self) -> date | None:
        """The day of the first purchase with the pay-later line."""
        days = [day for day, row in self.purchases if row["payment_method"] in PAYLATER]
        return min(days, default=None)


def read_spending(world: KnownWorld) -> dict[int, Spending]:
    """Purchases and refunds of each listed user."""
    happened = [
        row
        for row in world.rows["transactions"]
        if business_date(row["occurred_at"]) <= world.as_of
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


def spending_features(mine: Spending, as_of: date) -> Row:
    """The features of the spending mart."""

    def bought(days: int) -> list[tuple[date, Row]]:
        return [(day, row) for day, row in mine.purchases if day > days_before(as_of, days)]

    def bought_amount(days: int) -> Decimal:
        return total(row["amount"] for _, row in bought(days))

    def refunded_amount(days: int) -> Decimal:
        return total(amount for day, amount in mine.refunds if day > days_before(as_of, days))

    def net_amount(days: int) -> Decimal:
        return max(bought_amount(days) - refunded_amount(days), ZERO)

    quarter = bought(90)
    paylater = total(row["amount"] for _, row in quarter if row["payment_method"] in PAYLATER)
    mean = to_cents(net_amount(90) / len(quarter)) if quarter else None
    return {
        "spend_amount_30d": net_amount(30),
        "spend_amount_90d": net_amount(90),
        "spend_amount_365d": net_amount(365),
        "spend_count_7d": len(bought(7)),
        "spend_count_30d": len(bought(30)),
        "spend_count_90d": len(quarter),
        "spend_active_days_30d": len({day for day, _ in bought(30)}),
        "spend_active_days_90d": len({day for day, _ in quarter}),
        "spend_mean_amount_90d": mean,
        "spend_max_amount_90d": max((row["amount"] for _, row in quarter), default=ZERO),
        "spend_merchant_count_90d": len({row["merchant_id"] for _, row in quarter} - {None}),
        "spend_category_count_90d": len({row["category_code"] for _, row in quarter} - {None}),
        "spend_30d_share_ratio_90d": to_ratio(net_amount(30), net_amount(90)),
        "spend_days_since_last": min(
            ((as_of - day).days for day, _ in mine.purchases), default=None
        ),
        "refund_ratio_180d": to_ratio(refunded_amount(180), bought_amount(180)),
        "paylater_spend_ratio_90d": to_ratio(paylater, bought_amount(90)),
    }


def _is_purchase(row: Row) -> bool:
    return row["direction"] == "out" and row["refund_of"] is None


def _state_date(row: Row) -> date:
    return business_date(row["status_at"] or row["occurred_at"])


def _has_state(state: str, row: Row, as_of: date) -> bool:
    return row["status"] == state and _state_date(row) <= as_of
