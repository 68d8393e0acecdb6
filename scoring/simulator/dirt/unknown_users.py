"""Users whose first row has not landed as it should: what is said of them is held until it has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.simulator.arrays import Bools
from scoring.simulator.dirt.blocks import Block
from scoring.simulator.dirt.hashing import Hashes
from scoring.simulator.dirt.ledger import Fault, Ledger


class UnknownUsers:
    """Who is missing, until when, and which rows ingest holds on that account."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._seen: set[int] = set()
        self._arrivals: dict[str, int] = {}
        self._held: defaultdict[str, list[Fault]] = defaultdict(list)

    def note_sent(self, hashes: Hashes) -> None:
        """Rows of these keys were sent, whether they landed or not."""
        self._seen.update(hashes.tolist())

    def is_new(self, key_hash: int) -> bool:
        """Whether no row of the user was sent before."""
        return key_hash not in self._seen

    def expect(self, user_id: str, day: int) -> None:
        """The user's first row lands on that day only."""
        self._arrivals[user_id] = day

    def expect_new(self, rows: Block, day: int) -> None:
        """The first rows among these land on that day only."""
        ids = rows.table["user_id"].to_pylist()
        for user_id, key_hash in zip(ids, rows.hashes.tolist(), strict=True):
            if self.is_new(key_hash):
                self.expect(user_id, day)

    def arrival(self, user_id: str) -> int:
        """Day number on which a missing user's first row is to land."""
        return self._arrivals[user_id]

    def find(self, table: pa.Table) -> Bools:
        """Which rows are of users that are missing."""
        if not self._arrivals:
            return np.zeros(table.num_rows, dtype=np.bool_)
        missing = pc.is_in(table["user_id"], value_set=pa.array(list(self._arrivals), pa.string()))
        found: Bools = missing.to_numpy()
        return found

    def hold(self, user_id: str, fault: Fault) -> None:
        """A row of a missing user has landed."""
        self._held[user_id].append(fault)

    def note_landed(self, user_ids: Iterable[str], day: int) -> None:
        """Rows of these users landed as they should."""
        for user_id in sorted(self._arrivals.keys() & set(user_ids)):
            del self._arrivals[user_id]
            for fault in self._held.pop(user_id, ()):
                self._ledger.add(replace(fault, arrives=day))

    def close(self) -> None:
        """Enter what is still held."""
        for user_id, faults in self._held.items():
            for fault in faults:
                self._ledger.add(replace(fault, arrives=self._arrivals[user_id]))
