"""Loading a chunk of one feed's batches: read, judge, key, write, record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from scoring.errors import PermanentError
from scoring.landing.batches import BatchRecord
from scoring.landing.contract import Feed
from scoring.landing.files import describe_files
from scoring.landing.folders import LandingFolder
from scoring.landing.history import create_parent_dates, first_landed_date, refuse_over_landed
from scoring.landing.keyed_rows import FinalTotals, build_final_rows, total_final_rows
from scoring.landing.raw_files import raw_file_name
from scoring.landing.reading import ReadFiles, read_files
from scoring.landing.refusals import Refusal
from scoring.landing.report import BatchResult
from scoring.landing.sealing import refuse_sealed
from scoring.landing.totals import (
    BatchTotals,
    count_rows,
    create_files_table,
    refuse_control,
    refuse_held,
    refuse_quarantined,
    sum_columns,
)
from scoring.landing.twins import mark_twins
from scoring.settings import Settings


@dataclass(frozen=True)
class LoadContext:
    """What all batches of one ingest share; the vault is attached to the connection."""

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    run_id: str
    history: bool
    reopen_reason: str | None
    sealed: date | None

    @property
    def known_basis(self) -> str:
        """``assumed`` for a history load, else ``landed``."""
        return "assumed" if self.history else "landed"

    def is_sealed(self, dt: date) -> bool:
        """Whether a published night has used the batch date, and it is not being reopened."""
        return self.sealed is not None and dt <= self.sealed and self.reopen_reason is None


@dataclass(frozen=True)
class PendingBatch:
    """A complete landing folder that has to be read."""

    folder: LandingFolder
    landed_hash: str

    @property
    def dt(self) -> date:
        """Its landing date."""
        return self.folder.dt


@dataclass(frozen=True)
class JudgedBatch:
    """A batch after reading: refused, or ready to be recorded."""

    pending: PendingBatch
    record: BatchRecord
    refusal: Refusal | None = None
    changed_from: date | None = None

    def to_result(self, previous: BatchRecord | None) -> BatchResult:
        """What the report says of it."""
        record = self.record
        unchanged = (
            previous is not None
            and previous.is_loaded
            and previous.content_hash == record.content_hash
        )
        return BatchResult(
            record.feed,
            record.dt,
            "refused" if self.refusal else "unchanged" if unchanged else "loaded",
            record.rows_read or 0,
            record.rows_loaded or 0,
            record.rows_held or 0,
            record.rows_quarantined or 0,
            record.rows_duplicate or 0,
            tuple(record.extra_columns or ()),
        )


def judge_batches(
    context: LoadContext,
    feed: Feed,
    pending: Sequence[PendingBatch],
    previous: dict[date, BatchRecord],
) -> tuple[list[JudgedBatch], ReadFiles]:
    """Read the batches and decide about each; leaves their rows in ``ingest_final``."""
    connection, settings = context.connection, context.settings
    files = [file for batch in pending for file in describe_files(batch.folder)]
    read = read_files(connection, feed, files, settings.business_timezone)
    create_files_table(connection, read.files)
    mark_twins(connection, feed)
    totals = count_rows(connection, read)
    controls = {batch.dt: batch.folder.control for batch in pending}
    sums = sum_columns(connection, controls)
    refusals = dict(read.refusals)
    for batch in pending:
        if batch.dt in refusals:
            continue
        counted, control = totals.get(batch.dt, BatchTotals()), batch.folder.control
        refusal = (
            refuse_control(feed, batch.dt, control, counted, sums) if control else None
        ) or refuse_quarantined(settings, feed, batch.dt, counted)
        if refusal is not None:
            refusals[batch.dt] = refusal
    kept = [batch.dt for batch in pending if batch.dt not in refusals]
    if context.history:
        create_parent_dates(connection, settings, feed)
    build_final_rows(connection, settings, feed, kept, history=context.history)
    finals = total_final_rows(connection, feed)
    judged = []
    for batch in pending:
        final = finals.get(batch.dt, FinalTotals())
        record = _describe(context, feed, batch, totals.get(batch.dt, BatchTotals()), final)
        record = replace(record, extra_columns=sorted(read.extra_columns.get(batch.dt, ())))
        refusal = refusals.get(batch.dt) or _judge(context, feed, record, final, previous)
        changed_from = final.first_batch_date or batch.dt
        judged.append(JudgedBatch(batch, record, refusal, changed_from))
    return judged, read


def _describe(
    context: LoadContext,
    feed: Feed,
    batch: PendingBatch,
    totals: BatchTotals,
    final: FinalTotals,
) -> BatchRecord:
    raw_file = raw_file_name(feed.name, batch.dt, final.content_hash) if final.row_count else None
    return BatchRecord(
        feed.name,
        batch.dt,
        "loaded",
        context.known_basis,
        batch.landed_hash,
        final.content_hash,
        raw_file,
        totals.rows_read,
        final.row_count - final.held_count,
        final.held_count,
        totals.rows_quarantined,
        totals.rows_duplicate,
    )


def _judge(
    context: LoadContext,
    feed: Feed,
    record: BatchRecord,
    final: FinalTotals,
    previous: dict[date, BatchRecord],
) -> Refusal | None:
    check_balance(record)
    refusal = refuse_held(
        context.settings, feed, record.dt, final.held_count, record.rows_read or 0
    )
    if refusal is None and context.history:
        refusal = _judge_history(feed, record.dt, final, previous)
    if refusal is not None or context.sealed is None:
        return refusal
    before = previous.get(record.dt)
    if before is not None and before.is_loaded and before.content_hash == record.content_hash:
        return None
    if context.is_sealed(record.dt):
        return refuse_sealed(feed.name, record.dt, context.sealed, "different content")
    first = final.first_batch_date
    if first is not None and context.is_sealed(first):
        return refuse_sealed(feed.name, record.dt, context.sealed, f"rows dated from {first} on")
    return None


def _judge_history(
    feed: Feed, dt: date, final: FinalTotals, previous: dict[date, BatchRecord]
) -> Refusal | None:
    others = {day: each for day, each in previous.items() if day != dt}
    first_landed = first_landed_date(others)
    last = final.last_batch_date
    if first_landed is None or last is None or last < first_landed:
        return None
    return refuse_over_landed(feed, dt, last, first_landed)


def check_balance(record: BatchRecord) -> None:
    """Prove that no row was dropped on the way.

    Raises:
        PermanentError: Rows read are not rows loaded, held and quarantined together.
    """
    parts = (record.rows_loaded or 0) + (record.rows_held or 0) + (record.rows_quarantined or 0)
    if record.rows_read != parts:
        raise PermanentError(
            "batch not recorded",
            subject=f"{record.feed}@{record.dt}",
            expected=f"rows read ({record.rows_read}) = loaded + held + quarantined",
            got=f"{parts}",
            next_step="This is a defect of creditloop: report it with the file's shape.",
        )
