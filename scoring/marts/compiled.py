"""Models that dbt has compiled in this process, run once more without it.

An invocation of dbt costs seconds whatever its models do. Which nights they build stands in a table
(``ops.run_dates``), so their SQL is the same for every night and may be run as it was compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from scoring.errors import PermanentError
from scoring.marts.contracts import contract_types
from scoring.marts.working_tables import WORKING
from scoring.marts.zones import offsets_text
from scoring.settings import PROJECT_ROOT, Settings
from scoring.system_errors import as_known_error
from scoring.warehouse.sql import quote_identifier

SCHEMAS = ("intermediate", "marts")
_MODELS = PROJECT_ROOT / "dbt_project" / "models"


@dataclass(frozen=True)
class CompiledModel:
    """One model as dbt compiled it for the default engine.

    Attributes:
        database: ``WORKING``, or the warehouse's own.
        schema: ``intermediate`` or ``marts``.
        name: Its table.
        sql: The select statement.
    """

    database: str
    schema: str
    name: str
    sql: str


_compiled: dict[str, tuple[CompiledModel, ...]] = {}


def remember_models(settings: Settings, models: Sequence[CompiledModel]) -> None:
    """Keep models in the order they ran, for ``compiled_models``; only if none is missing."""
    chosen = tuple(model for model in models if model.schema in SCHEMAS)
    wanted = {path.stem for schema in SCHEMAS for path in (_MODELS / schema).rglob("*.sql")}
    if {model.name for model in chosen} == wanted:
        _compiled[_environment(settings)] = chosen


def compiled_models(settings: Settings) -> tuple[CompiledModel, ...]:
    """All models behind staging in the order they run; none if dbt has not run in this process."""
    return _compiled.get(_environment(settings), ())


def run_models(
    connection: duckdb.DuckDBPyConnection, models: Sequence[CompiledModel], subject: str
) -> None:
    """Make every model's table anew.

    Args:
        connection: A warehouse named like the one the models were compiled for, with staging, seeds
            and ``ops.run_dates`` in place, and without nights that must stay. What is not kept goes
            with it when it is closed.
        models: From ``compiled_models``.
        subject: What it is run for, for messages.

    Raises:
        PermanentError: A model failed.
        TransientError: The disk is full.
    """
    connection.execute(f"attach if not exists ':memory:' as {WORKING}")
    connection.execute(f"create schema if not exists {WORKING}.intermediate")
    for model in models:
        table = ".".join(map(quote_identifier, (model.database, model.schema, model.name)))
        try:
            if model.schema == "marts":
                _fill_by_contract(connection, table, model)
            else:
                connection.execute(f"create or replace table {table} as {model.sql}")
        except duckdb.Error as error:
            known = as_known_error(error)
            if known is not None:
                raise known from error
            raise PermanentError(
                "model failed",
                subject=subject,
                expected=f"{model.name} to succeed",
                got=type(error).__name__,
                next_step="What is published is untouched; the same command tries anew.",
            ) from error


def _fill_by_contract(
    connection: duckdb.DuckDBPyConnection, table: str, model: CompiledModel
) -> None:
    types = contract_types(model.name)
    columns = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in types.items())
    names = ", ".join(quote_identifier(name) for name in types)
    connection.execute(f"create or replace table {table} ({columns})")
    connection.execute(f"insert into {table} ({names}) select {names} from ({model.sql})")


def _environment(settings: Settings) -> str:
    """What the macros read besides tables while they compile."""
    return f"{settings.keep_intermediate} {offsets_text(settings.business_timezone)}"
