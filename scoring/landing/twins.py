"""Rows of one batch that share a key: identical ones count once, differing ones not at all."""

from __future__ import annotations

import duckdb

from scoring.landing.contract import Feed
from scoring.landing.reading import TYPED
from scoring.landing.row_rules import CONFLICTING_KEY, DUPLICATE, landed_columns
from scoring.warehouse.content_hash import canonical_row_text
from scoring.warehouse.sql import quote_identifier


def mark_twins(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    """Set ``problem`` of good rows that repeat a key of their batch.

    Of identical rows the first stays good. Looks at hashes first: whole keys are compared only for
    the few rows whose hash occurs twice.
    """
    keys = ", ".join(quote_identifier(name) for name in feed.key)
    row_text = canonical_row_text([column.name for column in landed_columns(feed)])
    connection.execute(
        f"""
        create or replace temp table ingest_twins as
        with good as not materialized (  -- each use below needs only a few columns
            select typed.rowid as row_id, files.dt, typed.*
            from {TYPED} as typed inner join ingest_files as files using (file_no)
            where typed.problem is null
        ),
        repeated as (
            select hash(dt, {keys}) as key_hash from good group by key_hash having count(*) > 1
        ),
        candidates as (
            select row_id, dt, {keys}, {row_text} as row_text
            from good
            where hash(dt, {keys}) in (select key_hash from repeated)
        )
        select
            row_id,
            count(*) over same_key as row_count,
            min(row_text) over same_key <> max(row_text) over same_key as is_conflict,
            row_number() over (partition by dt, {keys} order by row_id) as place,
        from candidates
        window same_key as (partition by dt, {keys})
        """
    )
    connection.execute(
        f"""
        update {TYPED}
        set problem = case when is_conflict then {CONFLICTING_KEY} else {DUPLICATE} end
        from ingest_twins as twins
        where {TYPED}.rowid = twins.row_id and row_count > 1 and (is_conflict or place > 1)
        """
    )
    connection.execute("drop table ingest_twins")
