"""The features of arrears: how late, how often, from month to month."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from scoring.reference.obligations import Obligation
from scoring.reference.values import ONE_DAY, Row, days_before, months_before

BUCKETS = (1, 30, 60, 90)
"""Days past due from which each bucket on is worse than the one before."""
BY_ITSELF_DAYS = 7
MONTH_DAYS = 30


def delinquency_features(obligations: list[Obligation], as_of: date) -> Row:
    """The features of obligations that were or are late."""
    late = [item for item in obligations if item.is_late]
    return (
        _worst_features(late, as_of)
        | _count_features(late, as_of)
        | _recency_features(late, as_of)
        | _month_features(late, as_of)
    )


def starts(as_of: date) -> dict[str, date]:
    """Window -> the last day outside it."""
    return {
        "30d": days_before(as_of, 30),
        "90d": days_before(as_of, 90),
        "180d": days_before(as_of, 180),
        "365d": days_before(as_of, 365),
        "24m": months_before(as_of, 24),
    }


def _worst_features(late: list[Obligation], as_of: date) -> Row:
    features: Row = {
        f"worst_dpd_days_{window}": max(
            (item.days_late for item in late if item.late_until > start), default=0
        )
        for window, start in starts(as_of).items()
    }
    past_due = [item for item in late if item.is_past_due]
    return features | {
        "current_dpd_days": max((item.days_late for item in past_due), default=0),
        "past_due_count": len(past_due),
    }


def _count_features(late: list[Obligation], as_of: date) -> Row:
    start = starts(as_of)
    features: Row = {}
    for window in ("90d", "180d", "365d", "24m"):
        features[f"late_payment_count_{window}"] = sum(
            item.last_on_time_date + ONE_DAY > start[window] for item in late
        )
    for days, window in (
        (7, "365d"),
        (7, "24m"),
        (30, "365d"),
        (30, "24m"),
        (60, "24m"),
        (90, "24m"),
    ):
        features[f"late_{days}_count_{window}"] = sum(
            item.days_late >= days and item.due_date + timedelta(days=days) > start[window]
            for item in late
        )
    for window in ("365d", "24m"):
        features[f"cured_count_{window}"] = len(_cured(late, start[window]))
    features["self_cured_count_24m"] = sum(
        item.days_late <= BY_ITSELF_DAYS for item in _cured(late, start["24m"])
    )
    return features


def _cured(late: list[Obligation], start: date) -> list[Obligation]:
    return [item for item in late if item.met_date is not None and item.met_date > start]


def _recency_features(late: list[Obligation], as_of: date) -> Row:
    recent = [item for item in late if item.late_until > months_before(as_of, 24)]
    return {
        "late_severity_days_24m": sum(item.days_late for item in recent),
        "days_since_last_late": min(
            ((as_of - item.late_until).days for item in recent), default=None
        ),
        "days_since_last_late_30": min(
            ((as_of - item.late_until).days for item in recent if item.days_late >= MONTH_DAYS),
            default=None,
        ),
    }


def _month_features(late: list[Obligation], as_of: date) -> Row:
    """The night and the same day of the months before, the night first."""
    dpd = [dpd_on(late, months_before(as_of, month)) for month in range(24)]
    buckets = [sum(days >= first for first in BUCKETS) for days in dpd[:13]]
    steps = list(pairwise(buckets))
    return {
        "past_due_months_12m": sum(days > 0 for days in dpd[:12]),
        "past_due_30_months_24m": sum(days >= MONTH_DAYS for days in dpd),
        "roll_forward_count_12m": sum(later > earlier for later, earlier in steps),
        "roll_back_count_12m": sum(later < earlier for later, earlier in steps),
    }


def dpd_on(late: list[Obligation], day: date) -> int:
    """Most days past due at the end of a day; an obligation met on the day is late no more."""
    return max(
        (
            (day - item.due_date).days
            for item in late
            if item.last_on_time_date < day and (item.met_date is None or item.met_date > day)
        ),
        default=0,
    )
