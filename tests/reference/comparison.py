"""Marts against reference, value by value."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from scoring.marts.dbt_runner import DBT_PROJECT
from scoring.marts.records import MARTS
from tests.reference.known_world import Question
from tests.reference.values import Row

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
    connection: duckdb.DuckDBPyConnection, question: Question, names: Iterable[str] = MARTS
) -> dict[str, dict[int, Row]]:
    """Mart -> user key -> its columns of the night, without the grain."""
    marts: dict[str, dict[int, Row]] = {}
    for mart in names:
        result = connection.execute(
            f"select * from marts.{mart} where as_of_date = ? and known_on = ?",
            [question.as_of, question.known_on],
        )
        columns = [column[0] for column in result.description]
        rows = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        marts[mart] = {
            row["user_key"]: {name: row[name] for name in columns if name not in GRAIN}
            for row in rows
        }
        assert len(marts[mart]) == len(rows), f"{mart} has a user twice"
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
