"""A world in which nothing happens after a day, for a few users, in a scratch warehouse.

The dbt models answer "what would the later night say if nothing had happened since the earlier
one" without knowing of it: they run over staging tables in which every event after the earlier
night happens later by as many days as lie between the nights. On the later night none of them has
happened yet, while everything up to the earlier night has grown older. What reads a date that is
still ahead as empty stays where it is, in the models; what was planned (due dates, the end of a
temporary limit) comes on its day, happen what may. And since nothing after a night may matter to
that night, the same tables give the earlier night as it is known now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from scoring.changes.dependence import WANTED, create_dependent_rows
from scoring.landing.contract import load_feeds
from scoring.marts.build import write_inputs
from scoring.marts.compiled import compiled_models, run_models
from scoring.marts.dbt_runner import DBT_PROJECT, run_dbt
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal
from scoring.warehouse.store import open_warehouse

EVENTS: Mapping[str, Mapping[str, str | None]] = {
    "users": {"registered_date": None},
    "transactions": {"occurred_date": None, "void_date": None, "refunded_date": None},
    "accounts": {"effective_date": "effective_at"},
    "statements": {"statement_date": None},
    "loans": {
        "applied_date": "applied_at",
        "disbursed_date": "disbursed_at",
        "closed_date": None,
        "status_date": None,
    },
    "installments": {},
    "repayments": {"paid_date": "paid_at"},
    "limit_decisions": {"decided_date": "decided_at"},
    "consents": {"changed_date": "changed_at"},
    "disputes": {"opened_date": None, "resolved_date": None},
}
"""Feed -> business date of each event in its staging table -> its moment, where that is kept."""
PLANNED = ("due_date", "temporary_until", "temporary_until_date")
"""Dates in staging that are no events: they come, whatever happens."""

SCRATCH_USERS = "ops.wanted_users"
"""The users that were asked for, in the scratch warehouse."""

_SCRATCH = "scratch"
_MODELS = ("--select", "path:models/intermediate", "path:models/marts")


@dataclass(frozen=True)
class Pause:
    """Two nights, the earlier first, and the last batch that may be looked at."""

    earlier: date
    later: date
    known_on: date

    @property
    def nights(self) -> tuple[Night, Night]:
        """What is built: the earlier night as known now, the later one with nothing in between."""
        return (
            Night(self.earlier, self.known_on, "changes"),
            Night(self.later, self.known_on, "changes"),
        )


@contextmanager
def paused_world(
    connection: duckdb.DuckDBPyConnection, settings: Settings, pause: Pause
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Marts of both of the pause's nights for the users of the temporary table ``wanted_users``.

    Args:
        connection: The warehouse, with ``WANTED`` (``user_key``) in place.
        settings: The deployment, whose writer lock the caller holds.
        pause: The nights; with equal ones nothing is paused.

    Yields:
        A connection to the scratch warehouse, which is deleted afterwards: it holds copies of
        personal records.

    Raises:
        PermanentError: A model failed.
        TransientError: The disk is full.
    """
    nights = sorted(set(pause.nights), key=lambda night: night.as_of_date)
    moved = {feed: _moved_columns(events, pause) for feed, events in EVENTS.items()}
    with scratch_world(connection, settings, nights, moved) as inside:
        yield inside


@contextmanager
def scratch_world(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    nights: Sequence[Night],
    moved: Mapping[str, str] | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Marts of some nights of one ``known_on``, for the users of ``wanted_users`` alone.

    Args:
        connection: The warehouse, with ``WANTED`` (``user_key``) in place.
        settings: The deployment, whose writer lock the caller holds.
        nights: Each business day once; all know the same.
        moved: Feed -> columns of a ``select * replace`` over its staging table.

    Yields:
        A connection to the scratch warehouse; as ``paused_world``, which also says what is raised.
    """
    scratch = scratch_settings(settings)
    _remove(scratch)
    try:
        with open_warehouse(scratch):
            pass  # made, and closed for the copying connection
        _copy_inputs(connection, scratch, nights[0].known_on, moved or {})
        subject = f"scratch marts@{nights[-1].as_of_date}"
        models = compiled_models(settings)
        with open_warehouse(scratch) as inside:
            write_inputs(inside, settings, nights)
            run_models(inside, models, subject)
        if not models:
            run_dbt(scratch, "run", *_MODELS, subject=subject)
        with open_warehouse(scratch) as inside:
            yield inside
    finally:
        _remove(scratch)


def scratch_settings(settings: Settings) -> Settings:
    """The same settings over a home of its own; its place is fixed, or dbt would parse anew."""
    values = settings.model_dump() | {"home": settings.root / "warehouse" / "changes"}
    return Settings(_env_file=None, **values)


def _remove(scratch: Settings) -> None:
    for path in (scratch.warehouse_file, Path(f"{scratch.warehouse_file}.wal")):
        path.unlink(missing_ok=True)


def _copy_inputs(
    connection: duckdb.DuckDBPyConnection,
    scratch: Settings,
    known_on: date,
    moved: Mapping[str, str],
) -> None:
    """Write staging and seeds into the scratch file; only versions known on the day are there."""
    create_dependent_rows(connection, known_on)
    target = quote_literal(str(scratch.warehouse_file))
    connection.execute(f"attach {target} as {_SCRATCH}")
    try:
        for feed in load_feeds():
            table = f"staging.{quote_identifier(f'stg_{feed}')}"
            replace = f"replace ({moved[feed]})" if moved.get(feed) else ""
            connection.execute(
                f"create table {_SCRATCH}.{table} as select * {replace} from {WANTED}_{feed}"
            )
            connection.execute(f"drop table {WANTED}_{feed}")
        connection.execute(f"create table {_SCRATCH}.{SCRATCH_USERS} as from {WANTED}")
        connection.execute(
            f"create table {_SCRATCH}.staging.stg_consent_landings as "
            "from staging.stg_consent_landings"
        )
        for seed in sorted((DBT_PROJECT / "seeds").glob("*.csv")):
            name = quote_identifier(seed.stem)
            connection.execute(f"create table {_SCRATCH}.marts.{name} as from marts.{name}")
    finally:
        connection.execute(f"detach {_SCRATCH}")


def _moved_columns(events: Mapping[str, str | None], pause: Pause) -> str:
    """The columns of a ``select * replace``: events after the earlier night, put off."""
    days = (pause.later - pause.earlier).days
    moved: list[str] = []
    for day, moment in events.items():
        ahead = f"{day} > date '{pause.earlier}'"
        moved.append(f"case when {ahead} then {day} + {days} else {day} end as {day}")
        if moment is not None:
            moved.append(
                f"case when {ahead} then {moment} + to_days({days}) else {moment} end as {moment}"
            )
    return ", ".join(moved)


def is_possible(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the warehouse has staging tables; with Spark they are Spark's, run by run."""
    found = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'staging'"
        " and table_name = any(?)",
        [_staging_names()],
    ).fetchall()
    return found == [(len(_staging_names()),)]


def _staging_names() -> Sequence[str]:
    return [f"stg_{feed}" for feed in load_feeds()]
