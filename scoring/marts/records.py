"""What a build leaves behind in ``ops``, and which nights of features stay in the warehouse."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from scoring.backfill.ledger import days_in_use
from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.marts.dbt_runner import NodeRun, model_runs
from scoring.nights import Night
from scoring.warehouse.content_hash import content_hash
from scoring.warehouse.sql import quote_identifier

MARTS = (
    "dim_user_night",
    "fct_user_spending_daily",
    "fct_user_repayment_daily",
    "fct_user_credit_history_daily",
    "fct_user_product_linkage_daily",
)
"""Tables of schema ``marts`` with one row per user and night."""


def prune_marts(
    connection: duckdb.DuckDBPyConnection, nights_kept: int, built: Sequence[Night]
) -> None:
    """Delete nights that are neither among the newest, nor a month end, nor in use.

    Args:
        connection: The warehouse.
        nights_kept: How many of the newest business days stay.
        built: The nights of this run; they stay for the steps that follow, as do those of a
            backfill that has not ended.
    """
    days = [*(night.as_of_date for night in built), *days_in_use(connection)]
    for mart in MARTS:
        table = f"marts.{quote_identifier(mart)}"
        connection.execute(
            f"""
            delete from {table}
            where as_of_date not in (
                select distinct as_of_date from {table} order by as_of_date desc limit ?
            )
            and as_of_date <> last_day(as_of_date)
            and not list_contains(?::date[], as_of_date)
            """,
            [nights_kept, days],
        )


def record_models(
    connection: duckdb.DuckDBPyConnection, nights: Sequence[Night], nodes: Sequence[NodeRun]
) -> None:
    """Write time and rows of each model into ``ops.model_runs``, under the first night's run."""
    run_id = nights[0].run_id
    connection.begin()
    connection.execute("delete from ops.model_runs where run_id = ?", [run_id])
    for node in model_runs(nodes):
        connection.execute(
            "insert into ops.model_runs values (?, ?, ?, ?)",
            [run_id, node.name, node.wall_seconds, _count_rows(connection, node)],
        )
    connection.commit()


def drop_leftovers(connection: duckdb.DuckDBPyConnection, nodes: Sequence[NodeRun]) -> None:
    """Drop intermediate tables of an earlier build that this one made elsewhere, in memory."""
    for node in model_runs(nodes):
        if node.row_count is not None:
            table = f"{quote_identifier(node.schema)}.{quote_identifier(node.name)}"
            connection.execute(f"drop table if exists {table}")


def _count_rows(connection: duckdb.DuckDBPyConnection, node: NodeRun) -> int | None:
    if node.row_count is not None:
        return node.row_count
    is_table = connection.execute(
        "select 1 from duckdb_tables() where schema_name = ? and table_name = ?",
        [node.schema, node.name],
    ).fetchone()
    if is_table is None:
        return None
    relation = f"{quote_identifier(node.schema)}.{quote_identifier(node.name)}"
    only_tonight = (
        "where (as_of_date, known_on) in (select (as_of_date, known_on) from ops.run_dates)"
        if node.name in MARTS
        else ""
    )
    row = connection.execute(f"select count(*) from {relation} {only_tonight}").fetchone()
    return int(row[0]) if row else None


def record_contents(
    connection: duckdb.DuckDBPyConnection, nights: Sequence[Night]
) -> dict[str, int]:
    """Write row count and content hash per mart and night into ``ops.table_contents``.

    Returns:
        Rows per mart, over all the nights.
    """
    row_counts = dict.fromkeys(MARTS, 0)
    connection.begin()
    for mart in MARTS:
        table = f"marts.{quote_identifier(mart)}"
        columns = [name for name, *_ in connection.execute(f"describe {table}").fetchall()]
        for night in nights:
            # A date prints as ISO and cannot carry anything else into the text.
            rows = (
                f"(select * from {table} where as_of_date = date '{night.as_of_date}' "
                f"and known_on = date '{night.known_on}')"
            )
            row_count, text = content_hash(connection, rows, columns)
            row_counts[mart] += row_count
            connection.execute(
                "insert or replace into ops.table_contents values (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    f"marts.{mart}",
                    night.as_of_date,
                    night.known_on,
                    row_count,
                    text,
                    night.run_id,
                    code_version(),
                    utc_now(),
                ],
            )
    connection.commit()
    return row_counts
