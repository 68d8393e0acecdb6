"""The business zone's offsets from UTC as data.

Asking the engine's calendar for every row costs forty times an addition; a zone has few offsets.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

FIRST = datetime(1990, 1, 1, tzinfo=UTC)
END = datetime(2100, 1, 1, tzinfo=UTC)
"""Moments from ``FIRST`` until before ``END`` are covered; others are left to the engine."""
MOST_STRETCHES = 8


@cache
def offsets_text(zone: str) -> str:
    """The stretches of ``zone_offsets`` as JSON, newest first, as the dbt macros read them.

    None for a zone that changes its clocks every year: going through them all would cost more than
    the engine's calendar.
    """
    stretches = zone_offsets(zone)
    if len(stretches) > MOST_STRETCHES:
        return "[]"
    return json.dumps([[str(start), str(end), shift] for start, end, shift in reversed(stretches)])


def zone_offsets(zone: str) -> list[tuple[datetime, datetime, int]]:
    """The stretches of one offset each in a zone.

    Args:
        zone: Name of the zone (``Asia/Shanghai``).

    Returns:
        UTC moments (without zone) from which and until before which an offset holds, and the offset
        in seconds; in order, without gaps, from ``FIRST`` to ``END``.
    """
    clock = ZoneInfo(zone)
    found = [(FIRST, _seconds(clock, FIRST))]
    day = FIRST
    while day < END:
        following = day + timedelta(days=1)
        if _seconds(clock, following) != _seconds(clock, day):
            change = _find_change(clock, day, following)
            found.append((change, _seconds(clock, change)))
        day = following
    ends = [moment for moment, _ in found[1:]] + [END]
    return [
        (start.replace(tzinfo=None), end.replace(tzinfo=None), seconds)
        for (start, seconds), end in zip(found, ends, strict=True)
    ]


def _seconds(clock: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(clock).utcoffset()
    if offset is None:
        raise ValueError(f"{clock.key} has no offset")
    return int(offset.total_seconds())


def _find_change(clock: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first second with the offset of ``after``."""
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before).total_seconds() // 2)
        if _seconds(clock, middle) == _seconds(clock, before):
            before = middle
        else:
            after = middle
    return after
