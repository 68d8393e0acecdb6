"""Copies of all users in the staging tables, so that a large population needs no large landing."""

from __future__ import annotations

import duckdb

from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier
from scoring.warehouse.store import open_warehouse

_GOLDEN = 0x9E3779B97F4A7C15
_SHARED = ("merchant_key", "lender_id")
"""What copies have in common: they buy where the others buy and owe whom they owe."""


def copy_users(settings: Settings, times: int) -> None:
    """Make ``times`` users of each one, with keys and ids of their own.

    Every staging table grows to ``times`` its rows; what is landed does not, so the tables must
    not be made anew.
    """
    with open_warehouse(settings) as connection:
        connection.execute("set preserve_insertion_order = false")
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'staging'"
        ).fetchall()
        for (table,) in tables:
            _copy_rows(connection, f"staging.{quote_identifier(table)}", times)
        connection.execute("checkpoint")


def _copy_rows(connection: duckdb.DuckDBPyConnection, table: str, times: int) -> None:
    columns = [row[:2] for row in connection.execute(f"describe {table}").fetchall()]
    ((last,),) = connection.execute(f"select max(rowid) from {table}").fetchall()
    for copy in range(1, times):
        salt = copy * _GOLDEN & (2**63 - 1)
        changed = []
        for name, kind in columns:
            column = quote_identifier(name)
            if name.endswith("_key") and name not in _SHARED:
                changed.append(f"xor({column}, {salt}) as {column}")
            elif name.endswith("_id") and name not in _SHARED and kind == "VARCHAR":
                # In front: an instalment is named by loan and number, loan#number.
                changed.append(f"'{copy}~' || {column} as {column}")
        connection.execute(
            f"insert into {table} select * replace ({', '.join(changed)}) from {table}"
            f" where rowid <= {last}"
        )
