"""Dirt for one shard: rows and files of a clean world go in, those of a real feed come out."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from scoring.landing.contract import load_feeds
from scoring.simulator.batches import FileFormat
from scoring.simulator.dirt.day_files import DayFiles
from scoring.simulator.dirt.feed_soiler import FeedSoiler, Shared
from scoring.simulator.dirt.file_faults import FileFaultCalendar
from scoring.simulator.dirt.ledger import Ledger
from scoring.simulator.dirt.levels import DIRT_LEVELS, RATES, DirtLevel
from scoring.simulator.dirt.unknown_users import UnknownUsers

__all__ = ["DIRT_LEVELS", "DirtLevel", "Soiler"]


class Soiler:
    """Takes every feed's clean rows of every day, in order, and says what lands instead.

    ``users`` must be the first feed of a day. What lands depends on the seed, the level and the
    clean rows, and on nothing else.
    """

    def __init__(
        self,
        seed: int,
        level: DirtLevel,
        start: int,
        *,
        shard: int = 0,
        shard_count: int = 1,
        file_format: FileFormat = "parquet",
    ) -> None:
        rates = RATES[level]
        self._feeds: dict[str, FeedSoiler] = {}
        if rates is None:
            return
        self._ledger = Ledger()
        self._users = UnknownUsers(self._ledger)
        shared = Shared(
            seed=seed,
            rates=rates,
            shard=shard,
            shard_count=shard_count,
            file_format=file_format,
            calendar=FileFaultCalendar(seed, rates, start),
            ledger=self._ledger,
            users=self._users,
        )
        self._feeds = {name: FeedSoiler(feed, shared) for name, feed in load_feeds().items()}

    def soil(self, feed: str, day: int, table: pa.Table | None) -> DayFiles:
        """What lands of the feed on this day; ``table`` is what would land without dirt."""
        if self._feeds:
            return self._feeds[feed].soil(day, table)
        return DayFiles() if table is None else DayFiles((table,))

    def write_ledger(self, folder: Path, shard: int) -> None:
        """Write the faults injected so far as ``<folder>/faults/part-<shard>.parquet``."""
        if not self._feeds:
            return
        for feed in self._feeds.values():
            feed.close()
        self._users.close()
        self._ledger.write(folder / "faults" / f"part-{shard:03d}.parquet")
