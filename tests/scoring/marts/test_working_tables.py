from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from scoring.marts.working_tables import SUITE, WORKING, WorkingTables


def node(
    name: str, *reads: str, kind: str = "model", made: str = "table", tags: tuple[str, ...] = ()
) -> Any:
    return SimpleNamespace(
        name=name,
        database=WORKING,
        schema="main",
        resource_type=kind,
        config=SimpleNamespace(materialized=made),
        depends_on=SimpleNamespace(nodes=list(reads)),
        tags=list(tags),
    )


NODES = {
    one.name: one
    for one in [
        node("payments"),
        node("bills", "payments"),
        node("open_bills", "bills", made="view"),
        node("debts", "open_bills"),
        node("late", "debts"),
        node("bills_add_up", "payments", "debts", kind="test"),
        node("bills_are_unique", "bills", kind="test", tags=(SUITE,)),
    ]
}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"attach ':memory:' as {WORKING}")
        yield connection


def test_table_goes_with_the_last_that_reads_it(connection: duckdb.DuckDBPyConnection) -> None:
    working = WorkingTables(NODES, connection.cursor)
    standing: dict[str, list[str]] = {}
    for name in ("payments", "bills", "open_bills", "debts", "bills_add_up", "late"):
        if NODES[name].resource_type == "model" and name != "open_bills":
            connection.execute(f"create table {WORKING}.{name} as select * from range(3)")
        working.finish(name, is_made=True)
        rows = connection.execute("select table_name from duckdb_tables() order by all").fetchall()
        standing[name] = [table for (table,) in rows]
    assert standing == {
        "payments": ["payments"],
        "bills": ["bills", "payments"],
        "open_bills": ["bills", "payments"],  # whoever reads the view reads the table
        "debts": ["debts", "payments"],  # payments are read by the test
        "bills_add_up": ["debts"],
        "late": ["late"],
    }
    assert working.row_counts == dict.fromkeys(("payments", "bills", "debts", "late"), 3)


def test_what_the_warehouse_holds_is_neither_counted_nor_dropped(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    kept = node("users")
    kept.database = "memory"
    connection.execute("create table memory.main.users as select * from range(3)")
    working = WorkingTables({"users": kept, "debts": node("debts", "users")}, connection.cursor)
    connection.execute(f"create table {WORKING}.debts as select * from users")
    working.finish("users", is_made=True)
    working.finish("debts", is_made=True)
    assert working.row_counts == {"debts": 3}
    assert connection.execute("select count(*) from memory.main.users").fetchall() == [(3,)]


def test_what_failed_is_not_counted_and_needs_nothing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    working = WorkingTables(NODES, connection.cursor)
    connection.execute(f"create table {WORKING}.payments as select * from range(3)")
    working.finish("bills", is_made=False)
    working.finish("bills_add_up", is_made=False)
    assert working.row_counts == {}
    assert connection.execute("select table_name from duckdb_tables()").fetchall() == []
