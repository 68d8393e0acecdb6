"""What Spark is handed (raw files, the run's nights) and what it leaves: Parquet by night."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from scoring.errors import PermanentError
from scoring.landing.batches import loaded_raw_files
from scoring.landing.contract import load_feeds
from scoring.marts.contracts import contract_types
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SCHEMAS = ("staging", "intermediate", "marts")
_TYPES = {"VARCHAR": "STRING", "TIMESTAMP": "TIMESTAMP_NTZ"}
"""Type in the contract -> type on Spark, where the names differ."""


def create_inputs(
    session: SparkSession, connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    """Global temporary views of the raw feeds and of the ``ops`` tables that models read.

    Args:
        session: Where the views are made.
        connection: The warehouse, which knows the loaded files and the run's nights.
        settings: Where the raw files are.
    """
    for feed in load_feeds().values():
        types = ", ".join(
            f"`{name}` {_TYPES.get(kind, kind)}" for name, kind in feed.raw_columns.items()
        )
        paths = [
            path_on_spark(settings.raw / name) for name in loaded_raw_files(connection, feed.name)
        ]
        rows = (
            session.read.schema(types).parquet(*paths)
            if paths
            else session.createDataFrame([], types)
        )
        rows.createOrReplaceGlobalTempView(feed.name)
    for table in ("run_dates", "run_parameters"):
        rows = session.createDataFrame(connection.table(f"ops.{table}").to_arrow_table())
        rows.createOrReplaceGlobalTempView(table)


def recreate_schemas(session: SparkSession, settings: Settings) -> None:
    """Empty schemas for dbt under ``warehouse/spark/tables``; a run keeps nothing of the last."""
    for schema in SCHEMAS:
        folder = settings.spark / "tables" / schema
        session.sql(f"drop schema if exists {schema} cascade")
        shutil.rmtree(folder, ignore_errors=True)
        session.sql(f"create schema {schema} location {quote_literal(path_on_spark(folder))}")


def path_on_spark(path: Path) -> str:
    """A local path as Spark takes it: not a URI, which would escape the "=" of a folder."""
    return f"file:{path}"


def night_folder(settings: Settings, table: str, night: Night) -> Path:
    """Where Spark leaves a night of ``table`` (``marts/dim_user_night``, ``scores``)."""
    nights = f"as_of_date={night.as_of_date}/known_on={night.known_on}"
    return settings.spark / table / nights


def write_night(rows: DataFrame, settings: Settings, table: str, night: Night) -> None:
    """Write exactly these rows as the night's Parquet, all columns in the files."""
    folder = night_folder(settings, table, night)
    rows.write.mode("overwrite").parquet(path_on_spark(folder))


def keep_nights(settings: Settings, kept: Collection[tuple[str, str]]) -> None:
    """Delete the files of all nights but these.

    Args:
        settings: Where the files are.
        kept: as_of_date and known_on of the nights to keep, as ISO dates.
    """
    for folder in settings.spark.glob("**/as_of_date=*/known_on=*"):
        night = (folder.parent.name.split("=")[1], folder.name.split("=")[1])
        if night not in kept:
            shutil.rmtree(folder)


def read_night_sql(settings: Settings, table: str, nights: Sequence[Night]) -> str:
    """A DuckDB table function over the files that ``write_night`` left for some nights."""
    globs = ", ".join(
        quote_literal(str(night_folder(settings, table, night) / "*.parquet")) for night in nights
    )
    return f"read_parquet([{globs}], hive_partitioning = false)"


def check_contract(rows: DataFrame, mart: str) -> DataFrame:
    """The mart's rows with its columns in the contract's order; dbt-spark cannot check them.

    Raises:
        PermanentError: A column is absent, not in the contract or of another type.
    """
    expected = {
        name: _TYPES.get(kind.upper(), kind).lower() for name, kind in contract_types(mart).items()
    }
    got = dict(rows.dtypes)
    for name in sorted({*expected, *got}):
        if expected.get(name) != got.get(name):
            raise PermanentError(
                "mart refused",
                subject=f"marts.{mart}.{name}",
                expected=expected.get(name, "no such column"),
                got=got.get(name, "no such column"),
                next_step="Correct the model or its contract beside it.",
            )
    return rows.select(*expected)


def load_mart(
    connection: duckdb.DuckDBPyConnection, settings: Settings, mart: str, nights: Sequence[Night]
) -> None:
    """Replace the nights' rows of ``marts.<mart>`` in the warehouse with what Spark wrote."""
    table = f"marts.{quote_identifier(mart)}"
    types = contract_types(mart)
    columns = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in types.items())
    connection.begin()
    connection.execute(f"create table if not exists {table} ({columns})")
    for name, kind in types.items():
        connection.execute(
            f"alter table {table} add column if not exists {quote_identifier(name)} {kind}"
        )
    connection.execute(
        f"delete from {table} where (as_of_date, known_on) in "
        "(select as_of_date, known_on from ops.run_dates)"
    )
    source = read_night_sql(settings, f"marts/{mart}", nights)
    connection.execute(f"insert into {table} by name select * from {source}")
    connection.commit()
