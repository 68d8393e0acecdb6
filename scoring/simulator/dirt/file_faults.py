"""Which day of which feed goes wrong as a whole: the same for every shard of a population."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate

from scoring.simulator.dirt.hashing import draw_number, make_code
from scoring.simulator.dirt.levels import (
    FILE_FAULT_KINDS,
    LONGEST_DELAY_DAYS,
    FileFaultKind,
    Rates,
)
from scoring.simulator.randomness import mix_one


@dataclass(frozen=True)
class FileFault:
    """A day's batch that does not arrive as it should.

    Attributes:
        arrives: Day number of the batch that brings its rows (again).
    """

    kind: FileFaultKind
    day: int
    arrives: int


class FileFaultCalendar:
    """File-level faults of every feed, day by day from ``start`` on.

    The first day is whole, and so is every day until the rows of the last fault have arrived: what
    is sent again is never lost again.
    """

    def __init__(self, seed: int, rates: Rates, start: int) -> None:
        self._seed = seed
        self._bounds = list(accumulate(rates.of_files()))
        self._decided: defaultdict[str, int] = defaultdict(lambda: start)
        self._busy: defaultdict[str, int] = defaultdict(lambda: start)
        self._faults: defaultdict[str, dict[int, FileFault]] = defaultdict(dict)

    def find(self, feed: str, day: int) -> FileFault | None:
        """The fault of the feed's batch of that day, if it has one."""
        faults = self._faults[feed]
        for undecided in range(self._decided[feed] + 1, day + 1):
            if undecided > self._busy[feed]:
                fault = self._draw(feed, undecided)
                if fault is not None:
                    faults[undecided] = fault
                    self._busy[feed] = fault.arrives
            self._decided[feed] = undecided
        return faults.get(day)

    def find_whole_day(self, feed: str, day: int) -> int:
        """The first day from ``day`` on whose batch arrives as it should."""
        while self.find(feed, day) is not None:
            day += 1
        return day

    def _draw(self, feed: str, day: int) -> FileFault | None:
        code = make_code(self._seed, feed, "file fault")
        number = draw_number(code, day)
        for kind, bound in zip(FILE_FAULT_KINDS, self._bounds, strict=True):
            if number < bound:
                days = 1
                if kind == "late_file":
                    days += mix_one(mix_one(code) + day) % LONGEST_DELAY_DAYS
                return FileFault(kind, day, day + days)
        return None
