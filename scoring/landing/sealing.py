"""Sealed batches: those that a published night has used."""

from __future__ import annotations

from datetime import date

import duckdb

from scoring.clock import utc_now
from scoring.landing.refusals import Refusal, refuse

REOPEN_COMMAND = "creditloop ingest --date {dt} --reopen --reason TEXT"


def sealed_through(connection: duckdb.DuckDBPyConnection) -> date | None:
    """Last sealed batch date: the greatest ``known_on`` ever published; None if none.

    Expired and withdrawn generations count as well: what they showed was seen, and stays in
    ``scores_history``. A rollback therefore does not unseal; ``--reopen`` does, with a reason.
    """
    row = connection.execute("select max(known_on) from ops.generations").fetchone()
    return None if row is None else row[0]


def refuse_sealed(feed: str, dt: date, sealed: date, got: str) -> Refusal:
    """The refusal of other or first content for a sealed batch."""
    return refuse(
        feed,
        dt,
        None,
        rule="sealed",
        expected=f"unchanged content for a batch that published nights have used (all up to "
        f"{sealed})",
        got=got,
        next_step="Put it under a later dt; what was loaded before stays. To change published "
        f"nights on purpose: {REOPEN_COMMAND.format(dt=dt)}.",
    )


def record_reopening(
    connection: duckdb.DuckDBPyConnection,
    *,
    feed: str,
    dt: date,
    changed_from: date,
    previous_content_hash: str | None,
    reason: str,
) -> None:
    """Remember a reopened batch and the published nights that can no longer be reproduced.

    Args:
        connection: The warehouse, inside the transaction that records the batch.
        feed: Name of the feed.
        dt: Landing date of the batch.
        changed_from: First batch date whose content changes; of a history load it lies before dt.
        previous_content_hash: What the batch held before, if anything.
        reason: Why it was reopened.
    """
    now = utc_now()
    connection.execute(
        "insert into ops.reopened_batches values (?, ?, ?, ?, ?)",
        [feed, dt, previous_content_hash, reason, now],
    )
    connection.execute(
        """
        insert into ops.irreproducible_nights
        select as_of_date, known_on, $feed, $dt, $reason, $now
        from (
            select as_of_date, known_on from ops.generations
            union
            select as_of_date, known_on from ops.table_contents
        )
        where known_on >= $changed_from
        """,
        {"feed": feed, "dt": dt, "reason": reason, "now": now, "changed_from": changed_from},
    )
