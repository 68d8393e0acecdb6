"""How spending is spread: over months, hours, categories, merchants and ways of paying."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from scoring.reference.purchases import SpendingWindows
from scoring.reference.seeds import ENTROPY_TERMS, ESSENTIAL_CATEGORIES
from scoring.reference.values import ZERO, Row, to_ratio, total

PAYLATER = ("huabei", "huabei_installment")
SMALL = Decimal(50)
SATURDAY = 5
NIGHT_STARTS, NIGHT_ENDS = 22, 6


def shape_features(window: SpendingWindows) -> Row:
    """The features of how spending is spread."""
    return _month_features(window) | _time_features(window) | _breadth_features(window)


def refund_and_paylater_features(window: SpendingWindows) -> Row:
    """What was given back, and what was bought with the pay-later line."""

    def paylater(days: int) -> list[Row]:
        return [row for _, row in window.bought(days) if row["payment_method"] in PAYLATER]

    features: Row = {
        "refund_amount_90d": total(window.refunds(90)),
        "refund_count_90d": len(window.refunds(90)),
        "refund_ratio_180d": to_ratio(total(window.refunds(180)), window.bought_amount(180)),
        "paylater_spend_count_90d": len(paylater(90)),
        "paylater_installment_ratio_90d": to_ratio(
            _amount(row for row in paylater(90) if row["payment_method"] == "huabei_installment"),
            _amount(paylater(90)),
        ),
    }
    for days in (30, 90, 365):
        amount = _amount(paylater(days))
        features[f"paylater_spend_amount_{days}d"] = amount
        features[f"paylater_spend_ratio_{days}d"] = to_ratio(amount, window.bought_amount(days))
    return features


def _month_features(window: SpendingWindows) -> Row:
    """Twelve blocks of 30 days; the last one ends with the night."""
    blocks: dict[int, Decimal] = defaultdict(Decimal)
    for day, row in window.bought(360):
        blocks[(window.as_of - day).days // 30] += row["amount"]
    return {
        "spend_active_months_360d": len(blocks),
        "spend_month_concentration_ratio_360d": concentration(blocks.values()),
    }


def _time_features(window: SpendingWindows) -> Row:
    quarter = window.bought(90)
    hours = [row["occurred_at"].business_time.hour for _, row in quarter]
    at_night = sum(hour >= NIGHT_STARTS or hour < NIGHT_ENDS for hour in hours)
    at_weekends = sum(day.weekday() >= SATURDAY for day, _ in quarter)
    small = sum(row["amount"] < SMALL for _, row in quarter)
    return {
        "spend_weekend_ratio_90d": to_ratio(at_weekends, len(quarter)),
        "spend_night_ratio_90d": to_ratio(at_night, len(quarter)),
        "spend_small_ratio_90d": to_ratio(small, len(quarter)),
    }


def _breadth_features(window: SpendingWindows) -> Row:
    categories = _amounts_by(window, "category_code")
    merchants = _amounts_by(window, "merchant_id")
    essential = total(amount for code, amount in categories.items() if code in ESSENTIAL_CATEGORIES)
    return {
        "spend_category_concentration_ratio_90d": concentration(categories.values()),
        "spend_merchant_concentration_ratio_90d": concentration(merchants.values()),
        "spend_top_merchant_ratio_90d": to_ratio(
            max(merchants.values(), default=ZERO), total(merchants.values())
        ),
        "spend_category_entropy_90d": entropy(categories.values()),
        "essential_spend_ratio_90d": to_ratio(essential, total(categories.values())),
    }


def _amounts_by(window: SpendingWindows, column: str) -> dict[str, Decimal]:
    """What was bought in 90 days by the column's values; purchases without one left out."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for _, row in window.bought(90):
        if row[column] is not None:
            amounts[row[column]] += row["amount"]
    return amounts


def concentration(amounts: Iterable[Decimal]) -> Decimal | None:
    """Sum of squares by square of the sum: 1 when all is in one place."""
    parts = list(amounts)
    return to_ratio(total(part * part for part in parts), total(parts) ** 2)


def entropy(amounts: Iterable[Decimal]) -> Decimal | None:
    """Sum of -p ln p, by the table of terms for p in thousandths."""
    parts = list(amounts)
    whole = total(parts)
    if whole <= 0:
        return None
    # Halves up: the floor of twice the thousandths plus one, by two.
    per_mille = [int((2000 * part + whole) // (2 * whole)) for part in parts]
    return total(ENTROPY_TERMS[share] for share in per_mille)


def _amount(rows: Iterable[Row]) -> Decimal:
    return total(row["amount"] for row in rows)
