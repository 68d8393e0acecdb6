"""From judged rows to the rows of ``raw``: keys for ids, batch dates, held marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from scoring.landing.contract import Column, Feed
from scoring.landing.history import first_event_date, parent_join
from scoring.landing.identity import assign_user_keys
from scoring.landing.reading import TYPED
from scoring.settings import Settings
from scoring.warehouse.content_hash import canonical_row_text
from scoring.warehouse.sql import quote_identifier, quote_literal

FINAL = "ingest_final"
"""Temporary table: the rows of ``raw`` and ``is_held``."""

_LOW_BITS = "18446744073709551615::uhugeint"


@dataclass(frozen=True)
class FinalTotals:
    """Rows of one batch that go to raw."""

    row_count: int = 0
    held_count: int = 0
    content_hash: str = "0-0-0"
    first_batch_date: date | None = None
    last_batch_date: date | None = None


def build_final_rows(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    kept: Sequence[date],
    *,
    history: bool,
) -> None:
    """Fill ``FINAL`` with the good rows of the batches ``kept``; new users get their keys."""
    dates = ", ".join(f"{quote_literal(str(dt))}::date" for dt in kept) or "null::date"
    good = (
        f"{TYPED} as typed inner join ingest_files as files using (file_no) "
        f"where typed.problem is null and files.dt in ({dates})"
    )
    users = [column for column in feed.columns if column.type == "user"]
    ids = " union ".join(
        f"select distinct typed.{quote_identifier(column.name)} as user_id from {good}"
        for column in users
    )
    connection.execute(f"create or replace temp table ingest_ids as {ids}")
    assign_user_keys(connection, settings, "select user_id from ingest_ids")
    connection.execute(
        "create or replace temp table ingest_keys as "
        "select user_id, user_key from vault.identities semi join ingest_ids using (user_id)"
    )
    connection.execute("drop table ingest_ids")
    connection.execute(
        f"create or replace temp table {FINAL} as "
        f"{_final_select(feed, users, good, settings.business_timezone, history=history)}"
    )
    connection.execute("drop table ingest_keys")


def total_final_rows(connection: duckdb.DuckDBPyConnection, feed: Feed) -> dict[date, FinalTotals]:
    """Count and hash ``FINAL`` per batch, as ``content_hash`` would hash each batch alone."""
    rows = connection.execute(
        f"""
        select
            dt, count(*), count(*) filter (is_held),
            sum((row_md5 >> 64)::hugeint), sum((row_md5 & {_LOW_BITS})::hugeint),
            min(batch_date), max(batch_date)
        from (
            select
                dt, is_held, batch_date,
                md5_number({canonical_row_text(list(feed.raw_columns))})::uhugeint as row_md5,
            from {FINAL}
        )
        group by dt
        """
    ).fetchall()
    return {
        dt: FinalTotals(int(count), int(held), f"{count:x}-{int(one):x}-{int(two):x}", first, last)
        for dt, count, held, one, two, first, last in rows
    }


def _final_select(
    feed: Feed, users: Sequence[Column], good: str, zone: str, *, history: bool
) -> str:
    sources, condition = good.split(" where ", maxsplit=1)
    joins = " ".join(
        f"left join ingest_keys as {_keys(column)} "
        f"on typed.{quote_identifier(column.name)} = {_keys(column)}.user_id"
        for column in users
    )
    values = ", ".join(_value(column) for column in feed.columns)
    batch_date = first_event_date(feed, zone) if history else "files.dt"
    is_held = "false"
    if feed.name != "users":
        owner = _keys(feed.column("user_id"))
        joins += f" left join ops.known_users as known on known.user_key = {owner}.user_key"
        is_held = f"{owner}.user_key is not null and coalesce(known.first_dt > files.dt, true)"
    return f"""
        select
            {values}, typed.is_deleted, {batch_date} as batch_date,
            '{"assumed" if history else "landed"}' as known_basis, files.dt, {is_held} as is_held
        from {sources} {joins} {parent_join(feed) if history else ""}
        where {condition}
    """


def _keys(column: Column) -> str:
    return quote_identifier(f"keys:{column.name}")


def _value(column: Column) -> str:
    if column.type == "user":
        return f"{_keys(column)}.user_key as {quote_identifier(column.raw_name)}"
    return f"typed.{quote_identifier(column.name)}"
