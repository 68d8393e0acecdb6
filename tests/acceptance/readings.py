"""What a finished run tells: rows of its stores, and the figures made of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.acceptance.figures import Figures

Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class FeedRows:
    """What ingest did with the rows of one feed, all batches together."""

    read: int
    loaded: int
    held: int
    quarantined: int
    duplicates: int


def fetch_files(sql: str) -> Rows:
    """Rows of files, read without any of the project's code."""
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def fetch_warehouse(settings: Settings, sql: str) -> Rows:
    """Rows of the build warehouse."""
    with open_warehouse(settings) as connection:
        return connection.execute(sql).fetchall()


@contextmanager
def beside_the_marts(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own, to work a source out in, with ``warehouse`` and ``vault`` to read."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.warehouse_file}' as warehouse (read_only)")
        connection.execute(f"attach '{settings.vault_file}' as vault (read_only)")
        yield connection


def fetch_published(settings: Settings, sql: str) -> Rows:
    """Rows of what is published, as a reader sees them."""
    with duckdb.connect(settings.published / "creditloop.duckdb", read_only=True) as connection:
        return connection.execute(sql).fetchall()


def read_user_keys(settings: Settings) -> dict[str, int]:
    """user_id -> user_key, from the vault."""
    with duckdb.connect(settings.vault_file, read_only=True) as connection:
        rows = connection.execute("select user_id, user_key from identities").fetchall()
    return {str(user): int(key) for user, key in rows}


def read_night_contents(settings: Settings, as_of_date: date) -> dict[str, tuple[int, str]]:
    """Table -> (rows, content hash) of everything that was computed for a night."""
    rows = fetch_warehouse(
        settings,
        "select table_name, row_count, content_hash from ops.table_contents "
        f"where as_of_date = '{as_of_date}' and known_on = '{as_of_date}' order by table_name",
    )
    return {str(table): (int(str(count)), str(content)) for table, count, content in rows}


def read_feed_rows(settings: Settings) -> dict[str, FeedRows]:
    """What ingest did, per feed."""
    counted = fetch_warehouse(
        settings,
        "select feed, sum(rows_read)::bigint, sum(rows_loaded)::bigint, sum(rows_held)::bigint, "
        "sum(rows_quarantined)::bigint, sum(rows_duplicate)::bigint from ops.batches "
        "where state = 'loaded' group by feed order by feed",
    )
    return {str(feed): FeedRows(*(int(str(value)) for value in rest)) for feed, *rest in counted}


def read_rule_rows(settings: Settings) -> dict[tuple[str, str], int]:
    """Quarantined rows per feed and rule."""
    counted = fetch_warehouse(
        settings,
        "select feed, concat_ws(' ', column_name, rule), count(*) from quality.quarantine "
        "group by all order by all",
    )
    return {(str(feed), str(rule)): int(str(rows)) for feed, rule, rows in counted}


def read_batches(settings: Settings) -> Rows:
    """Every batch without what differs between two runs over the same files."""
    columns = "* exclude (run_id, changed_at)"
    return fetch_warehouse(settings, f"select {columns} from ops.batches order by feed, dt")


def feed_figures(name: str, settings: Settings) -> Figures:
    """Rows read = loaded + held + quarantined, per feed."""
    rows = [
        (feed, rows.read, rows.loaded, rows.held, rows.quarantined, rows.duplicates)
        for feed, rows in read_feed_rows(settings).items()
    ]
    columns = ("feed", "read", "loaded", "held", "quarantined", "of it duplicate")
    return Figures(f"{name}: rows read = loaded + held + quarantined", columns, rows)


def rule_figures(name: str, settings: Settings) -> Figures:
    """Quarantined rows per rule."""
    rows = [(feed, rule, count) for (feed, rule), count in read_rule_rows(settings).items()]
    return Figures(f"{name}: quarantined, by rule", ("feed", "rule", "rows"), rows)


def step_figures(name: str, settings: Settings) -> Figures:
    """Time and peak memory of every step."""
    rows = fetch_warehouse(
        settings,
        "select step, as_of_date, wall_seconds::double, startup_seconds::double, "
        "(peak_memory_bytes // 1048576)::bigint from ops.step_runs order by started_at",
    )
    columns = ("step", "night", "seconds", "of it start-up", "peak MiB")
    texts = [(step, str(night), *rest) for step, night, *rest in rows]
    return Figures(f"{name}: time and memory of every step", columns, texts)
