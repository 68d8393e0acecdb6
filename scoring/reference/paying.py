"""The features of single payments: how much, how often, in which way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from scoring.reference.ledger import UserLedger
from scoring.reference.payments import Payment
from scoring.reference.values import ZERO, Row, days_before, to_ratio, total


def paying_features(ledger: UserLedger, as_of: date) -> Row:
    """Payments of known target, whether or not their amount is known."""

    def within(days: int) -> list[Payment]:
        start = days_before(as_of, days)
        return [payment for payment in ledger.payments if payment.paid_date > start]

    year = _succeeded(within(365))
    features: Row = {
        f"repayment_amount_{days}d": total(item.amount for item in _succeeded(within(days)))
        for days in (30, 90, 180, 365)
    }
    for days in (30, 90, 365):
        features[f"repayment_count_{days}d"] = len(_succeeded(within(days)))
    for days in (90, 180, 365):
        features[f"autopay_failed_count_{days}d"] = sum(
            item.status == "failed" and item.method == "autopay" for item in within(days)
        )
    return features | {
        "repayment_max_amount_365d": max(
            (item.amount for item in year if item.amount is not None), default=ZERO
        ),
        "repayment_days_since_last": min(
            ((as_of - item.paid_date).days for item in year), default=None
        ),
        "autopay_ratio_180d": _share_of_method("autopay", within(180)),
        "autopay_ratio_365d": _share_of_method("autopay", within(365)),
        "manual_ratio_180d": _share_of_method("manual", within(180)),
        "early_repayment_ratio_365d": _share_of_method("early", within(365)),
        "third_party_payment_ratio_365d": _share_of_method("third_party", within(365)),
        "early_repayment_count_365d": sum(item.method == "early" for item in year),
        "third_party_payment_count_365d": sum(item.method == "third_party" for item in year),
        "reversed_repayment_count_365d": sum(item.status == "reversed" for item in within(365)),
    }


def _succeeded(payments: list[Payment]) -> list[Payment]:
    return [payment for payment in payments if payment.is_succeeded]


def _share_of_method(method: str, payments: list[Payment]) -> Decimal | None:
    """By number, of the successful payments whose method is known."""
    known = [payment for payment in _succeeded(payments) if payment.method]
    return to_ratio(sum(payment.method == method for payment in known), len(known))
