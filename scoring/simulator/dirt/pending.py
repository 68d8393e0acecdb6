"""Rows of one feed that will land on a later day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import numpy as np

from scoring.simulator.dirt.blocks import Row
from scoring.simulator.dirt.hashing import Hashes, contain
from scoring.simulator.dirt.ledger import Fault


@dataclass(frozen=True)
class PendingRow:
    """A row that lands later, and the fault that is settled by it.

    Attributes:
        key_hash: Hash of the row's key.
        due: Day number on which it lands.
        row: The row; of a withdrawal its key columns count.
        fault: What the ledger says once it has landed.
        is_withdrawal: It lands as ``is_deleted``.
    """

    key_hash: int
    due: int
    row: Row
    fault: Fault
    is_withdrawal: bool = False

    def settle(self, day: int, *, has_landed: bool) -> Fault | None:
        """What becomes of the fault, if anything; without landing a newer version came first."""
        if not has_landed and self.fault.outcome == "resent":
            return None
        outcome = self.fault.outcome
        if not has_landed and outcome == "late":
            outcome = "superseded"
        return replace(self.fault, outcome=outcome, arrives=day)


class PendingRows:
    """At most one row per key; they are few, and gone after some days."""

    def __init__(self) -> None:
        self._rows: dict[int, PendingRow] = {}
        self._days: defaultdict[int, list[PendingRow]] = defaultdict(list)

    def put(self, row: PendingRow) -> PendingRow | None:
        """Let a row land later; returns the older version that it takes the place of."""
        older = self._rows.get(row.key_hash)
        self._rows[row.key_hash] = row
        self._days[row.due].append(row)
        return older

    def match(self, keys: Hashes) -> set[int]:
        """Those of ``keys`` of which a row is to land, today's included."""
        waiting = np.sort(np.fromiter(self._rows, dtype=np.uint64, count=len(self._rows)))
        return set(keys[contain(waiting, keys)].tolist())

    def drop(self, keys: Collection[int]) -> list[PendingRow]:
        """Remove and return the rows of these keys."""
        return [self._rows.pop(key) for key in sorted(keys)]

    def take(self, day: int) -> list[PendingRow]:
        """Remove and return what lands today."""
        due = [row for row in self._days.pop(day, []) if self._rows.get(row.key_hash) is row]
        for row in due:
            del self._rows[row.key_hash]
        return due

    def __iter__(self) -> Iterator[PendingRow]:
        """Everything that has not landed."""
        return iter(self._rows.values())
