"""How the calendar moves spending: weekdays, 双11, 春节."""

from __future__ import annotations

from datetime import date, timedelta

EPOCH = date(1970, 1, 1)

SPRING_FESTIVALS = {
    2010: date(2010, 2, 14),
    2011: date(2011, 2, 3),
    2012: date(2012, 1, 23),
    2013: date(2013, 2, 10),
    2014: date(2014, 1, 31),
    2015: date(2015, 2, 19),
    2016: date(2016, 2, 8),
    2017: date(2017, 1, 28),
    2018: date(2018, 2, 16),
    2019: date(2019, 2, 5),
    2020: date(2020, 1, 25),
    2021: date(2021, 2, 12),
    2022: date(2022, 2, 1),
    2023: date(2023, 1, 22),
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
    2031: date(2031, 1, 23),
    2032: date(2032, 2, 11),
    2033: date(2033, 1, 31),
    2034: date(2034, 2, 19),
    2035: date(2035, 2, 8),
}
"""First day of the lunar year; other years have no Spring Festival effect."""

_DOUBLE_ELEVEN = ((11, 10), (11, 11))
_SHOPPING_BEFORE, _HOLIDAY = timedelta(days=14), timedelta(days=7)
_WEEKDAY = (0.93, 0.92, 0.94, 0.97, 1.06, 1.13, 1.05)


def to_date(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=day)


def to_day(value: date) -> int:
    """The day number of a date."""
    return (value - EPOCH).days


def purchase_factor(today: date) -> float:
    """Purchases on this date relative to an average one (about 1; 双11 about 3)."""
    return _WEEKDAY[today.weekday()] * _festival_factor(today)


def amount_factor(today: date) -> float:
    """Size of a purchase on this date relative to an average one."""
    return 1.35 if _is_double_eleven(today) else 1.0


def _is_double_eleven(today: date) -> bool:
    return (today.month, today.day) in _DOUBLE_ELEVEN


def _festival_factor(today: date) -> float:
    if _is_double_eleven(today):
        return 3.0
    if (11, 1) <= (today.month, today.day) < min(_DOUBLE_ELEVEN):
        return 1.15
    festival = SPRING_FESTIVALS.get(today.year)
    if festival is None:
        return 1.0
    if festival - _SHOPPING_BEFORE <= today < festival:
        return 1.3
    return 0.65 if festival <= today < festival + _HOLIDAY else 1.0
