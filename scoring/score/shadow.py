"""Challengers' scores of a night: kept beside the champion's, and never in its way.

Each challenger writes by a connection of its own, so that whatever goes wrong with it is rolled
back with it alone.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.nights import Night
from scoring.score.card_runs import CardRun, record_runs
from scoring.score.compiled import CompiledCard
from scoring.score.parts import ScoredPart, describe_failure
from scoring.score.store import dimension_columns
from scoring.warehouse.content_hash import content_hash

log = logging.getLogger(__name__)

TABLE = "scores.shadow_scores"
CONTENT_COLUMNS = (
    "user_key",
    "as_of_date",
    "known_on",
    "card_id",
    "score",
    "score_status",
    "points_base",
    "points_spending",
    "points_repayment",
    "points_history",
    "points_linkage",
    "points_clipped",
)


class ShadowScores:
    """The challengers of one night while it is scored; ``finish`` or ``abandon`` ends it."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        night: Night,
        challengers: Sequence[CompiledCard],
    ) -> None:
        self._connection = connection
        self._night = night
        self._challengers = {card.card.card_id: card for card in challengers}
        self._failures: dict[str, str] = {}
        self._scored_counts = dict.fromkeys(self._challengers, 0)
        self._cursors: dict[str, duckdb.DuckDBPyConnection] = {}
        for card_id in self._challengers:
            cursor = connection.cursor()
            cursor.execute("begin transaction")
            self._delete(cursor, card_id)
            self._cursors[card_id] = cursor

    def add(self, part: ScoredPart) -> None:
        """Keep what one challenger made of some users; a failure ends this challenger's night."""
        card_id = part.compiled.card.card_id
        if card_id in self._failures:
            return
        if part.scored is None:
            self._fail(card_id, part.failure or "no result")
            return
        try:
            self._insert(self._cursors[card_id], part.compiled, part.scored)
        except (duckdb.Error, pa.ArrowException) as error:
            self._fail(card_id, describe_failure(error))
        else:
            self._scored_counts[card_id] += (
                part.scored.num_rows - part.scored.column("score").null_count
            )

    def abandon(self) -> None:
        """Leave everything as it was before; the night itself failed."""
        for cursor in self._cursors.values():
            cursor.execute("rollback")
            cursor.close()
        self._cursors.clear()

    def finish(self) -> list[CardRun]:
        """Commit every challenger that came through, clear the night of all others, record it.

        Returns:
            One run per challenger.
        """
        for card_id, cursor in list(self._cursors.items()):
            try:
                cursor.execute("commit")
            except duckdb.Error as error:
                self._failures[card_id] = describe_failure(error)
            cursor.close()
        self._cursors.clear()
        runs = [self._run(card_id) for card_id in self._challengers]
        kept = [run.card_id for run in runs if run.state == "scored"]
        night = [self._night.as_of_date, self._night.known_on]
        self._connection.execute(
            f"delete from {TABLE} where as_of_date = ? and known_on = ? "
            "and card_id not in (select unnest(?::varchar[]))",
            [*night, kept],
        )
        _record_contents(self._connection, self._night, has_rows=bool(kept))
        record_runs(self._connection, self._night, runs)
        return runs

    def _fail(self, card_id: str, why: str) -> None:
        log.warning("challenger %s@%s failed: %s", card_id, self._night.as_of_date, why)
        self._failures[card_id] = why
        cursor = self._cursors.pop(card_id)
        cursor.execute("rollback")
        cursor.close()

    def _run(self, card_id: str) -> CardRun:
        failure = self._failures.get(card_id)
        return CardRun(
            card_id=card_id,
            card_hash=self._challengers[card_id].card.hash,
            role="challenger",
            state="scored" if failure is None else "failed",
            scored_count=self._scored_counts[card_id] if failure is None else None,
            message=failure,
        )

    def _delete(self, cursor: duckdb.DuckDBPyConnection, card_id: str) -> None:
        cursor.execute(
            f"delete from {TABLE} where as_of_date = ? and known_on = ? and card_id = ?",
            [self._night.as_of_date, self._night.known_on, card_id],
        )

    def _insert(
        self, cursor: duckdb.DuckDBPyConnection, compiled: CompiledCard, scored: pa.RecordBatch
    ) -> None:
        points = [name for name in scored.schema.names if name.startswith("points_")]
        rows = scored.select(["user_key", "score", "score_status", *points])
        cursor.register("shadow_rows", pa.Table.from_batches([rows]))
        cursor.execute(
            f"""
            insert into {TABLE} by name
            select
                user_key,
                $as_of_date as as_of_date,
                $known_on as known_on,
                $card_id as card_id,
                score,
                score_status,
                points_base,
                {dimension_columns(compiled.card)},
                points_clipped,
            from shadow_rows
            """,
            {
                "as_of_date": self._night.as_of_date,
                "known_on": self._night.known_on,
                "card_id": compiled.card.card_id,
            },
        )
        cursor.unregister("shadow_rows")


def _record_contents(
    connection: duckdb.DuckDBPyConnection, night: Night, *, has_rows: bool
) -> None:
    place = [TABLE, night.as_of_date, night.known_on]
    if not has_rows:
        connection.execute(
            "delete from ops.table_contents "
            "where table_name = ? and as_of_date = ? and known_on = ?",
            place,
        )
        return
    rows, text = content_hash(
        connection,
        f"(from {TABLE} where as_of_date = date '{night.as_of_date}' "
        f"and known_on = date '{night.known_on}')",
        CONTENT_COLUMNS,
    )
    connection.execute(
        "insert or replace into ops.table_contents values (?, ?, ?, ?, ?, ?, ?, ?)",
        [*place, rows, text, night.run_id, code_version(), utc_now()],
    )
