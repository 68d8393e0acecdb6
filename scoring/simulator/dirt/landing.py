"""What lands of one feed on one day, put together file by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from scoring.landing.contract import Feed
from scoring.landing.row_rules import IS_DELETED
from scoring.simulator.dirt.blocks import Block, Row, to_table
from scoring.simulator.dirt.breaks import foreign_schema
from scoring.simulator.dirt.day_files import DayFiles
from scoring.simulator.dirt.hashing import NO_HASHES, Hashes
from scoring.simulator.dirt.lost_days import LostDay


@dataclass
class Landing:
    """The parts of a day's batch.

    Attributes:
        today: Today's clean rows, as far as they land at all.
        lost: A lost day whose rows come today.
        removed: Places in ``today`` that do not land as they are.
        rows: Further rows, in the same file as today's.
        foreign_rows: Rows that the contract's types cannot hold.
        withdrawals: Rows that are deleted; their key columns count.
    """

    today: Block | None
    lost: LostDay | None
    removed: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    foreign_rows: list[Row] = field(default_factory=list)
    withdrawals: list[Row] = field(default_factory=list)

    @property
    def blocks(self) -> list[Block]:
        """Today's rows and those of the lost day, as far as there are any."""
        lost = None if self.lost is None else self.lost.block
        return [block for block in (self.today, lost) if block is not None]

    def replace_blocks(self, blocks: Sequence[Block]) -> None:
        """Put others in the place of ``blocks``."""
        rest = list(blocks)
        if self.today is not None:
            self.today = rest.pop(0)
        if self.lost is not None:
            self.lost = replace(self.lost, block=rest.pop(0))

    @property
    def hashes(self) -> Hashes:
        """Keys of ``blocks``."""
        return np.concatenate([NO_HASHES, *(block.hashes for block in self.blocks)])

    def user_ids(self) -> Iterator[str]:
        """Users of ``blocks`` and ``rows``."""
        for block in self.blocks:
            yield from block.table["user_id"].to_pylist()
        for row in self.rows:
            yield row["user_id"]

    def to_files(self, feed: Feed, schema: pa.Schema) -> DayFiles:
        """The day's files, none of them empty; ``schema`` is that of the feed's clean tables."""
        main = [] if self.today is None else _slices_without(self.today.table, self.removed)
        if self.lost is not None and not self.lost.is_own_file:
            main.append(self.lost.block.table)
        if self.rows:
            main.append(to_table(self.rows, schema))
        tables = [pa.concat_tables(main)] if main else []
        if self.lost is not None and self.lost.is_own_file:
            tables.append(self.lost.block.table)
        if self.foreign_rows:
            tables.append(to_table(self.foreign_rows, foreign_schema(feed.name)))
        if self.withdrawals:
            rows = [row | {IS_DELETED.name: True} for row in self.withdrawals]
            tables.append(to_table(rows, _withdrawal_schema(feed, schema)))
        return DayFiles(tuple(table for table in tables if table.num_rows))


def _slices_without(table: pa.Table, removed: Iterable[int]) -> list[pa.Table]:
    """The rows between the removed ones; cheaper than a copy, as they are few."""
    slices, start = [], 0
    for place in sorted(removed):
        slices.append(table.slice(start, place - start))
        start = place + 1
    return [*slices, table.slice(start)]


def _withdrawal_schema(feed: Feed, schema: pa.Schema) -> pa.Schema:
    deleted = pa.field(IS_DELETED.name, pa.bool_())
    return pa.schema([*(schema.field(name) for name in feed.key), deleted])
