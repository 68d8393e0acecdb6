"""Step ``score``: one night through the champion card into ``scores``, and why scores changed."""

from __future__ import annotations

import duckdb

from scoring.cards.loader import load_champion
from scoring.changes.night import fill_changes
from scoring.code_version import code_version
from scoring.engines.engine import engine_of
from scoring.nights import Night, StepReport
from scoring.score.compiled import compile_card
from scoring.score.marts import count_night_users, read_catalog
from scoring.score.status import STATUSES
from scoring.score.store import check_bands, delete_night, insert_batch, record_contents
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse


def score_night(settings: Settings, night: Night) -> StepReport:
    """Score every user of the night and replace exactly that night in the score tables.

    Idempotent: everything happens in one transaction that begins with deleting the night.

    Returns:
        Counts of users by status, under ``users`` and each status, and of scores that ``moved``.

    Raises:
        PermanentError: The night has no users, the marts disagree, or bands have a gap.
        ConfigurationError: No champion card, or it does not fit the marts.
    """
    with open_warehouse(settings) as connection:
        catalog = read_catalog(connection, night)
        card = load_champion(
            night.as_of_date, {name: entry.dimension for name, entry in catalog.items()}
        )
        compiled = compile_card(card)
        check_bands(connection, night, card)
        users = count_night_users(connection, night)
        reader = connection.cursor()
        try:
            connection.execute("begin transaction")
            delete_night(connection, night)
            batches = engine_of(settings).score_batches(settings, reader, night, compiled, catalog)
            for batch, scored in batches:
                insert_batch(connection, night, compiled, batch, scored)
            record_contents(connection, night, code_version())
            connection.execute("commit")
        except BaseException:
            connection.execute("rollback")
            raise
        finally:
            reader.close()
        counts = _count_statuses(connection, night)
        changes = fill_changes(connection, settings, night)
    by_status = ", ".join(f"{counts[status]:,} {status}" for status in STATUSES)
    return StepReport(
        summary=f"{users:,} users by card {card.card_id}: {by_status}; {changes.summary}",
        row_counts={"users": users, **counts, "moved": changes.moved},
    )


def _count_statuses(connection: duckdb.DuckDBPyConnection, night: Night) -> dict[str, int]:
    rows = connection.execute(
        """
        select score_status, count(*)
        from scores.scores
        where as_of_date = ? and known_on = ?
        group by score_status
        """,
        [night.as_of_date, night.known_on],
    ).fetchall()
    found = {str(status): int(count) for status, count in rows}
    return {status: found.get(status, 0) for status in STATUSES}
