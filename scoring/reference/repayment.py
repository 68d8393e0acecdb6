"""The features of repayment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from scoring.reference.ledger import UserLedger
from scoring.reference.obligations import Obligation
from scoring.reference.paying import paying_features
from scoring.reference.values import Row, days_before, mean_days, months_before, to_ratio, total


def repayment_features(ledger: UserLedger, as_of: date) -> Row:
    """The features of the repayment mart."""
    return (
        _due_features(ledger, as_of)
        | _ratio_features(ledger, as_of)
        | _streak_features(ledger, as_of)
        | _timing_features(ledger, as_of)
        | paying_features(ledger, as_of)
        | {"due_amount_next_30d": _due_next(ledger, as_of)}
    )


def _due_features(ledger: UserLedger, as_of: date) -> Row:
    """What fell due, undisputed, and what became of it."""
    features: Row = {}
    for days in (90, 180, 365):
        fell_due = [
            item
            for item in ledger.obligations
            if not item.is_disputed and days_before(as_of, days) < item.due_date <= as_of
        ]
        known = [item for item in fell_due if item.amount_due is not None]
        paid = total(item.paid_amount + item.waived_amount for item in known)
        asked = total(item.amount_due for item in known)
        bills = [item for item in fell_due if item.kind == "statement"]
        billed = total(item.amount_due for item in bills)
        features[f"payment_ratio_{days}d"] = to_ratio(
            paid, asked - total(item.converted_amount for item in known)
        )
        features[f"statement_due_amount_{days}d"] = billed
    # Of the longest window, the last.
    converted = total(item.converted_amount for item in bills)
    return features | {
        "converted_amount_365d": converted,
        "converted_ratio_365d": to_ratio(converted, billed),
    }


def _matured_since(ledger: UserLedger, start: date) -> list[Obligation]:
    """An obligation matures on the day after its last day."""
    return [
        item for item in ledger.obligations if item.is_matured and item.last_on_time_date >= start
    ]


def _ratio_features(ledger: UserLedger, as_of: date) -> Row:
    half_year = _matured_since(ledger, days_before(as_of, 180))
    year = _matured_since(ledger, days_before(as_of, 365))
    two_years = _matured_since(ledger, months_before(as_of, 24))
    installments = [item for item in year if item.kind == "installment"]
    return {
        "matured_count_365d": len(year),
        "on_time_ratio_180d": _share(half_year, _on_time),
        "on_time_ratio_365d": _share(year, _on_time),
        "on_time_ratio_24m": _share(two_years, _on_time),
        "statement_on_time_ratio_365d": _share(_bills(year), _on_time),
        "installment_on_time_ratio_365d": _share(installments, _on_time),
        "full_payment_ratio_180d": _share(_bills(half_year), _in_full),
        "full_payment_ratio_365d": _share(_bills(year), _in_full),
        "minimum_only_ratio_180d": _share(_bills(half_year), _minimum_only),
        "minimum_only_ratio_365d": _share(_bills(year), _minimum_only),
    }


def _streak_features(ledger: UserLedger, as_of: date) -> Row:
    matured = _matured_since(ledger, months_before(as_of, 24))
    return {
        "on_time_streak_count": _streak(matured, _on_time),
        "full_payment_streak_count": _streak(_bills(matured), _in_full),
        "minimum_only_streak_count": _streak(_bills(matured), _minimum_only),
    }


def _timing_features(ledger: UserLedger, as_of: date) -> Row:
    """How long before or after its due date an obligation was met."""
    year = _matured_since(ledger, days_before(as_of, 365))
    ahead = [
        max((item.due_date - item.met_date).days, 0)
        for item in year
        if item.is_on_time and item.met_date is not None
    ]
    return {
        "days_before_due_mean_365d": mean_days(ahead),
        "late_days_mean_365d": mean_days([item.days_late for item in year if item.is_late]),
    }


def _due_next(ledger: UserLedger, as_of: date) -> Decimal:
    """Bills of a line contain one another: only the newest one still leaves something open."""
    last = as_of + timedelta(days=30)
    newest = [line.bills[-1] for line in ledger.lines]
    bills = [bill for bill in newest if as_of < bill.due_date <= last]
    return total(ledger.line_outstanding[bill.line] for bill in bills) + total(
        debt.due_between(as_of, last) for debt in ledger.debts
    )


def _bills(obligations: list[Obligation]) -> list[Obligation]:
    return [item for item in obligations if item.kind == "statement"]


def _on_time(item: Obligation) -> bool:
    return item.is_on_time


def _in_full(item: Obligation) -> bool:
    return item.is_paid_in_full_on_time


def _minimum_only(item: Obligation) -> bool:
    return item.is_on_time and not item.is_paid_in_full_on_time


def _share(
    obligations: list[Obligation], condition: Callable[[Obligation], bool]
) -> Decimal | None:
    return to_ratio(sum(condition(item) for item in obligations), len(obligations))


def _streak(matured: list[Obligation], condition: Callable[[Obligation], bool]) -> int | None:
    """How many of the newest meet it in a row; of one due date those that do not come first."""
    if not matured:
        return None
    failures = [item.due_date for item in matured if not condition(item)]
    return sum(not failures or item.due_date > max(failures) for item in matured)
