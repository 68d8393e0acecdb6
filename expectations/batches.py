"""What checks look at, prepared inside DuckDB before Great Expectations comes in.

A query that yields one row of aggregates is *measured*: its values go, with those of all other such
queries, into one small table with a column per check. Great Expectations then judges all of them in
one question instead of a dozen for each query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from expectations.plan import Check
from expectations.problems import describe_problem
from scoring.warehouse.sql import quote_identifier

MEASURES = "gate_measures"
PART = "part"


@dataclass(frozen=True)
class Batch:
    """Rows that one or more checks look at.

    Attributes:
        relation: A select statement.
        row_count: Its rows.
        checks: The checks, with the columns of ``relation`` in their arguments.
        measures: Check name -> value by part, for checks on aggregates.
    """

    relation: str
    row_count: int
    checks: tuple[Check, ...]
    measures: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Prepared:
    """Batches, and the outcome of checks that need no judging.

    Attributes:
        batches: What is left to judge.
        empty: Checks whose batch has no rows.
        problems: Check name -> why its batch could not be made.
    """

    batches: tuple[Batch, ...]
    empty: tuple[Check, ...]
    problems: Mapping[str, str]


def prepare_batches(connection: duckdb.DuckDBPyConnection, checks: Sequence[Check]) -> Prepared:
    """Run every query once; temporary tables stay until ``drop_batches``."""
    batches: list[Batch] = []
    empty: list[Check] = []
    problems: dict[str, str] = {}
    measured: dict[str, tuple[Check, dict[str, Any]]] = {}
    for number, (sql, members) in enumerate(_group(checks).items()):
        try:
            batch, row = _prepare(connection, f"gate_batch_{number}", sql, members)
        except duckdb.Error as error:
            problems |= {check.name: describe_problem(error) for check in members}
            continue
        if batch.row_count == 0:
            empty.extend(members)
            continue
        rest = []
        for check in members:
            column = str(check.kwargs.get("column"))
            parts = check.parts or {column: column}
            if row is not None and set(parts.values()) <= set(row):
                values = {part: row[name] for part, name in parts.items()}
                measured[check.name] = (check, values)
            elif check.parts:
                problems[check.name] = "its query yields no single row with a column for each part"
            else:
                rest.append(check)
        if rest:
            batches.append(replace(batch, checks=tuple(rest)))
    if measured:
        batches.append(_measure(connection, measured))
    return Prepared(tuple(batches), tuple(empty), problems)


def drop_batches(connection: duckdb.DuckDBPyConnection) -> None:
    """Remove the temporary tables."""
    rows = connection.execute(
        "select table_name from duckdb_tables() "
        "where temporary and starts_with(table_name, 'gate_')"
    ).fetchall()
    for (name,) in rows:
        connection.execute(f"drop table temp.{quote_identifier(name)}")


def _group(checks: Sequence[Check]) -> dict[tuple[str, bool], tuple[Check, ...]]:
    groups: dict[tuple[str, bool], tuple[Check, ...]] = {}
    for check in checks:
        key = (check.batch, check.is_query)
        groups[key] = (*groups.get(key, ()), check)
    return groups


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    sql: tuple[str, bool],
    checks: tuple[Check, ...],
) -> tuple[Batch, dict[str, Any] | None]:
    """The batch, and its row if that is one of aggregates (nothing of a single user)."""
    relation, is_query = sql
    if is_query:
        connection.execute(f"create or replace temp table {name} as {relation}")
        relation = f"select * from temp.{name}"
    counted = connection.execute(f"select count(*) from ({relation}\n)").fetchone()
    row_count = int(counted[0]) if counted else 0
    batch = Batch(relation, row_count, checks, {})
    if not is_query or row_count != 1:
        return batch, None
    result = connection.execute(relation)
    columns = [column[0] for column in result.description or []]
    values = result.fetchone() or ()
    return batch, None if "user_key" in columns else dict(zip(columns, values, strict=True))


def _measure(
    connection: duckdb.DuckDBPyConnection, measured: Mapping[str, tuple[Check, dict[str, Any]]]
) -> Batch:
    """One table of all measures: a row per check and part, a column per check."""
    values = {name: values for name, (_, values) in measured.items()}
    cells = [
        (number, part, None if value is None else float(value))
        for number, parts in enumerate(values.values())
        for part, value in parts.items()
    ]
    columns = ", ".join(
        f"case when number = {number} then value end as measure_{number}"
        for number in range(len(values))
    )
    numbers, parts, numeric = (list(column) for column in zip(*cells, strict=True))
    connection.execute(
        f"""
        create or replace temp table {MEASURES} as
        select part as {PART}, {columns}
        from (
            select
                unnest($numbers::integer[]) as number,
                unnest($parts::varchar[]) as part,
                unnest($values::double[]) as value
        )
        """,
        {"numbers": numbers, "parts": parts, "values": numeric},
    )
    checks = tuple(
        replace(check, kwargs={**check.kwargs, "column": f"measure_{number}"})
        for number, (check, _) in enumerate(measured.values())
    )
    return Batch(f"select * from temp.{MEASURES}", len(cells), checks, values)
