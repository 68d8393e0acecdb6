"""Rows of a feed that land together, and single ones taken out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

from scoring.landing.contract import Feed
from scoring.simulator.arrays import Bools
from scoring.simulator.dirt.hashing import Hashes, hash_keys

Row: TypeAlias = dict[str, Any]
"""One row by column, in Python values."""


@dataclass(frozen=True)
class Block:
    """A table of one feed in the contract's columns.

    Attributes:
        origin: Day number on which the rows would land without dirt.
        hashes: Hash of each row's key.
    """

    origin: int
    table: pa.Table
    hashes: Hashes

    @classmethod
    def of(cls, feed: Feed, day: int, table: pa.Table) -> Block:
        """The clean rows of a day."""
        return cls(day, table, hash_keys(table, feed.key))

    def keep(self, kept: Bools) -> Block:
        """The rows for which ``kept`` is true."""
        if kept.all():
            return self
        return Block(self.origin, self.table.filter(pa.array(kept)), self.hashes[kept])

    def without(self, newer: Hashes) -> Block:
        """The rows whose keys are not among ``newer``."""
        return self.keep(~np.isin(self.hashes, newer))

    def rows(self, chosen: Bools) -> list[tuple[Row, int]]:
        """The rows for which ``chosen`` is true, each with the hash of its key."""
        places = np.flatnonzero(chosen)
        if places.size == 0:
            return []
        rows = self.table.take(pa.array(places)).to_pylist()
        return list(zip(rows, self.hashes[places].tolist(), strict=True))


def key_text(feed: Feed, row: Row) -> str:
    """The row's key as the ledger writes it."""
    return "|".join(str(row[name]) for name in feed.key)


def to_table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table; columns that a row lacks are null, others are left out."""
    return pa.Table.from_pylist(list(rows), schema=schema)
