"""Dirt for one feed of one shard, day after day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from scoring.landing.contract import Feed
from scoring.simulator.arrays import Bools
from scoring.simulator.batches import FileFormat
from scoring.simulator.dirt.blocks import Block, Row, key_text
from scoring.simulator.dirt.day_files import DayFiles
from scoring.simulator.dirt.file_faults import FileFault, FileFaultCalendar
from scoring.simulator.dirt.hashing import NO_HASHES
from scoring.simulator.dirt.landing import Landing
from scoring.simulator.dirt.ledger import Fault, Ledger
from scoring.simulator.dirt.levels import Budget, Rates, make_budget
from scoring.simulator.dirt.lost_days import LostDay, lose_day
from scoring.simulator.dirt.pending import PendingRow, PendingRows
from scoring.simulator.dirt.picks import Pick, Picker
from scoring.simulator.dirt.row_faults import HIDING_KINDS, RowFaults
from scoring.simulator.dirt.unknown_users import UnknownUsers


@dataclass(frozen=True)
class Shared:
    """What the feeds of a shard share.

    Attributes:
        shard: Number of the shard.
        shard_count: Shards that share each batch, and with it what it may lose.
        file_format: How files are written; it decides by which rule half a file is refused.
        users: Users that are not known yet.
    """

    seed: int
    rates: Rates
    shard: int
    shard_count: int
    file_format: FileFormat
    calendar: FileFaultCalendar
    ledger: Ledger
    users: UnknownUsers


class FeedSoiler:
    """Turns the clean rows of a feed's days into what lands; call it day by day."""

    def __init__(self, feed: Feed, shared: Shared) -> None:
        self._feed, self._shared = feed, shared
        self._is_users = feed.name == "users"
        self._picker = Picker(feed, shared.seed, shared.rates)
        self._faults = RowFaults(feed, shared.calendar, shared.ledger)
        self._pending = PendingRows()
        self._lost: LostDay | None = None
        self._schema = pa.schema([])

    def soil(self, day: int, table: pa.Table | None) -> DayFiles:
        """What lands on this day; ``table`` is what would land without dirt."""
        today = None
        if table is not None:
            self._schema = table.schema
            today = Block.of(self._feed, day, table)
        fault = self._shared.calendar.find(self._feed.name, day)
        files = self._land(day, today) if fault is None else self._lose(fault, today)
        if self._is_users and today is not None:
            self._shared.users.note_sent(today.hashes)
        return files

    def close(self) -> None:
        """Enter what has not landed yet, as planned."""
        for row in self._pending:
            self._settle(row, row.due, has_landed=True)

    def _lose(self, fault: FileFault, today: Block | None) -> DayFiles:
        table = None if today is None else today.table
        files, entry = lose_day(self._feed.name, fault, table, self._shared.file_format)
        if entry is not None:
            self._shared.ledger.add(entry)
        if today is not None:
            self._lost = LostDay(today, fault.arrives, is_own_file=fault.kind == "late_file")
            if self._is_users:
                self._shared.users.expect_new(today, fault.arrives)
        return files

    def _land(self, day: int, today: Block | None) -> DayFiles:
        lost, busy = self._lost, NO_HASHES
        if lost is not None and today is not None:
            # A key's newer version takes the place of the lost one, and is left in peace.
            busy = np.intersect1d(today.hashes, lost.block.hashes)
            lost = lost.without(busy)
        is_due = lost is not None and lost.arrives == day
        self._lost = None if is_due else lost
        landing = Landing(today, lost if is_due else None)
        budget, is_held = self._hold_back(day, landing)
        overtaken = self._pending.match(landing.hashes)
        for row in self._pending.drop(overtaken):
            self._settle(row, day, has_landed=False)
        for row in self._pending.take(day):
            self._settle(row, day, has_landed=True)
            (landing.withdrawals if row.is_withdrawal else landing.rows).append(row.row)
        if self._is_users:
            self._shared.users.note_landed(landing.user_ids(), day)
        if landing.today is not None:
            spared = is_held[: landing.today.hashes.size]
            picks = self._picker.pick(landing.today, spared, overtaken.union(busy.tolist()), budget)
            for pick in picks:
                self._inject(pick, landing)
        return landing.to_files(self._feed, self._schema)

    def _inject(self, pick: Pick, landing: Landing) -> None:
        later = self._faults.inject(pick, landing)
        if later is None:
            return
        self._put(later)
        users = self._shared.users
        if self._is_users and pick.kind in HIDING_KINDS and users.is_new(pick.key_hash):
            users.expect(pick.row["user_id"], later.due)

    def _hold_back(self, day: int, landing: Landing) -> tuple[Budget, Bools]:
        """Put off rows of unknown users beyond what ingest may hold; the others are held.

        Returns:
            What is left of the batch's budget, and which rows of ``landing.blocks`` are held.
        """
        blocks = landing.blocks
        unknown = [
            np.zeros(block.hashes.size, dtype=np.bool_)
            if self._is_users
            else self._shared.users.find(block.table)
            for block in blocks
        ]
        known_count = sum(int((~mask).sum()) for mask in unknown)
        budget = make_budget(known_count, day, self._shared.shard, self._shared.shard_count)
        held = []
        for number, (block, mask) in enumerate(zip(blocks, unknown, strict=True)):
            kept = np.ones(mask.size, dtype=np.bool_)
            kept[np.flatnonzero(mask)[budget.held :]] = False
            for row, key_hash in block.rows(~kept):
                self._put_off(day, row, key_hash)
            for row, _ in block.rows(mask & kept):
                fault = Fault("late_user", self._feed.name, day, "held", key_text(self._feed, row))
                self._shared.users.hold(row["user_id"], fault)
                budget.held -= 1
            blocks[number] = block.keep(kept)
            held.append(mask[kept])
        landing.replace_blocks(blocks)
        return budget, np.concatenate([*held, np.empty(0, dtype=np.bool_)])

    def _put_off(self, day: int, row: Row, key_hash: int) -> None:
        """Let a row of an unknown user land once the user is known."""
        due = self._shared.users.arrival(row["user_id"])
        due = self._shared.calendar.find_whole_day(self._feed.name, due)
        fault = Fault("late", self._feed.name, day, "late", key_text(self._feed, row))
        self._put(PendingRow(key_hash, due, row, fault))

    def _put(self, row: PendingRow) -> None:
        older = self._pending.put(row)
        if older is not None:
            self._settle(older, row.due, has_landed=False)

    def _settle(self, row: PendingRow, day: int, *, has_landed: bool) -> None:
        fault = row.settle(day, has_landed=has_landed)
        if fault is not None:
            self._shared.ledger.add(fault)
