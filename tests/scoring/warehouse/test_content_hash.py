"""The content hash sees content and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.warehouse.content_hash import content_hash

ROWS = [(1, "a", None), (2, "b", "x"), (2, "b", "x")]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def hash_rows(connection: duckdb.DuckDBPyConnection, rows: list[tuple[object, ...]]) -> str:
    connection.execute("create or replace table t (a integer, b varchar, c varchar)")
    if rows:
        connection.executemany("insert into t values (?, ?, ?)", rows)
    return content_hash(connection, "t", ["a", "b", "c"])[1]


def test_row_order_and_column_order_do_not_matter(connection: duckdb.DuckDBPyConnection) -> None:
    first = hash_rows(connection, ROWS)
    assert hash_rows(connection, ROWS[::-1]) == first
    assert content_hash(connection, "t", ["c", "a", "b"]) == (3, first)


@pytest.mark.parametrize(
    "other",
    [
        ROWS[:2],  # a duplicate lost
        [(1, "a", ""), *ROWS[1:]],  # empty is not NULL
        [(1, "a", "n"), *ROWS[1:]],  # nor is the mark of NULL
        [(1, None, "a"), *ROWS[1:]],  # values moved between columns
        [(3, "a", None), *ROWS[1:]],
        [],
    ],
)
def test_any_change_of_content_changes_the_hash(
    connection: duckdb.DuckDBPyConnection, other: list[tuple[object, ...]]
) -> None:
    assert hash_rows(connection, other) != hash_rows(connection, ROWS)


def test_separators_inside_values_do_not_collide(connection: duckdb.DuckDBPyConnection) -> None:
    one = hash_rows(connection, [(1, "x\x1fvy", "z")])
    two = hash_rows(connection, [(1, "x", "y\x1fvz")])
    assert one != two


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.text(max_size=3), st.none() | st.text(max_size=2))))
def test_hash_is_a_function_of_the_multiset(rows: list[tuple[object, ...]]) -> None:
    clean = [tuple(v.replace("\x00", "") if isinstance(v, str) else v for v in row) for row in rows]
    clean = [
        tuple(v.encode("utf-8", "ignore").decode() if isinstance(v, str) else v for v in row)
        for row in clean
    ]
    with duckdb.connect() as opened:
        assert hash_rows(opened, clean) == hash_rows(opened, sorted(clean, key=repr))
