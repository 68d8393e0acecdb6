"""The features of repayment."""

from __future__ import annotations

from datetime import date

from tests.reference.ledger import UserLedger
from tests.reference.obligations import Obligation
from tests.reference.values import Row, days_before, to_ratio, total


def repayment_features(ledger: UserLedger, as_of: date) -> Row:
    """The features of the repayment mart."""
    return _due_features(ledger, as_of) | _payment_features(ledger, as_of)


def _due_features(ledger: UserLedger, as_of: date) -> Row:
    fell_due = [
        item
        for item in ledger.obligations
        if not item.is_disputed and days_before(as_of, 180) < item.due_date <= as_of
    ]
    known = [item for item in fell_due if item.amount_due is not None]
    paid = total(item.paid_amount + item.waived_amount for item in known)
    asked = total(item.amount_due for item in known)
    taken_over = total(item.converted_amount for item in known)
    # An obligation matures on the day after its last day.
    matured = [item for item in ledger.obligations if item.is_matured]
    recent = [item for item in matured if item.last_on_time_date >= days_before(as_of, 365)]
    bills = [item for item in recent if item.kind == "statement"]
    on_time_bills = sum(item.is_on_time for item in bills)
    full_bills = sum(item.is_paid_in_full_on_time for item in bills)
    return {
        "statement_due_amount_180d": total(
            item.amount_due for item in fell_due if item.kind == "statement"
        ),
        "payment_ratio_180d": to_ratio(paid, asked - taken_over),
        "full_payment_ratio_365d": to_ratio(full_bills, len(bills)),
        "minimum_only_ratio_365d": to_ratio(on_time_bills - full_bills, len(bills)),
        "on_time_ratio_365d": to_ratio(sum(item.is_on_time for item in recent), len(recent)),
        "on_time_streak_count": _streak(matured) if matured else None,
    }


def _streak(matured: list[Obligation]) -> int:
    """How many of the newest were met on time in a row; of one due date instalments come first."""
    streak = 0
    by_name = sorted(matured, key=lambda item: (item.kind, item.obligation_id))
    for item in sorted(by_name, key=lambda item: item.due_date, reverse=True):
        if not item.is_on_time:
            break
        streak += 1
    return streak


def _payment_features(ledger: UserLedger, as_of: date) -> Row:
    succeeded = [payment for payment in ledger.payments if payment.is_succeeded]
    quarter = [payment for payment in succeeded if payment.paid_date > days_before(as_of, 90)]
    half_year = days_before(as_of, 180)
    year = days_before(as_of, 365)

    def share_of_method(method: str, since: date) -> object:
        with_method = [item for item in succeeded if item.method and item.paid_date > since]
        return to_ratio(sum(item.method == method for item in with_method), len(with_method))

    return {
        "repayment_amount_90d": total(payment.amount for payment in quarter),
        "repayment_count_90d": len(quarter),
        "autopay_ratio_180d": share_of_method("autopay", half_year),
        "autopay_failed_count_180d": sum(
            payment.status == "failed"
            and payment.method == "autopay"
            and payment.paid_date > half_year
            for payment in ledger.payments
        ),
        "early_repayment_ratio_365d": share_of_method("early", year),
        "third_party_payment_ratio_365d": share_of_method("third_party", year),
    }
