"""Which clean rows of a day get a fault, and which one."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from scoring.landing.contract import Feed
from scoring.simulator.arrays import Bools
from scoring.simulator.dirt.blocks import Block, Row
from scoring.simulator.dirt.hashing import draw_bits, make_code, to_numbers
from scoring.simulator.dirt.levels import ROW_FAULT_KINDS, Budget, Rates, RowFaultKind
from scoring.simulator.randomness import mix_one

_QUARANTINED_ROWS: dict[RowFaultKind, int] = {"duplicate": 1, "conflicting_key": 2, "bad_value": 1}


@dataclass(frozen=True)
class Pick:
    """One row and what is done to it.

    Attributes:
        place: The row's place in the day's clean table.
        day: Day number of that table.
        key_hash: Hash of the row's key.
        bits: Random bits for what else there is to decide.
    """

    kind: RowFaultKind
    place: int
    day: int
    row: Row
    key_hash: int
    bits: int


class Picker:
    """Picks rows of one feed by the hash of key and day."""

    def __init__(self, feed: Feed, seed: int, rates: Rates) -> None:
        self._feed = feed
        self._code = make_code(seed, feed.name, "row fault")
        self._bounds = np.array(list(accumulate(rates.of_rows())))

    def pick(
        self, today: Block, spared: Bools, busy: Collection[int], budget: Budget
    ) -> Iterator[Pick]:
        """Pick rows of a day.

        Args:
            today: The clean rows.
            spared: Rows that stay as they are.
            busy: Hashes of keys that stay as they are.
            budget: What the batch may still lose; picks are charged to it.
        """
        bits = draw_bits(today.hashes, self._code, today.origin)
        numbers = to_numbers(bits)
        chosen = (numbers < self._bounds[-1]) & ~spared
        places = np.flatnonzero(chosen)
        kinds = np.searchsorted(self._bounds, numbers[places], side="right")
        for place, kind_no, (row, key_hash) in zip(places, kinds, today.rows(chosen), strict=True):
            kind = ROW_FAULT_KINDS[kind_no]
            if key_hash not in busy and self._charge(kind, budget):
                more_bits = mix_one(int(bits[place]))
                yield Pick(kind, int(place), today.origin, row, key_hash, more_bits)

    def _charge(self, kind: RowFaultKind, budget: Budget) -> bool:
        """Charge the fault to the budget, if that can bear it."""
        if kind == "unknown_user":
            if self._feed.name == "users" or budget.held < 1:
                return False
            budget.held -= 1
        rows = _QUARANTINED_ROWS.get(kind, 0)
        if rows > budget.quarantined:
            return False
        budget.quarantined -= rows
        return True
