"""What is published, how the last runs went, and what waits for somebody's attention."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import duckdb

from scoring.errors import CreditloopError, TransientError
from scoring.publish.published import published_file
from scoring.publish.registry import read_current
from scoring.publish.sinks import POSTGRES, read_elsewhere
from scoring.releases.overview import read_overview
from scoring.settings import Settings
from scoring.system_errors import as_known_error
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import duckdb_config

Row = Mapping[str, object]
WarehouseState = Literal["absent", "readable", "busy", "unreadable"]

LOCK_WAIT_SECONDS = 1.0

_PUBLICATION = """
select * exclude (gate_results), gate_results
from publication
"""

_RUNS = """
select run_id, as_of_date, known_on, state, last_step, started_at, ended_at, message
from ops.runs
order by started_at desc, run_id
limit 5
"""

_STEPS = """
select step, state, wall_seconds, startup_seconds, peak_memory_bytes, message
from ops.step_runs
where run_id = (select run_id from ops.runs order by started_at desc, run_id limit 1)
order by started_at
"""

_REFUSED = """
select feed, dt, refusal_rule, refusal_message
from ops.batches
where state = 'refused'
order by dt, feed
"""

_WAIVERS = "select feed, dt, kind, reason from ops.waivers order by dt, feed, kind"

_QUARANTINE = """
select feed, rule, count(*) as row_count
from quality.quarantine
group by feed, rule
order by feed, rule
"""

_IRREPRODUCIBLE = """
select distinct as_of_date, known_on, feed, dt, reason
from ops.irreproducible_nights
order by as_of_date, known_on, feed, dt
"""

_BACKFILLS = """
select
    backfills.backfill_id,
    backfills.date_from,
    backfills.date_to,
    backfills.known_on_rule as known_on,
    backfills.scope as users,
    backfills.state,
    count(*) filter (days.state in ('staged', 'published')) || ' of ' || count(*) as days_ready,
    count(*) filter (days.state = 'refused') as days_refused,
    backfills.generation,
    backfills.reason,
from ops.backfills as backfills
inner join ops.backfill_days as days using (backfill_id)
where
    backfills.state = 'running'
    or backfills.started_at = (select max(started_at) from ops.backfills)
