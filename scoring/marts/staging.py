"""What staging has to take in: batches that its tables do not hold, and tables that hold too much.

A staging table takes in each batch once. It is made anew, of its own accord, when it could not be
brought to the same content by adding: a batch came late (its dates lie before rows already taken
in), was reopened or removed, is part of a history load (its rows are dated by their events), or the
rules changed (the model, a macro it uses, the zone of the business date, DuckDB's hash).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from scoring.landing.contract import Feed, load_feeds
from scoring.landing.raw_files import read_raw_sql
from scoring.marts.dbt_runner import DBT_PROJECT
from scoring.marts.zones import offsets_text
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier

ROWS_AT_A_TIME = 12_000_000
"""About so many rows are taken in by one transaction, so that memory does not grow with history."""


@dataclass(frozen=True)
class LoadedBatch:
    """One batch as ingest left it."""

    dt: date
    raw_file: str
    identity: str
    row_count: int
    is_history: bool


def prepare_staging(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write ``ops.pending_*`` and the views ``pending.<feed>``, and drop outdated staging tables.

    Args:
        connection: The warehouse, with the views ``raw.<feed>`` in place.
        settings: Where the raw files are, and the zone of the business date.
    """
    connection.begin()
    connection.execute("delete from ops.pending_batches")
    connection.execute("delete from ops.pending_chunks")
    are_users_anew = False
    for feed in load_feeds().values():
        loaded = _loaded_batches(connection, feed)
        digest = _rules_digest(feed, settings)
        is_anew = are_users_anew or _is_outdated(connection, feed, loaded, digest)
        if is_anew:
            _forget(connection, feed, digest)
        # Every row is known from its user's first batch on at the earliest.
        are_users_anew = is_anew if feed.name == "users" else are_users_anew
        staged = _staged_identities(connection, feed)
        pending = [batch for batch in loaded if batch.dt not in staged]
        _write_pending(connection, settings, feed, pending)
    connection.commit()


def _loaded_batches(connection: duckdb.DuckDBPyConnection, feed: Feed) -> list[LoadedBatch]:
    rows = connection.execute(
        """
        select dt, raw_file, coalesce(content_hash, raw_file), coalesce(rows_loaded, 0)
            + coalesce(rows_held, 0), known_basis = 'assumed'
        from ops.batches
        where feed = ? and raw_file is not null and state = 'loaded'
        order by dt
        """,
        [feed.name],
    ).fetchall()
    return [LoadedBatch(*row) for row in rows]


def _rules_digest(feed: Feed, settings: Settings) -> str:
    """Of everything besides the batches that a staging table's content depends on."""
    digest = hashlib.sha256(
        f"{settings.business_timezone} {offsets_text(settings.business_timezone)}"
        f" {duckdb.__version__}".encode()
    )
    model = DBT_PROJECT / "models" / "staging" / f"stg_{feed.name}.sql"
    for path in [model, *_macros_behind(model)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _macros_behind(model: Path) -> list[Path]:
    """Files of the macros that take versions in, and of all that these or the model name."""
    folder = DBT_PROJECT / "macros"
    by_name = {path.stem: path for path in folder.rglob("*.sql")}
    found = set((folder / "versions").glob("*.sql"))
    waiting = [model, *found]
    while waiting:
        words = set(re.findall(r"\w+", waiting.pop().read_text(encoding="utf-8")))
        named = {by_name[word] for word in words & by_name.keys()} - found
        found |= named
        waiting += named
    return sorted(found)


def _staged_identities(connection: duckdb.DuckDBPyConnection, feed: Feed) -> dict[date, str]:
    rows = connection.execute(
        "select dt, identity from ops.staged_batches where feed = ?", [feed.name]
    ).fetchall()
    return dict(rows)


def _is_outdated(
    connection: duckdb.DuckDBPyConnection, feed: Feed, loaded: Sequence[LoadedBatch], digest: str
) -> bool:
    if not _has_table(connection, feed) or not _has_rules(connection, feed, digest):
        return True
    staged = _staged_identities(connection, feed)
    if not staged.items() <= {batch.dt: batch.identity for batch in loaded}.items():
        return True
    pending = [batch for batch in loaded if batch.dt not in staged]
    if not pending or not staged:
        return False
    newest = _newest_batch_date(connection, feed, max(staged))
    return any(batch.is_history or batch.dt < newest for batch in pending)


def _has_table(connection: duckdb.DuckDBPyConnection, feed: Feed) -> bool:
    found = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'staging' and table_name = ?",
        [f"stg_{feed.name}"],
    ).fetchone()
    return found is not None


def _has_rules(connection: duckdb.DuckDBPyConnection, feed: Feed, digest: str) -> bool:
    found = connection.execute(
        "select digest from ops.staged_rules where feed = ?", [feed.name]
    ).fetchone()
    return found == (digest,)


def _newest_batch_date(connection: duckdb.DuckDBPyConnection, feed: Feed, newest_dt: date) -> date:
    """The last date that a batch taken in has or gives to one of its rows."""
    row = connection.execute(
        f"select max(batch_date) from staging.{quote_identifier(f'stg_{feed.name}')}"
    ).fetchone()
    newest_row: date | None = row[0] if row else None
    return newest_dt if newest_row is None else max(newest_dt, newest_row)


def _forget(connection: duckdb.DuckDBPyConnection, feed: Feed, digest: str) -> None:
    connection.execute(
        f"drop table if exists staging.{quote_identifier(f'stg_{feed.name}')} cascade"
    )
    connection.execute("delete from ops.staged_batches where feed = ?", [feed.name])
    connection.execute("insert or replace into ops.staged_rules values (?, ?)", [feed.name, digest])


def _write_pending(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    pending: Sequence[LoadedBatch],
) -> None:
    names = ", ".join(quote_identifier(name) for name in feed.raw_columns)
    for number, chunk in enumerate(_chunks(pending)):
        for batch in chunk:
            connection.execute(
                "insert into ops.pending_batches values (?, ?, ?, ?)",
                [feed.name, number, batch.dt, batch.identity],
            )
        source = read_raw_sql(settings, [batch.raw_file for batch in chunk])
        connection.execute(
            "insert into ops.pending_chunks values (?, ?, ?)",
            [feed.name, number, f"select {names} from {source}"],
        )
    name = quote_identifier(feed.name)
    connection.execute(f"create or replace view pending.{name} as select * from raw.{name} limit 0")


def _chunks(pending: Sequence[LoadedBatch]) -> list[list[LoadedBatch]]:
    """Parts in the order of dt, each as large as one transaction should be.

    Rows of a history load have dates of their own, up to their dt: all batches up to the last one
    that belongs to a history load are one part.
    """
    last_history = max((batch.dt for batch in pending if batch.is_history), default=date.min)
    history = [batch for batch in pending if batch.dt <= last_history]
    chunks = [history] if history else []
    row_count = ROWS_AT_A_TIME
    for batch in pending[len(history) :]:
        row_count += batch.row_count
        if row_count > ROWS_AT_A_TIME or not chunks:
            chunks.append([])
            row_count = batch.row_count
        chunks[-1].append(batch)
    return chunks
