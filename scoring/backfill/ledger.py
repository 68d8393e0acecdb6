"""``ops.backfills`` and ``ops.backfill_days``: what is being computed again, and how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import duckdb

from scoring.clock import utc_now
from scoring.nights import Night

Rule = Literal["original", "latest"]
Scope = Literal["all", "affected"]
BackfillState = Literal["running", "complete", "partial", "refused", "abandoned"]
DayState = Literal["planned", "built", "staged", "refused", "published"]

RULES: tuple[Rule, ...] = ("original", "latest")
AWAITED = ("planned", "built")
"""States of days that are not judged yet."""


@dataclass(frozen=True)
class Day:
    """One day of a backfill.

    Attributes:
        night: Which reading is computed; its run is the backfill.
        state: How far it is.
        message: Why it was refused; empty otherwise.
    """

    night: Night
    state: DayState
    message: str = ""

    @property
    def as_of_date(self) -> date:
        """Its business day."""
        return self.night.as_of_date


@dataclass(frozen=True)
class Backfill:
    """One row of ``ops.backfills``."""

    backfill_id: str
    date_from: date
    date_to: date
    rule: Rule
    scope: Scope
    reason: str | None
    started_by: str
    state: BackfillState
    generation: int | None
    code_version: str

    @property
    def subject(self) -> str:
        """As messages name it."""
        return f"backfill@{self.date_from}..{self.date_to}"


@dataclass(frozen=True)
class Company:
    """The other days of the running backfill that a night belongs to; empty for any other night.

    Attributes:
        staged: ``as_of_date`` -> ``known_on`` of those that are ready to be published.
        awaited: Those that are still to come.
    """

    staged: Mapping[date, date] = field(default_factory=dict)
    awaited: frozenset[date] = frozenset()


_COLUMNS = (
    "backfill_id, date_from, date_to, known_on_rule, scope, reason, started_by, state, generation, "
    "code_version"
)


def add_backfill(
    connection: duckdb.DuckDBPyConnection,
    backfill: Backfill,
    days: Mapping[Night, Sequence[str]],
) -> None:
    """Write a new backfill with its days and why each is planned; the caller's transaction."""
    connection.execute(
        f"insert into ops.backfills ({_COLUMNS}, started_at) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            backfill.backfill_id,
            backfill.date_from,
            backfill.date_to,
            backfill.rule,
            backfill.scope,
            backfill.reason,
            backfill.started_by,
            backfill.state,
            backfill.generation,
            backfill.code_version,
            utc_now(),
        ],
    )
    for night, causes in days.items():
        connection.execute(
            "insert into ops.backfill_days values (?, ?, ?, ?, 'planned', null, ?)",
            [
                backfill.backfill_id,
                night.as_of_date,
                night.known_on,
                ", ".join(causes),
                utc_now(),
            ],
        )


def find_backfill(connection: duckdb.DuckDBPyConnection, backfill_id: str) -> Backfill | None:
    """The backfill of that id."""
    found = _read_backfills(connection, "backfill_id = ?", [backfill_id])
    return found[0] if found else None


def find_running(
    connection: duckdb.DuckDBPyConnection, date_from: date, date_to: date
) -> list[Backfill]:
    """Backfills that have not ended and share a day with the range, oldest first."""
    return _read_backfills(
        connection,
        "state = 'running' and date_from <= ? and date_to >= ?",
        [date_to, date_from],
    )


def _read_backfills(
    connection: duckdb.DuckDBPyConnection, condition: str, values: list[object]
) -> list[Backfill]:
    rows = connection.execute(
        f"select {_COLUMNS} from ops.backfills where {condition} order by started_at, backfill_id",
        values,
    ).fetchall()
    return [Backfill(*row) for row in rows]


def read_days(connection: duckdb.DuckDBPyConnection, backfill_id: str) -> list[Day]:
    """Its days, oldest first."""
    rows = connection.execute(
        "select as_of_date, known_on, state, message from ops.backfill_days "
        "where backfill_id = ? order by as_of_date",
        [backfill_id],
    ).fetchall()
    return [
        Day(Night(as_of_date, known_on, backfill_id), state, message or "")
        for as_of_date, known_on, state, message in rows
    ]


def mark_days(
    connection: duckdb.DuckDBPyConnection,
    nights: Iterable[Night],
    state: DayState,
    message: str | None = None,
) -> None:
    """Move days of a backfill to ``state``; each night's run names the backfill."""
    for night in nights:
        connection.execute(
            "update ops.backfill_days set state = ?, message = ?, changed_at = ? "
            "where backfill_id = ? and as_of_date = ?",
            [state, message, utc_now(), night.run_id, night.as_of_date],
        )


def restart_days(
    connection: duckdb.DuckDBPyConnection, backfill_id: str, code_version: str
) -> None:
    """Plan every day anew, for other code than the one that began."""
    connection.execute(
        "update ops.backfill_days set state = 'planned', message = null where backfill_id = ?",
        [backfill_id],
    )
    connection.execute(
        "update ops.backfills set code_version = ? where backfill_id = ?",
        [code_version, backfill_id],
    )


def end_backfill(
    connection: duckdb.DuckDBPyConnection,
    backfill_id: str,
    state: BackfillState,
    generation: int | None = None,
) -> None:
    """Close a backfill."""
    connection.execute(
        "update ops.backfills set state = ?, generation = ?, ended_at = ? where backfill_id = ?",
        [state, generation, utc_now(), backfill_id],
    )


def read_company(connection: duckdb.DuckDBPyConnection, night: Night) -> Company:
    """The other days of the running backfill whose run the night belongs to."""
    rows = connection.execute(
        """
        select days.as_of_date, days.known_on, days.state
        from ops.backfill_days as days
        inner join ops.backfills as backfills using (backfill_id)
        where
            days.backfill_id = ?
            and backfills.state = 'running'
            and days.as_of_date <> ?
        """,
        [night.run_id, night.as_of_date],
    ).fetchall()
    return Company(
        {day: known_on for day, known_on, state in rows if state == "staged"},
        frozenset(day for day, _, state in rows if state in AWAITED),
    )


def days_in_use(connection: duckdb.DuckDBPyConnection) -> list[date]:
    """Days whose features a running backfill still needs.

    They are those that are not judged, and the newest of those that wait to be published.
    """
    rows = connection.execute(
        """
        select days.as_of_date
        from ops.backfill_days as days
        inner join ops.backfills as backfills using (backfill_id)
        where
            backfills.state = 'running'
            and (
                days.state in ('planned', 'built')
                or (days.state = 'staged' and days.as_of_date = (
                    select max(others.as_of_date)
                    from ops.backfill_days as others
                    where others.backfill_id = days.backfill_id and others.state = 'staged'
                ))
            )
        """
    ).fetchall()
    return [day for (day,) in rows]
