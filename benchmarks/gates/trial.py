"""One mutation, planted into a copy of a healthy night and judged by the gate concerned."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
from jinja2 import StrictUndefined, Template

from benchmarks.gates.deployment import Deployment, copied
from benchmarks.gates.landed import damage_landed
from benchmarks.gates.library import Mutation
from expectations.gate import run_gate
from expectations.suite import Gate, load_suite
from scoring.errors import DataRefusedError
from scoring.landing.ingest import ingest_night
from scoring.nights import Night, make_night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse


@dataclass(frozen=True)
class Outcome:
    """What a gate said of a mutation.

    Attributes:
        stopped_by: Expectations that closed the gate and rules that refused, in their order.
        warned_by: Expectations that only warned.
        errored: Expectations that broke, which closes the gate but names nothing.
    """

    stopped_by: tuple[str, ...]
    warned_by: tuple[str, ...] = ()
    errored: tuple[str, ...] = ()


def try_mutation(deployment: Deployment, gate: Gate, mutation: Mutation, home: Path) -> Outcome:
    """Plant one mutation into a copy at ``home`` and ask its gate."""
    healthy, day = deployment.moment(gate, mutation)
    with copied(healthy, home, day) as world:
        night = make_night(day)
        if gate == "landing":
            return _try_landing(world.settings, mutation, night)
        _change_warehouse(world.settings, mutation, night.as_of_date)
        return ask_gate(world.settings, gate, night)


def ask_gate(settings: Settings, gate: Gate, night: Night) -> Outcome:
    """Run a gate; names without the part in brackets, each once."""
    result = run_gate(settings, night, load_suite(gate))
    return Outcome(
        stopped_by=_names(item.check.name for item in result.stopping if item.state == "failed"),
        warned_by=_names(item.check.name for item in result.warnings),
        errored=_names(item.check.name for item in result.results if item.state == "errored"),
    )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.partition("[")[0] for name in names))


def _try_landing(settings: Settings, mutation: Mutation, night: Night) -> Outcome:
    """Land the damage and load it; a night that ingest refuses never reaches the gate."""
    is_landed = "." not in mutation.where
    if is_landed:
        damage_landed(settings, mutation, night.known_on)
    try:
        ingest_night(settings, night)
    except DataRefusedError as error:
        refused = re.match(r"batch refused \((\w+)\)", str(error))
        return Outcome((refused[1] if refused else "arrival",))
    if not is_landed:
        _change_warehouse(settings, mutation, night.known_on)
    found = ask_gate(settings, "landing", night)
    return replace(found, stopped_by=(*_quarantined(settings, night.known_on), *found.stopped_by))


def _quarantined(settings: Settings, night: date) -> tuple[str, ...]:
    """Rules that kept single rows out."""
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select distinct rule from quality.quarantine where batch_date = ? order by rule",
            [night],
        ).fetchall()
    return tuple(row[0] for row in rows)


def _change_warehouse(settings: Settings, mutation: Mutation, night: date) -> None:
    names = {
        "tonight": f"as_of_date = date '{night}'",
        "before": f"as_of_date = date '{night - timedelta(days=1)}'",
        "batch": f"dt = date '{night}'",
        "night": f"date '{night}'",
        "table": mutation.where,
    }
    with open_warehouse(settings) as connection:
        statement = Template(mutation.how or "", undefined=StrictUndefined).render(names)
        before = _content(connection, mutation.where)
        connection.execute(statement)
        if _content(connection, mutation.where) == before:
            raise RuntimeError(f"{mutation.name} changes nothing in {mutation.where}")


def _content(connection: duckdb.DuckDBPyConnection, table: str) -> object:
    """Something that differs when the rows of a table do, or its columns."""
    columns = connection.execute(f"describe {table}").fetchall()
    return columns, connection.execute(
        f"select count(*), sum(hash(row_of_table)) from {table} as row_of_table"
    ).fetchone()
