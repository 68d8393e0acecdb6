"""Recording judged batches: files by rename, then one transaction, then the old files go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa

from scoring.clock import utc_now
from scoring.landing.batches import (
    BatchRecord,
    loaded_raw_files,
    remove_superseded_files,
    write_batches,
)
from scoring.landing.contract import Feed
from scoring.landing.loading import JudgedBatch, LoadContext
from scoring.landing.quarantine import QuarantinedRow
from scoring.landing.quarantine_rows import fetch_quarantined
from scoring.landing.raw_files import read_raw_sql, write_raw_file
from scoring.landing.reading import ReadFiles
from scoring.landing.sealing import record_reopening
from scoring.settings import Settings
from scoring.warehouse.sql import quote_literal


def record_batches(
    context: LoadContext,
    feed: Feed,
    judged: Sequence[JudgedBatch],
    read: ReadFiles,
    previous: dict[date, BatchRecord],
) -> None:
    """Make the batches' new state durable.

    A good batch becomes ``loading``, its raw file appears under its final name, and one transaction
    makes it ``loaded`` together with its quarantined rows. A refused one loses what it had, unless
    it is sealed: then nothing of it changes.
    """
    accepted = [batch for batch in judged if batch.refusal is None]
    refused = [
        batch
        for batch in judged
        if batch.refusal is not None and not _keeps_loaded_content(context, batch, previous)
    ]
    changed = [batch for batch in accepted if not _is_same_content(batch, previous)]
    begun = [replace(batch.record, state="loading") for batch in changed]
    write_batches(context.connection, begun, context.run_id)
    for batch in accepted:
        if batch.record.raw_file is not None:
            write_raw_file(
                context.connection, context.settings, feed, batch.record.dt, batch.record.raw_file
            )
    dates = {batch.record.dt for batch in accepted}
    rows = fetch_quarantined(context.connection, context.settings, feed, read, dates)
    records = [batch.record for batch in accepted] + [_refused_record(batch) for batch in refused]
    with _transaction(context.connection):
        _write_records(context, feed, records, rows)
        _record_reopenings(context, changed, previous)
        if feed.name == "users":
            _keep_known_users(context, changed, refused, previous)
    remove_superseded_files(context.settings, records)


@contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("begin")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        connection.rollback()
        raise


def _keeps_loaded_content(
    context: LoadContext, batch: JudgedBatch, previous: dict[date, BatchRecord]
) -> bool:
    """Whether a refusal must leave ``ops.batches`` alone: sealed, being reopened, or history.

    A sealed batch keeps what published nights used; without content of its own it stays absent.
    """
    sealed, before = context.sealed, previous.get(batch.record.dt)
    if batch.refusal is not None and batch.refusal.rule in ("sealed", "history_over_landed"):
        return True
    return sealed is not None and batch.record.dt <= sealed and (before is None or before.is_loaded)


def _is_same_content(batch: JudgedBatch, previous: dict[date, BatchRecord]) -> bool:
    before = previous.get(batch.record.dt)
    return (
        before is not None and before.is_loaded and before.content_hash == batch.record.content_hash
    )


def _refused_record(batch: JudgedBatch) -> BatchRecord:
    refusal, record = batch.refusal, batch.record
    return BatchRecord(
        record.feed,
        record.dt,
        "refused",
        record.known_basis,
        record.landed_hash,
        rows_read=record.rows_read,
        extra_columns=record.extra_columns,
        refusal_rule=None if refusal is None else refusal.rule,
        refusal_message=None if refusal is None else str(refusal.error),
    )


def _write_records(
    context: LoadContext,
    feed: Feed,
    records: Sequence[BatchRecord],
    rows: Sequence[QuarantinedRow],
) -> None:
    connection = context.connection
    if records:
        dates = ", ".join(f"{quote_literal(str(record.dt))}::date" for record in records)
        connection.execute(
            f"delete from quality.quarantine where feed = ? and batch_date in ({dates})",
            [feed.name],
        )
    write_batches(connection, records, context.run_id)
    if not rows:
        return
    table = pa.table(
        {
            "batch_date": pa.array([row.dt for row in rows], pa.date32()),
            "file_name": [row.file_name for row in rows],
            "row_number": pa.array([row.row_number for row in rows], pa.int64()),
            "rule": [row.rule for row in rows],
            "column_name": pa.array([row.column for row in rows], pa.string()),
            "shown_value": pa.array([row.shown_value for row in rows], pa.string()),
            "raw_row": [row.raw_row for row in rows],
        }
    )
    connection.register("ingest_quarantined", table)
    connection.execute(
        "insert into quality.quarantine "
        "select ?, batch_date, file_name, row_number, rule, column_name, shown_value, raw_row, "
        "?, ? from ingest_quarantined",
        [feed.name, context.run_id, utc_now()],
    )
    connection.unregister("ingest_quarantined")


def _record_reopenings(
    context: LoadContext, changed: Sequence[JudgedBatch], previous: dict[date, BatchRecord]
) -> None:
    if context.reopen_reason is None or context.sealed is None:
        return
    for batch in changed:
        changed_from = batch.changed_from or batch.record.dt
        if changed_from <= context.sealed:
            before = previous.get(batch.record.dt)
            record_reopening(
                context.connection,
                feed=batch.record.feed,
                dt=batch.record.dt,
                changed_from=changed_from,
                previous_content_hash=None if before is None else before.content_hash,
                reason=context.reopen_reason,
            )
            context.connection.execute(
                "delete from ops.waivers where feed = ? and dt = ?",
                [batch.record.feed, batch.record.dt],
            )


def _keep_known_users(
    context: LoadContext,
    changed: Sequence[JudgedBatch],
    refused: Sequence[JudgedBatch],
    previous: dict[date, BatchRecord],
) -> None:
    """Add the new users; start over when a batch that counted before is replaced."""
    connection, settings = context.connection, context.settings
    dates = [batch.record.dt for batch in changed]
    replaced = any(
        previous[dt].is_loaded
        for dt in [*dates, *(batch.record.dt for batch in refused)]
        if dt in previous
    )
    if replaced:
        files = loaded_raw_files(connection, "users")
        connection.execute("delete from ops.known_users")
    else:
        files = [batch.record.raw_file for batch in changed if batch.record.raw_file is not None]
    if files:
        _add_known_users(connection, settings, files)


def _add_known_users(
    connection: duckdb.DuckDBPyConnection, settings: Settings, files: Sequence[str]
) -> None:
    connection.execute(
        "create or replace temp table ingest_seen_users as "
        f"select user_key, min(dt) as first_dt from {read_raw_sql(settings, files)} "
        "group by user_key"
    )
    connection.execute(
        "update ops.known_users as known set first_dt = seen.first_dt "
        "from ingest_seen_users as seen "
        "where known.user_key = seen.user_key and seen.first_dt < known.first_dt"
    )
    connection.execute(
        "insert into ops.known_users select user_key, first_dt "
        "from ingest_seen_users anti join ops.known_users using (user_key)"
    )
    connection.execute("drop table ingest_seen_users")
