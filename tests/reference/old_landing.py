"""An old dirty world: five years of rows, gathered where windows of its nights begin and end."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from scoring.reference.values import months_before
from tests.reference.dirty_landing import DirtyLanding

NIGHTS = (date(2024, 2, 29), date(2025, 3, 31), date(2026, 5, 31))
"""Ends of months of all lengths: two years before the first one there is no 29 February."""
KNOWN_ON = (date(2024, 2, 29), date(2026, 1, 31), date(2026, 5, 31))
GRACE_DAYS = 2
STRETCH = 3.5


class OldLanding(DirtyLanding):
    """Rows of five years; those of the first half are known from a history load."""

    first_day = date(2024, 7, 1)
    batches = (
        date(2023, 12, 31),
        date(2024, 2, 10),
        date(2024, 2, 29),
        date(2024, 9, 30),
        date(2025, 3, 31),
        date(2025, 10, 15),
        date(2026, 1, 31),
        date(2026, 5, 31),
    )
    plenty = 3

    def day(self, first: int = -300, last: int = 200) -> date:
        """A day between these many days, stretched; half of all days lie on an edge."""
        earliest = self.first_day + timedelta(days=int(first * STRETCH))
        latest = self.first_day + timedelta(days=int(last * STRETCH))
        day = earliest + timedelta(days=self.random.randint(0, (latest - earliest).days))
        kind = self.random.random()
        edges = window_edges() if kind < 0.4 else month_edges() if kind < 0.5 else ()
        return self.random.choice([edge for edge in edges if earliest <= edge <= latest] or [day])

    def bill_days(self) -> list[date]:
        """Bills of up to four years, a month or two apart, some of them on an edge instead."""
        step = self.random.choice([30, 61])
        start = self.day(-300, 50)
        days = [
            start + timedelta(days=step * number) for number in range(self.random.randint(1, 24))
        ]
        return [self.day(-300, 200) if self.chance(0.3) else day for day in days]

    def due_day(self, day: date) -> date:
        """The bill falls due where a window of obligations begins, if there is one soon."""
        soon = [edge for edge in due_edges() if day <= edge <= day + timedelta(days=40)]
        if soon and self.chance(0.6):
            return self.random.choice(soon)
        return super().due_day(day)


@cache
def window_edges() -> tuple[date, ...]:
    """The last day outside each window of each night, and the days around it."""
    return _around([start for night in NIGHTS for start in _starts(night)])


@cache
def month_edges() -> tuple[date, ...]:
    """The same day of each of the months before each night, and the days around it."""
    return _around([months_before(night, months) for night in NIGHTS for months in range(25)])


@cache
def due_edges() -> tuple[date, ...]:
    """Due dates for which what is counted (fell due, matured, n days late) lies on an edge."""
    return _around(
        [
            start - timedelta(days=days)
            for night in NIGHTS
            for start in _starts(night)
            for days in (0, GRACE_DAYS + 1, 7, 30, 60, 90)
        ]
    )


def _starts(night: date) -> list[date]:
    days = [night - timedelta(days=days) for days in (-90, -30, 7, 30, 90, 180, 360, 365)]
    return [*days, months_before(night, 24)]


def _around(days: list[date]) -> tuple[date, ...]:
    return tuple(day + timedelta(days=offset) for day in days for offset in (-1, 0, 1))
