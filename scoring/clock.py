"""The wall clock, for operational records only; no result depends on it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """Now as a naive UTC timestamp, the way ops tables store it."""
    return datetime.now(UTC).replace(tzinfo=None)


def business_date(moment: datetime, timezone: str) -> date:
    """The business date of an aware moment, in the business zone."""
    return moment.astimezone(ZoneInfo(timezone)).date()
