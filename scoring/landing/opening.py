"""Opening landed files: what columns does each say it has, and are they those of its feed?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date

import duckdb

from scoring.landing.contract import Feed
from scoring.landing.damage import refuse_damaged
from scoring.landing.expansion import largest_unpacked, most_rows
from scoring.landing.files import LandedFile, check_columns, read_text_headers, refuse_expansion
from scoring.landing.refusals import Refusal
from scoring.landing.sources import nested_column, reserved_column
from scoring.warehouse.sql import quote_literal

Schema = list[tuple[str, str]]
"""Name and DuckDB type of each top-level column of a Parquet file; no type for a nested one."""


def open_files(
    connection: duckdb.DuckDBPyConnection, feed: Feed, files: Sequence[LandedFile]
) -> Iterator[LandedFile | tuple[date, Refusal]]:
    """Yield each file with the columns it says it has, or its date and why it is refused."""
    checked = read_text_headers(list(files), feed)
    parquet = [file for file in checked if isinstance(file, LandedFile) and file.kind == "parquet"]
    schemas = _parquet_schemas(connection, parquet)
    for file, outcome in zip(files, checked, strict=True):
        if isinstance(outcome, Refusal):
            yield file.dt, outcome
        elif outcome.kind == "parquet":
            schema = schemas[str(file.path)]
            opened = (
                schema
                if isinstance(schema, Refusal)
                else _open_parquet(connection, outcome, schema, feed)
            )
            yield opened if isinstance(opened, LandedFile) else (file.dt, opened)
        else:
            yield outcome


def _parquet_schemas(
    connection: duckdb.DuckDBPyConnection, files: Sequence[LandedFile]
) -> dict[str, Schema | Refusal]:
    """Schema of each file by its path, or why it has none."""
    found: dict[str, Schema | Refusal] = {}
    with suppress(duckdb.Error):
        found.update(_query_schemas(connection, files) if files else {})
        return found
    for file in files:
        try:
            found.update(_query_schemas(connection, [file]))
        except duckdb.Error as failure:
            found[str(file.path)] = refuse_damaged(file, failure)
    return found


def _query_schemas(
    connection: duckdb.DuckDBPyConnection, files: Sequence[LandedFile]
) -> dict[str, Schema]:
    paths = ", ".join(quote_literal(str(file.path)) for file in files)
    rows = connection.execute(
        "select file_name, name, duckdb_type, coalesce(num_children, 0) "
        f"from parquet_schema([{paths}]) order by file_name, column_id"
    ).fetchall()
    elements: dict[str, list[tuple[str, str, int]]] = {}
    for path, name, kind, children in rows:
        elements.setdefault(str(path), []).append((str(name), str(kind), int(children)))
    return {path: _top_level(each) for path, each in elements.items()}


def _top_level(elements: list[tuple[str, str, int]]) -> Schema:
    found: Schema = []
    position = 1  # element 0 is the root
    while position < len(elements):
        name, kind, _ = elements[position]
        found.append((name, kind))
        pending = 1
        while pending:
            pending += elements[position][2] - 1
            position += 1
    return found


def _refuse_expansion(connection: duckdb.DuckDBPyConnection, file: LandedFile) -> Refusal | None:
    """Refuse a file that says that it unpacks to too many rows or bytes."""
    path = quote_literal(str(file.path))
    try:
        ((rows, unpacked),) = connection.execute(
            f"select coalesce((select sum(num_rows) from parquet_file_metadata({path})), 0), "
            f"coalesce(sum(total_uncompressed_size), 0) from parquet_metadata({path})"
        ).fetchall()
    except duckdb.Error as failure:  # statistics that are none, though its schema can be read
        return refuse_damaged(file, failure)
    if not 0 <= rows <= most_rows(file.size):
        return refuse_expansion(file, f"{most_rows(file.size)} rows", str(rows))
    if not 0 <= unpacked <= largest_unpacked(file.size):
        return refuse_expansion(file, f"{largest_unpacked(file.size)} bytes", str(unpacked))
    return None


def _open_parquet(
    connection: duckdb.DuckDBPyConnection,
    file: LandedFile,
    schema: Schema,
    feed: Feed,
) -> LandedFile | Refusal:
    header = tuple(name for name, _ in schema)
    lowered = {name.lower() for name in header}
    if len(lowered) < len(header):
        return file.refuse("duplicate_column", "every column once", "names that differ by case")
    opened = replace(file, header=header, types=tuple(kind for _, kind in schema))
    refusal = check_columns(file, header, feed) or _refuse_expansion(connection, file)
    if refusal is not None:
        return refusal
    reserved = reserved_column(opened)
    if reserved is not None:
        return file.refuse("reserved_column", "no column of that name in Parquet", reserved)
    nested = nested_column(opened, feed)
    if nested is not None:
        return file.refuse("nested_column", "one value per row and column", f"a list in {nested}")
    return opened
