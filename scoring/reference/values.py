"""Dates and numbers as the features mean them."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
"""One row of a feed or of a mart, by column name."""

ZERO = Decimal(0)
CENT = Decimal("0.01")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Moment:
    """A point in time; two of them compare as in UTC, also where local clocks are set back."""

    utc: datetime
    """Without zone, as raw has it."""
    business_time: datetime = field(compare=False)
    """What the clocks of the business showed."""


def to_moment(utc: datetime, zone: ZoneInfo) -> Moment:
    """A UTC timestamp without zone, for a business in ``zone``."""
    return Moment(utc, utc.replace(tzinfo=UTC).astimezone(zone))


def business_date(moment: Moment) -> date:
    """The business day of a moment."""
    return moment.business_time.date()


def business_date_if_any(moment: Moment | None) -> date | None:
    """The business day, or nothing for no moment."""
    return None if moment is None else business_date(moment)


def reached(day: date | None, as_of: date) -> date | None:
    """A dated attribute reads as empty before its own day."""
    return day if day is not None and day <= as_of else None


def days_before(as_of: date, day_count: int) -> date:
    """The last day outside a window of so many days that ends with ``as_of``."""
    return as_of - timedelta(days=day_count)


def months_before(as_of: date, month_count: int) -> date:
    """The last day outside a window of months; the day of the month is clipped to its length."""
    year, month_index = divmod(as_of.year * 12 + as_of.month - 1 - month_count, 12)
    month = month_index + 1
    length = calendar.monthrange(year, month)[1]
    return date(year, month, min(as_of.day, length))


def total(amounts: Iterable[Decimal | None]) -> Decimal:
    """The sum; an unknown amount adds nothing."""
    return sum((amount for amount in amounts if amount is not None), ZERO)


def to_cents(amount: Decimal) -> Decimal:
    """Money to the cent, halves up."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def mean_days(days: list[int]) -> Decimal | None:
    """The mean with two places, halves up; nothing for no days."""
    return to_cents(Decimal(sum(days)) / len(days)) if days else None


def to_ratio(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """``part`` of ``whole`` between 0 and 1, six places; nothing without a positive whole."""
    if whole <= 0:
        return None
    share = max(Decimal(part), ZERO) / Decimal(whole)
    return min(share.quantize(Decimal("0.000001"), ROUND_HALF_UP), Decimal(1))
