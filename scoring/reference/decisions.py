"""The features of decisions about limits."""

from __future__ import annotations

from datetime import date

from scoring.reference.ledger import UserLedger
from scoring.reference.values import Row, business_date, days_before, months_before

COUNTED = {
    "limit_raise_count_90d": ("raise", 90),
    "limit_raise_count_365d": ("raise", 365),
    "limit_cut_count_90d": ("cut", 90),
    "limit_cut_count_365d": ("cut", 365),
    "limit_freeze_count_365d": ("freeze", 365),
    "limit_decline_count_365d": ("decline", 365),
}


def decision_features(ledger: UserLedger, as_of: date) -> Row:
    """How often each decision was taken, and when the limit was last changed."""
    decisions = [(business_date(row["decided_at"]), row["action"]) for row in ledger.decisions]
    changes = [
        day
        for day, action in decisions
        if action in {"raise", "cut"} and day > months_before(as_of, 24)
    ]
    counts: Row = {
        name: sum(action == counted and day > days_before(as_of, days) for day, action in decisions)
        for name, (counted, days) in COUNTED.items()
    }
    last = (as_of - max(changes)).days if changes else None
    return counts | {"limit_days_since_last_change": last}
