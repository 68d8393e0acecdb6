"""The second opinion on a night's features: ``scoring.reference`` over a few users."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.plan import SecondOpinion
from expectations.problems import describe_problem
from scoring.errors import CreditloopError
from scoring.nights import Night
from scoring.reference.agreement import ColumnAgreement, compare_sample
from scoring.settings import PREFIX, Settings
from scoring.warehouse.sql import quote_literal

OFF = f"switched off: {PREFIX}REFERENCE_USERS is 0"


def ask_reference(
    settings: Settings, connection: duckdb.DuckDBPyConnection, night: Night
) -> SecondOpinion:
    """Compare the night's sample; whatever goes wrong becomes a problem, never an agreement."""
    if settings.reference_users == 0:
        return SecondOpinion(skipped=OFF)
    try:
        columns = compare_sample(connection, settings, night.as_of_date, night.known_on)
    except Exception as error:  # noqa: BLE001 - any kind; recorded as an error of its expectations
        return SecondOpinion(problem=_describe(error))
    return SecondOpinion(relation=_to_relation(columns))


def _describe(error: Exception) -> str:
    """What went wrong and where; texts of Python's own errors may quote a row."""
    if isinstance(error, CreditloopError):
        return str(error)
    if isinstance(error, duckdb.Error):
        return describe_problem(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"


def _to_relation(columns: Sequence[ColumnAgreement]) -> str:
    """A query that yields the counts: a row per mart and column."""
    rows = ", ".join(
        f"({quote_literal(f'marts.{item.mart}')}, {quote_literal(item.column)}, "
        f"{item.compared_users}, {item.differing_users})"
        for item in columns
    )
    names = "table_name, column_name, compared_users, differing_users"
    return f"(select * from (values {rows}) as counts({names}))"
