"""The features of spending."""

from __future__ import annotations

from datetime import date

from scoring.reference.purchases import Spending, SpendingWindows
from scoring.reference.spending_shape import refund_and_paylater_features, shape_features
from scoring.reference.values import ZERO, Row, to_cents, to_ratio


def spending_features(mine: Spending, as_of: date) -> Row:
    """The features of the spending mart."""
    window = SpendingWindows(mine, as_of)
    return (
        _amount_features(window)
        | _count_features(window)
        | refund_and_paylater_features(window)
        | shape_features(window)
    )


def _amount_features(window: SpendingWindows) -> Row:
    net = window.net_amount
    features: Row = {f"spend_amount_{days}d": net(days) for days in (7, 30, 90, 180, 365)}
    for days in (90, 365):
        count = len(window.bought(days))
        features[f"spend_mean_amount_{days}d"] = to_cents(net(days) / count) if count else None
    for days in (30, 90, 365):
        features[f"spend_max_amount_{days}d"] = max(
            (row["amount"] for _, row in window.bought(days)), default=ZERO
        )
    return features | {
        "spend_7d_share_ratio_30d": to_ratio(net(7), net(30)),
        "spend_30d_share_ratio_90d": to_ratio(net(30), net(90)),
        "spend_90d_share_ratio_365d": to_ratio(net(90), net(365)),
    }


def _count_features(window: SpendingWindows) -> Row:
    bought = window.bought
    features: Row = {f"spend_count_{days}d": len(bought(days)) for days in (7, 30, 90, 180, 365)}
    for days in (7, 30, 90, 180, 365):
        features[f"spend_active_days_{days}d"] = len({day for day, _ in bought(days)})
    for days in (30, 90):
        merchants = {row["merchant_id"] for _, row in bought(days)}
        categories = {row["category_code"] for _, row in bought(days)}
        features[f"spend_merchant_count_{days}d"] = len(merchants - {None})
        features[f"spend_category_count_{days}d"] = len(categories - {None})
    days_ago = [(window.as_of - day).days for day, _ in bought(365)]
    return features | {
        "spend_count_30d_share_ratio_90d": to_ratio(len(bought(30)), len(bought(90))),
        "spend_days_since_last": min(days_ago, default=None),
        "spend_days_since_first": max(days_ago, default=None),
    }
