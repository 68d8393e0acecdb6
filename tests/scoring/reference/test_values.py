from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from scoring.reference.values import business_date, to_moment

BERLIN = ZoneInfo("Europe/Berlin")


def test_business_day_is_that_of_the_zone() -> None:
    utc = datetime.fromisoformat("2025-03-31 16:30")
    days = {
        zone: business_date(to_moment(utc, ZoneInfo(zone))) for zone in ("Asia/Shanghai", "UTC")
    }
    assert days == {"Asia/Shanghai": date(2025, 4, 1), "UTC": date(2025, 3, 31)}


def test_moments_keep_their_order_where_clocks_are_set_back() -> None:
    first = to_moment(datetime.fromisoformat("2025-10-26 00:45"), BERLIN)
    second = to_moment(first.utc + timedelta(minutes=30), BERLIN)
    assert second.business_time.replace(tzinfo=None) < first.business_time.replace(tzinfo=None)
    assert first < second
    assert max(second, first) is second
