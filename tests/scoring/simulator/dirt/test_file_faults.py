"""Days that go wrong as a whole never swallow one another's rows."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from scoring.simulator.dirt.file_faults import FileFault, FileFaultCalendar
from scoring.simulator.dirt.levels import FILE_FAULT_KINDS, HEAVY, LONGEST_DELAY_DAYS

START, DAYS = 100, 80
OFTEN = dataclasses.replace(HEAVY, **dict.fromkeys(FILE_FAULT_KINDS, 0.2))


def _faults(seed: int, days: int = DAYS, start: int = START) -> list[FileFault]:
    calendar = FileFaultCalendar(seed, OFTEN, start)
    found = (calendar.find("loans", day) for day in range(start, start + days))
    return [fault for fault in found if fault is not None]


@given(st.integers(0, 2**40))
def test_no_day_goes_wrong_until_the_rows_of_the_last_one_have_arrived(seed: int) -> None:
    faults = _faults(seed)
    assert faults
    assert faults[0].day > START
    for one, other in pairwise(faults):
        assert one.day < one.arrives < other.day
        assert one.arrives - one.day <= (LONGEST_DELAY_DAYS if one.kind == "late_file" else 1)


@given(st.integers(0, 2**40))
def test_days_are_asked_for_in_any_order(seed: int) -> None:
    calendar = FileFaultCalendar(seed, OFTEN, START)
    calendar.find("loans", START + DAYS + 30)
    found = [calendar.find("loans", day) for day in range(START, START + DAYS)]
    assert [fault for fault in found if fault is not None] == _faults(seed)


def test_a_whole_day_is_the_first_that_does_not_go_wrong() -> None:
    calendar = FileFaultCalendar(1, OFTEN, START)
    fault = _faults(1)[0]
    assert calendar.find_whole_day("loans", fault.day - 1) == fault.day - 1
    assert calendar.find_whole_day("loans", fault.day) == fault.day + 1
    assert calendar.find("loans", START - 5) is None
