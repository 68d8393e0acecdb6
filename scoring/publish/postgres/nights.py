"""Rows of nights: each published file once, whatever number of generations name it."""

from __future__ import annotations

from datetime import date

import duckdb

from scoring.publish.columns import CONSENTED, complete_columns
from scoring.publish.manifest import Manifest, PublishedFile
from scoring.publish.postgres.connection import Postgres, run
from scoring.publish.postgres.copying import copy_rows, require_count
from scoring.publish.postgres.names import FILES, Names, month_bounds, month_partition
from scoring.publish.postgres.tables import NIGHT_TABLES
from scoring.settings import Settings
from scoring.warehouse.sql import quote_literal


def load_nights(
    source: duckdb.DuckDBPyConnection,
    pg: Postgres,
    settings: Settings,
    names: Names,
    manifest: Manifest,
) -> int:
    """Load the files of a generation that are not there yet, each in a transaction of its own.

    Nothing shows them before a generation that names them is current.

    Returns:
        Files loaded: those of one night, or all of them the first time.
    """
    present = set(run(pg, f"select file, written_ns from {names.table(FILES)}").fetchall())
    written = {file: written_ns(settings, file) for file in manifest.files}
    missing = [file for file, moment in written.items() if (file.file, moment) not in present]
    for file in missing:
        with pg.transaction():
            file_id = _add_file(pg, names, file, written[file])
            if file.table_name != CONSENTED:
                _load_file(source, pg, settings, names, file, file_id)
    places = {(file.table_name, file.as_of_date.replace(day=1)) for file in missing}
    for table, month in sorted(places):
        if table != CONSENTED:
            run(pg, f"analyze {names.table(month_partition(table, month))}")
    return len(missing)


def written_ns(settings: Settings, file: PublishedFile) -> int:
    """When a file was written: one written anew under its name says that it is of a later origin.

    Raises:
        OSError: It is not there.
    """
    return (settings.published / file.file).stat().st_mtime_ns


def _add_file(pg: Postgres, names: Names, file: PublishedFile, written: int) -> int:
    row = run(
        pg,
        f"""
        insert into {names.table(FILES)}
            (table_name, as_of_date, known_on, file, written_ns, content_hash, row_count)
        values (%s, %s, %s, %s, %s, %s, %s)
        returning file_id
        """,
        [
            file.table_name,
            file.as_of_date,
            file.known_on,
            file.file,
            written,
            file.content_hash,
            file.row_count,
        ],
    ).fetchone()
    return int(row[0]) if row else 0


def _load_file(
    source: duckdb.DuckDBPyConnection,
    pg: Postgres,
    settings: Settings,
    names: Names,
    file: PublishedFile,
    file_id: int,
) -> None:
    target = _ensure_month(pg, names, file.table_name, file.as_of_date)
    path = quote_literal(str(settings.published / file.file))
    # The folders of the path say no more than the columns do.
    rows = complete_columns(
        file.table_name, f"select * from read_parquet({path}, hive_partitioning = false)"
    )
    columns = {"file_id": "bigint", **NIGHT_TABLES[file.table_name]}
    relation = f"(select {file_id} as file_id, * from ({rows}))"
    copied = copy_rows(source, pg, relation, target, columns, settings.temp)
    require_count(f"{file.table_name}@{file.as_of_date}", file.row_count, copied)


def _ensure_month(pg: Postgres, names: Names, table: str, day: date) -> str:
    """The partition of a night's month; attaching one keeps no reader waiting."""
    target = names.table(month_partition(table, day))
    found = run(pg, "select pg_catalog.to_regclass(%s)", [target]).fetchone()
    if found is None or found[0] is None:
        first, end = month_bounds(day)
        run(pg, f"create table {target} (like {names.table(table)})")
        run(
            pg,
            f"alter table {names.table(table)} attach partition {target} "
            f"for values from ('{first}') to ('{end}')",
        )
    return target
