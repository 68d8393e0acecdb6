"""A warehouse with a credit ledger and observation dates made by hand."""

from __future__ import annotations

import csv
from datetime import date

import duckdb

from scoring.cards.loader import CATALOG_SEED

USERS = "dim_user_night"
HISTORY = "fct_user_credit_history_daily"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema if not exists intermediate")
    connection.execute("create schema if not exists marts")
    connection.execute(
        "create table intermediate.int_obligations__late (as_of_date date, known_on date,"
        " user_key bigint, due_date date, late_from_date date, late_to_date date)"
    )
    connection.execute(
        "create table intermediate.int_users__resolved (as_of_date date, known_on date,"
        " user_key bigint, surviving_key bigint)"
    )
    connection.execute(
        f"create table marts.{USERS} (user_key bigint, as_of_date date, known_on date,"
        " has_scoring_consent boolean, evidence_days bigint)"
    )
    for mart, names in features_by_mart().items():
        columns = ", ".join(f"{name} bigint" for name in names)
        connection.execute(
            f"create table marts.{mart}"
            f" (user_key bigint, as_of_date date, known_on date, {columns})"
        )


def features_by_mart() -> dict[str, list[str]]:
    marts: dict[str, list[str]] = {}
    with CATALOG_SEED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            marts.setdefault(row["mart"], []).append(row["feature_name"])
    return marts


def add_user(
    connection: duckdb.DuckDBPyConnection,
    user_key: int,
    day: date,
    *,
    known_on: date | None = None,
    has_consent: bool | None = True,
    evidence_days: int = 30,
    **history: int,
) -> None:
    """One observed user; ``history`` sets features of the history mart."""
    known = known_on or day
    connection.execute(
        f"insert into marts.{USERS} values (?, ?, ?, ?, ?)",
        [user_key, day, known, has_consent, evidence_days],
    )
    features = {"open_account_count": 1, "outstanding_amount": 100} | history
    for mart in features_by_mart():
        own = features if mart == HISTORY else {}
        names = ", ".join(["user_key", "as_of_date", "known_on", *own])
        marks = ", ".join("?" for _ in range(3 + len(own)))
        connection.execute(
            f"insert into marts.{mart} ({names}) values ({marks})",
            [user_key, day, known, *own.values()],
        )


def add_ledger(connection: duckdb.DuckDBPyConnection, night: date, *user_keys: int) -> None:
    for user_key in user_keys:
        connection.execute(
            "insert into intermediate.int_users__resolved values (?, ?, ?, ?)",
            [night, night, user_key, user_key],
        )


def add_late(
    connection: duckdb.DuckDBPyConnection,
    night: date,
    user_key: int,
    due: date,
    late_to: date,
) -> None:
    """An obligation that was late from the day after it fell due up to ``late_to``."""
    connection.execute(
        "insert into intermediate.int_obligations__late values (?, ?, ?, ?, ?::date + 1, ?)",
        [night, night, user_key, due, due, late_to],
    )