group by all
order by max(backfills.started_at) desc, backfills.backfill_id
"""

_RESTATEMENTS = """
select as_of_date, known_on, cause, user_count, newest_batch_date
from ops.restatements
order by as_of_date, cause
"""

_GENERATIONS = """
select generation, as_of_date, known_on, state
from ops.generations
where state <> 'expired'
order by generation desc
"""


@dataclass(frozen=True)
class Status:
    """State of a deployment; every list is empty where there is nothing to say.

    Attributes:
        home: The deployment's folder.
        publication: The published file's own row; None where nothing is published.
        generations: Publications that are still there, newest first.
        sinks: Generation each sink shows; None where it shows none.
        problems: What could not be read, and why.
        warehouse: ``absent``, ``readable``, ``unreadable``, or ``busy`` while a run holds it.
        runs: The last five runs, newest first.
        steps: Steps of the last run, in order.
        refused_batches: Batches that stop a night.
        waivers: Absences and refusals accepted with a reason.
        unread_folders: Landing folders no run has read, as ``feed/dt=…``.
        quarantine: Quarantined rows per feed and rule.
        irreproducible_nights: Published nights whose input a reopened batch changed.
        cards: Champion and challengers of the next night, and planned changes.
        card_runs: The cards of the night that was scored last.
        outdated_nights: Published nights that another card is champion of by now.
        backfills: The last backfill, and all that have not ended.
        restatements: Published nights that would read otherwise with what is known now, by cause.
    """

    home: str
    publication: Row | None = None
    generations: Sequence[Row] = ()
    sinks: Mapping[str, int | None] = field(default_factory=dict)
    problems: Sequence[str] = ()
    warehouse: WarehouseState = "absent"
    runs: Sequence[Row] = ()
    steps: Sequence[Row] = ()
    refused_batches: Sequence[Row] = ()
    waivers: Sequence[Row] = ()
    unread_folders: Sequence[str] = ()
    quarantine: Sequence[Row] = ()
    irreproducible_nights: Sequence[Row] = ()
    cards: Sequence[Row] = ()
    card_runs: Sequence[Row] = ()
    outdated_nights: Sequence[Row] = ()
    backfills: Sequence[Row] = ()
    restatements: Sequence[Row] = ()

    @property
    def sinks_agree(self) -> bool:
        """Whether every sink shows the same generation."""
        return len(set(self.sinks.values())) <= 1

    def to_dict(self) -> dict[str, object]:
        """The status as plain values, for ``--json``."""
        return {**asdict(self), "sinks_agree": self.sinks_agree}

    def render(self) -> str:
        """The status as a page of plain text."""
        from scoring.status_page import render_status  # noqa: PLC0415 - it imports this module

        return render_status(self)


def read_status(settings: Settings) -> Status:
    """Read the state of a deployment; creates nothing, and waits for no run.

    While a run holds the warehouse, what it alone knows is left out and ``warehouse`` says busy.
    What cannot be read is named in ``problems``: people look here when something is wrong.
    """
    problems: list[str] = []
    publication = _read_publication(settings, problems)
    state, facts = _read_warehouse(settings, problems)
    sinks: dict[str, int | None] = {
        **_read_elsewhere(settings, problems),
        "creditloop.duckdb": _number(publication),
        "CURRENT.json": read_current(settings),
    }
    generations = facts.get("generations", [])
    if state == "readable":
        current = [row for row in generations if row["state"] == "current"]
        sinks["ops.generations"] = _number(current[0] if current else None)
    known = {(str(row["feed"]), str(row["dt"])) for row in facts.pop("batches", [])}
    return Status(
        home=str(settings.root),
        publication=publication,
        sinks=sinks,
        problems=problems,
        warehouse=state,
        unread_folders=[] if state in {"busy", "unreadable"} else _find_unread(settings, known),
        **facts,
    )


def _read_elsewhere(settings: Settings, problems: list[str]) -> dict[str, int | None]:
    try:
        return read_elsewhere(settings)
    except CreditloopError as error:
        problems.append(str(error))
        return {POSTGRES: None}


def _number(row: Row | None) -> int | None:
    return int(str(row["generation"])) if row else None


def _read_publication(settings: Settings, problems: list[str]) -> Row | None:
    path = published_file(settings)
    if not path.exists():
        return None
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            row = dict(_query(connection, _PUBLICATION)[0])
    except (duckdb.Error, IndexError) as error:
        problems.append(
            f"published/{path.name} cannot be read ({type(error).__name__}); return to a kept "
            "generation with `creditloop rollback`"
        )
        return None
    row["gate_results"] = json.loads(str(row["gate_results"]))
    return row


def _read_warehouse(
    settings: Settings, problems: list[str]
) -> tuple[WarehouseState, dict[str, Sequence[Row]]]:
    if not settings.warehouse_file.exists():
        return "absent", {}
    queries = {
        "runs": _RUNS,
        "steps": _STEPS,
        "refused_batches": _REFUSED,
        "waivers": _WAIVERS,
        "quarantine": _QUARANTINE,
        "generations": _GENERATIONS,
        "irreproducible_nights": _IRREPRODUCIBLE,
        "batches": "select feed, dt from ops.batches",
    }
    patient = settings.model_copy(update={"lock_timeout_seconds": LOCK_WAIT_SECONDS})
    try:
        # An open reader blocks the writer, so a reader takes the writer's lock as well.
        with writer_lock(patient):
            connection = duckdb.connect(
                str(settings.warehouse_file), read_only=True, config=duckdb_config(settings)
            )
            try:
                overview = read_overview(connection)
                if has_backfills(connection):
                    queries |= {"backfills": _BACKFILLS, "restatements": _RESTATEMENTS}
                return "readable", {
                    **{name: _query(connection, query) for name, query in queries.items()},
                    "cards": overview.cards,
                    "card_runs": overview.runs,
                    "outdated_nights": overview.outdated,
                }
            finally:
                connection.close()
    except TransientError:
        return "busy", {}
    except (duckdb.Error, OSError) as error:
        if isinstance(error, duckdb.IOException) and "lock" in str(error).lower():
            return "busy", {}
        known = as_known_error(error)
        problems.append(
            f"warehouse/{settings.warehouse_file.name} cannot be read: "
            + (str(known) if known else f"{type(error).__name__}; see `creditloop doctor --files`")
        )
        return "unreadable", {}


def has_backfills(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the store is of a version that keeps a ledger of backfills."""
    rows = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'ops' and table_name = 'backfills'"
    ).fetchall()
    return bool(rows)


def _query(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    result = connection.execute(query)
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _find_unread(settings: Settings, known: set[tuple[str, str]]) -> list[str]:
    if not settings.landing.is_dir():
        return []
    return [
        f"{folder.parent.name}/{folder.name}"
        for folder in sorted(settings.landing.glob("*/dt=*"))
        if folder.is_dir() and (folder.parent.name, folder.name.removeprefix("dt=")) not in known
    ]
