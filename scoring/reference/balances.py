"""What bills left open on every single day of two years, beside the limit of that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from scoring.reference.bills import Bill
from scoring.reference.ledger import UserLedger
from scoring.reference.limits import limit_on
from scoring.reference.lines import LineHistory, Money
from scoring.reference.values import (
    ZERO,
    Row,
    days_before,
    months_before,
    to_cents,
    to_ratio,
    total,
)


@dataclass(frozen=True)
class Day:
    """One day of one user."""

    date: date
    balance: Decimal
    limit: Decimal


class LineBalances:
    """A line with its bills, what covered them and how they ended, read once."""

    def __init__(self, line: LineHistory) -> None:
        """Collect what the balance of any day depends on."""
        self.bills = line.bills
        self.covering: list[Money] = line.paid() + line.taken_over()
        self.final_dates = {bill.statement_id: line.final_date(bill) for bill in line.bills}

    def balance_on(self, day: date) -> Decimal:
        """What the newest bill of the day leaves open at its end."""
        issued = [bill for bill in self.bills if bill.statement_date <= day]
        if not issued or self._is_final(issued[-1], day):
            return ZERO
        newest = issued[-1]
        covered = total(
            item.amount for item in self.covering if newest.statement_date <= item.day <= day
        )
        left = max(newest.amount_due, ZERO) - covered - newest.written_off_amount
        return max(left, ZERO)

    def _is_final(self, bill: Bill, day: date) -> bool:
        final_date = self.final_dates[bill.statement_id]
        return final_date is not None and final_date <= day


def balance_features(ledger: UserLedger, as_of: date) -> Row:
    """The features of daily balances and of how far they used the revolving limit."""
    two_years = _read_days(ledger, as_of)
    before_year, before_quarter = days_before(as_of, 365), days_before(as_of, 90)
    year = [day for day in two_years if day.date > before_year]
    quarter = [day for day in two_years if day.date > before_quarter]
    features: Row = {
        "billed_balance_mean_amount_90d": _mean_balance(quarter),
        "billed_balance_mean_amount_365d": _mean_balance(year),
        "billed_balance_mean_amount_24m": _mean_balance(two_years),
        "billed_balance_peak_amount_365d": max(day.balance for day in year),
        "billed_balance_12m_share_ratio_24m": to_ratio(_sum(year), _sum(two_years)),
        "billed_utilisation_days_100_365d": _days_at(100, year),
    }
    for name, window in (("90d", quarter), ("365d", year)):
        counted = [day for day in window if day.limit > 0]
        features[f"billed_utilisation_peak_ratio_{name}"] = max(
            (ratio for day in counted if (ratio := to_ratio(day.balance, day.limit)) is not None),
            default=None,
        )
        features[f"billed_utilisation_mean_ratio_{name}"] = to_ratio(
            _sum(counted), total(day.limit for day in counted)
        )
        features[f"billed_utilisation_days_80_{name}"] = _days_at(80, window)
        features[f"billed_utilisation_days_90_{name}"] = _days_at(90, window)
    return features


def _read_days(ledger: UserLedger, as_of: date) -> list[Day]:
    """Every day of 24 months, the night last."""
    lines = [LineBalances(line) for line in ledger.lines]
    day_count = (as_of - months_before(as_of, 24)).days
    days = [as_of - timedelta(days=ago) for ago in reversed(range(day_count))]
    return [
        Day(
            date=day,
            balance=total(line.balance_on(day) for line in lines),
            limit=limit_on(ledger, "revolving", day) or ZERO,
        )
        for day in days
    ]


def _sum(days: list[Day]) -> Decimal:
    return total(day.balance for day in days)


def _mean_balance(days: list[Day]) -> Decimal:
    return to_cents(_sum(days) / len(days))


def _days_at(percent: int, days: list[Day]) -> int:
    """Days whose balance is at least so many hundredths of a limit above 0."""
    return sum(day.limit > 0 and day.balance * 100 >= percent * day.limit for day in days)
