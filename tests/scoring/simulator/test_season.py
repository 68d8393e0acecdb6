from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from scoring.simulator.arrays import day_in_month
from scoring.simulator.season import amount_factor, purchase_factor, to_date, to_day


@pytest.mark.parametrize(
    ("day", "factor"),
    [
        (date(2024, 11, 11), 3.0 * 0.93),  # a Monday
        (date(2024, 11, 4), 1.15 * 0.93),
        (date(2024, 2, 5), 1.3 * 0.93),  # five days before the Spring Festival of 10 February
        (date(2024, 2, 10), 0.65 * 1.13),  # its first day, a Saturday
        (date(2024, 2, 17), 1.13),
        (date(2024, 6, 3), 0.93),
        (date(2050, 1, 24), 0.93),  # no festival known
    ],
)
def test_the_calendar_moves_purchases(day: date, factor: float) -> None:
    assert purchase_factor(day) == pytest.approx(factor)


def test_double_eleven_purchases_are_larger() -> None:
    assert amount_factor(date(2024, 11, 11)) == 1.35
    assert amount_factor(date(2024, 11, 12)) == 1.0


def test_days_of_later_months() -> None:
    days = day_in_month(to_day(date(2024, 12, 31)), np.array([1, 2]), np.array([9, 28]))
    assert [to_date(int(day)) for day in days] == [date(2025, 1, 9), date(2025, 2, 28)]
