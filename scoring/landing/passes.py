"""One pass of ingest over landing folders: which are read, in what chunks, and what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date

from scoring.errors import CreditloopError, DataRefusedError, TransientError
from scoring.landing.arrival import is_expected
from scoring.landing.batches import BatchRecord, read_batches
from scoring.landing.contract import Feed, load_feeds
from scoring.landing.files import file_kind, hash_folders
from scoring.landing.folders import LandingFolder, find_folders, unknown_feed_folders
from scoring.landing.history import refuse_over_landed
from scoring.landing.loading import JudgedBatch, LoadContext, PendingBatch, judge_batches
from scoring.landing.reading import ReadFiles
from scoring.landing.recording import record_batches
from scoring.landing.refusals import Refusal
from scoring.landing.report import BatchResult, IngestReport
from scoring.landing.sealing import refuse_sealed
from scoring.landing.waivers import waived_dates, write_waiver

log = logging.getLogger(__name__)

CHUNK_BYTES = 1_000_000_000
"""About how much text a chunk of batches holds; bounds memory however long the range is."""

_EXPANSION = {"csv": 1, "jsonl": 1, "csv.gz": 8, "parquet": 6}


class IngestPass:
    """Loads folders feed by feed, and remembers refusals and warnings until the end."""

    def __init__(self, context: LoadContext) -> None:
        self.context = context
        self._results: list[BatchResult] = []
        self._warnings: list[str] = []
        self._refusals: list[Refusal] = []
        self._incomplete: list[LandingFolder] = []
        for name in unknown_feed_folders(context.settings, frozenset(load_feeds())):
            self.warn(f"landing/{name} is the folder of no feed; nothing in it was read")

    def warn(self, *messages: str) -> None:
        """Log and remember something that deserves a second look."""
        for message in messages:
            log.warning("%s", message)
            self._warnings.append(message)

    def report(self) -> IngestReport:
        """Everything so far."""
        return IngestReport(tuple(self._results), tuple(self._warnings))

    def raise_first_problem(self) -> None:
        """Raise for the first refused batch, or else for the first unfinished folder."""
        if self._refusals:
            raise _with_count(self._refusals)
        if self._incomplete:
            quiet = self.context.settings.landing_quiet_seconds
            raise _still_written(self._incomplete[0], quiet)

    def load_range(
        self,
        feed: Feed,
        date_from: date,
        date_to: date,
        on_progress: Callable[[str, int, int], None] | None,
    ) -> None:
        """Load every folder of the feed in the range."""
        records = read_batches(self.context.connection, feed.name)
        folders = self._look(feed, date_from, date_to)
        self._load(feed, folders, records, on_progress)

    def load_open_days(self, feed: Feed, known_on: date) -> None:
        """Load the folder of ``known_on`` and every earlier unsealed one that is not loaded."""
        records = read_batches(self.context.connection, feed.name)
        chosen = []
        for folder in self._look(feed, None, known_on):
            record = records.get(folder.dt)
            is_loaded = record is not None and record.is_loaded
            if folder.dt == known_on:
                chosen.append(folder)
            elif self.context.is_sealed(folder.dt):
                if record is None:
                    self.warn(
                        f"{feed.name}@{folder.dt} landed after its day was sealed and was never "
                        "read; put it under a later dt"
                    )
            elif not is_loaded:
                chosen.append(folder)
        self._load(feed, chosen, records, None)

    def waive_missing(self, feed: str, date_from: date, date_to: date, reason: str) -> None:
        """Waive the expected batches of the range that have not landed."""
        connection = self.context.connection
        present = {*read_batches(connection, feed), *waived_dates(connection, feed)}
        present |= {folder.dt for folder in self._incomplete if folder.feed.name == feed}
        for ordinal in range(date_from.toordinal(), date_to.toordinal() + 1):
            dt = date.fromordinal(ordinal)
            if is_expected(self.context.settings, feed, dt) and dt not in present:
                write_waiver(connection, feed, dt, "missing", reason)

    def _look(self, feed: Feed, date_from: date | None, date_to: date) -> list[LandingFolder]:
        landing = find_folders(self.context.settings, feed, date_from, date_to)
        self._refusals.extend(landing.strays)
        return landing.folders

    def _load(
        self,
        feed: Feed,
        folders: Sequence[LandingFolder],
        records: dict[date, BatchRecord],
        on_progress: Callable[[str, int, int], None] | None,
    ) -> None:
        waived = waived_dates(self.context.connection, feed.name)
        readable = [
            folder for folder in folders if self._is_readable(feed, folder, records, waived)
        ]
        pending = list(self._without_unchanged(feed, readable, records))
        done = len(folders) - len(pending)
        for chunk in _chunks(pending):
            judged, read = judge_batches(self.context, feed, chunk, records)
            self._record(feed, judged, read, records)
            done += len(chunk)
            if on_progress is not None:
                on_progress(f"ingest {feed.name}", done, len(folders))

    def _is_readable(
        self,
        feed: Feed,
        folder: LandingFolder,
        records: dict[date, BatchRecord],
        waived: Collection[date],
    ) -> bool:
        if folder.is_empty:
            self.warn(f"{feed.name}@{folder.dt} is an empty folder")
            return False
        if folder.seconds_left > 0:
            self._incomplete.append(folder)
            return False
        if folder.dt in waived and self.context.reopen_reason is None:
            self.warn(
                f"{feed.name}@{folder.dt} was waived and counts as absent; put it under a later dt"
            )
            return False
        if folder.refusal is not None:
            record = BatchRecord(feed.name, folder.dt, "refused", self.context.known_basis)
            judged = JudgedBatch(PendingBatch(folder, ""), record, folder.refusal)
            self._record(feed, [judged], ReadFiles(), records)
            return False
        return True

    def _without_unchanged(
        self, feed: Feed, folders: Sequence[LandingFolder], records: dict[date, BatchRecord]
    ) -> Iterator[PendingBatch]:
        for folder, landed_hash in zip(folders, hash_folders(folders), strict=True):
            record = records.get(folder.dt)
            is_loaded = record is not None and record.is_loaded
            refusal = self._refuse_unread(feed, folder.dt, record)
            if refusal is not None:
                self._refusals.append(refusal)
                self._results.append(BatchResult(feed.name, folder.dt, "refused"))
            elif (
                record is not None
                and is_loaded
                and record.landed_hash == landed_hash
                and self._has_raw_file(record)
            ):
                self._results.append(BatchResult(feed.name, folder.dt, "unchanged"))
            else:
                yield PendingBatch(folder, landed_hash)

    def _has_raw_file(self, record: BatchRecord) -> bool:
        """Whether its rows are still there; a damaged file that was deleted is written anew."""
        return record.raw_file is None or (self.context.settings.raw / record.raw_file).is_file()

    def _refuse_unread(self, feed: Feed, dt: date, record: BatchRecord | None) -> Refusal | None:
        is_loaded = record is not None and record.is_loaded
        if self.context.sealed is not None and self.context.is_sealed(dt) and not is_loaded:
            return refuse_sealed(feed.name, dt, self.context.sealed, "first content")
        is_landed = is_loaded and record is not None and record.known_basis == "landed"
        if self.context.history and is_landed:
            return refuse_over_landed(feed, dt, dt, dt)
        return None

    def _record(
        self,
        feed: Feed,
        judged: Sequence[JudgedBatch],
        read: ReadFiles,
        records: dict[date, BatchRecord],
    ) -> None:
        record_batches(self.context, feed, judged, read, records)
        for batch in judged:
            self._results.append(batch.to_result(records.get(batch.record.dt)))
            if batch.refusal is not None:
                self._refusals.append(batch.refusal)
        extra = {name for batch in judged for name in batch.record.extra_columns or ()}
        if extra:
            self.warn(
                f"{feed.name}: columns outside the contract were kept out, from "
                f"{judged[0].record.dt} on: {', '.join(sorted(extra))}"
            )


def _chunks(pending: Sequence[PendingBatch]) -> Iterator[list[PendingBatch]]:
    chunk: list[PendingBatch] = []
    size = 0
    for batch in pending:
        chunk.append(batch)
        size += sum(
            path.stat().st_size * _EXPANSION[file_kind(path)] for path in batch.folder.files
        )
        if size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _with_count(refusals: Sequence[Refusal]) -> CreditloopError:
    first = refusals[0].error
    if len(refusals) == 1:
        return first
    return DataRefusedError(
        first.what,
        subject=first.subject,
        expected=first.expected,
        got=first.got,
        next_step=f"{first.next_step} {len(refusals) - 1} more refused;"
        " `creditloop status` lists them.",
    )


def _still_written(folder: LandingFolder, quiet_seconds: float) -> TransientError:
    from_future = folder.seconds_left - quiet_seconds
    changed = (
        f"files dated {from_future:.0f} s ahead of this machine's clock"
        if from_future > 1
        else "files that changed lately"
    )
    return TransientError(
        "landing folder not read",
        subject=f"{folder.feed.name}@{folder.dt}",
        expected="_control.json or _SUCCESS in it, or no change for the quiet time",
        got=f"{changed}; complete in {folder.seconds_left:.0f} s at the earliest",
        next_step="Repeat the command then, or let the sender write _SUCCESS"
        + (", or correct the clock." if from_future > 1 else "."),
    )
