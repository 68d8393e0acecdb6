"""Marts against reference, value by value."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from scoring.errors import PermanentError
from scoring.marts.dbt_runner import DBT_PROJECT
from scoring.marts.records import MARTS
from scoring.reference.known_world import Question
from scoring.reference.values import Row

GRAIN = ("user_key", "as_of_date", "known_on")


@dataclass(frozen=True)
class Difference:
    """One value, or one whole user (``column`` empty), that is not the same on both sides."""

    column: str
    user_key: int
    expected: Any
    found: Any


def read_catalogue() -> dict[str, str]:
    """Feature name -> its mart, of every catalogued feature."""
    with (DBT_PROJECT / "seeds" / "feature_catalog.csv").open(encoding="utf-8") as file:
        return {row["feature_name"]: row["mart"] for row in csv.DictReader(file)}


def read_marts(
    connection: duckdb.DuckDBPyConnection,
    question: Question,
    names: Iterable[str] = MARTS,
    *,
    users: Collection[int] | None = None,
) -> dict[str, dict[int, Row]]:
    """Mart -> user key -> its columns of the night, without the grain.

    Args:
        connection: The warehouse.
        question: The night.
        names: Which marts.
        users: Whose rows; without them everybody's.

    Raises:
        PermanentError: A mart has a user twice.
    """
    marts: dict[str, dict[int, Row]] = {}
    for mart in names:
        result = connection.execute(
            f"select * from marts.{mart} where as_of_date = $as_of and known_on = $known_on"
            " and ($users is null or list_contains($users::bigint[], user_key))",
            {
                "as_of": question.as_of,
                "known_on": question.known_on,
                "users": None if users is None else [*users],
            },
        )
        columns = [column[0] for column in result.description]
        rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        marts[mart] = {
            row["user_key"]: {name: row[name] for name in columns if name not in GRAIN}
            for row in rows
        }
        if len(marts[mart]) != len(rows):
            raise PermanentError(
                "marts not compared",
                subject=f"{mart}@{question.as_of}",
                expected="one row per user",
                got=f"{len(rows) - len(marts[mart])} more",
                next_step="Build the night again: creditloop nightly --date "
                f"{question.as_of} --from-step build_marts",
            )
    return marts


def find_differences(
    expected: dict[int, Row], marts: dict[str, dict[int, Row]]
) -> list[Difference]:
    """Every user and every value that differs; a column unknown to the reference differs too."""
    differences = []
    for users in marts.values():
        differences += [
            Difference("", user, user in expected, user in users)
            for user in expected.keys() ^ users.keys()
        ]
        for user in expected.keys() & users.keys():
            for column, found in users[user].items():
                if column not in expected[user]:
                    differences.append(Difference(column, user, "no such column", found))
                elif expected[user][column] != found:
                    differences.append(Difference(column, user, expected[user][column], found))
    return differences


def count_by_column(differences: list[Difference]) -> dict[str, int]:
    """Column -> number of differences: what a failing test shows first."""
    return dict(Counter(difference.column for difference in differences))
