"""What the tables hold of a backfill's days, before it and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

from scoring.nights import Night

BUILT = ("marts.", "scores.")
"""Prefixes of the tables in ``ops.table_contents`` that a backfill makes anew."""


def record_before(
    connection: duckdb.DuckDBPyConnection,
    backfill_id: str,
    nights: Sequence[Night],
    published: Mapping[date, date],
) -> None:
    """Note what each day's current reading holds, before anything of it is touched.

    Args:
        connection: The warehouse, inside the transaction that opens the backfill.
        backfill_id: The backfill.
        nights: Its days.
        published: ``as_of_date`` -> ``known_on`` of what readers see.
    """
    for night in nights:
        known_on = published.get(night.as_of_date, night.known_on)
        connection.execute(
            """
            insert into ops.backfill_contents
            select $id, as_of_date, table_name, known_on, row_count, content_hash, null, null
            from ops.table_contents
            where as_of_date = $day and known_on = $known_on
                and list_contains($prefixes, split_part(table_name, '.', 1) || '.')
            """,
            {
                "id": backfill_id,
                "day": night.as_of_date,
                "known_on": known_on,
                "prefixes": list(BUILT),
            },
        )


def record_after(connection: duckdb.DuckDBPyConnection, nights: Sequence[Night]) -> None:
    """Note what each day's new reading holds; each night's run names the backfill."""
    for night in nights:
        values = {
            "id": night.run_id,
            "day": night.as_of_date,
            "known_on": night.known_on,
            "prefixes": list(BUILT),
        }
        connection.execute(
            """
            insert into ops.backfill_contents
            select $id, as_of_date, table_name, null, null, null, null, null
            from ops.table_contents
            where as_of_date = $day and known_on = $known_on
                and list_contains($prefixes, split_part(table_name, '.', 1) || '.')
                and table_name not in (
                    select table_name from ops.backfill_contents
                    where backfill_id = $id and as_of_date = $day
                )
            """,
            values,
        )
        connection.execute(
            """
            update ops.backfill_contents as contents
            set row_count_after = built.row_count, content_hash_after = built.content_hash
            from ops.table_contents as built
            where contents.backfill_id = $id and contents.as_of_date = $day
                and built.as_of_date = $day and built.known_on = $known_on
                and built.table_name = contents.table_name
                and list_contains($prefixes, split_part(built.table_name, '.', 1) || '.')
            """,
            values,
        )
