"""A handmade deployment that publishes into a PostgreSQL database of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from scoring.settings import PROJECT_ROOT, Settings
from tests.postgres_server import PASSWORD, READER, WRITER, PostgresServer
from tests.scoring.publish.handmade import Handmade

ROLES = PROJECT_ROOT / "scoring" / "publish" / "postgres" / "roles.sql"
VIEWS = (
    "scores",
    "scores_latest",
    "scores_history",
    "score_points",
    "score_reasons",
    "score_changes",
    "features_latest",
    "feature_catalog",
    "score_bands",
    "publication",
    "publication_files",
)


@dataclass(frozen=True)
class InPostgres:
    """A deployment with both sinks.

    Attributes:
        server: The server.
        database: The database of this test.
        handmade: The deployment, with the DSN set.
    """

    server: PostgresServer
    database: str
    handmade: Handmade

    @property
    def settings(self) -> Settings:
        return self.handmade.settings

    def ask(self, query: str, user: str = READER) -> list[tuple[Any, ...]]:
        """What a reader of PostgreSQL gets; the views are found without their schema."""
        with self.connect(user) as connection:
            return connection.execute(query.encode()).fetchall()

    def use(self, **changed: object) -> None:
        """Go on with other settings."""
        self.handmade.settings = self.settings.model_copy(update=changed)

    def admin(self, query: str) -> list[tuple[Any, ...]]:
        """What an administrator gets."""
        with self.server.connect(self.database) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def connect(self, user: str = READER) -> psycopg.Connection[tuple[Any, ...]]:
        connection = self.server.connect(self.database, user)
        connection.execute("set search_path = creditloop")
        return connection

    def require_equal_sinks(self) -> None:
        """Every table holds the same rows in both sinks, column for column."""
        for view in VIEWS:
            columns = self.handmade.ask(f"select column_name from (describe from {view})")
            names = ", ".join(f'"{name}"' for (name,) in columns)
            query = f"select {names} from {view}"
            assert _sorted(self.ask(query)) == _sorted(self.handmade.ask(query)), view


def prepare_database(server: PostgresServer, database: str) -> None:
    """An empty database, set up as the documentation says."""
    with server.connect() as connection:
        connection.execute(f"create database {database}".encode())
    with server.connect(database) as connection:
        connection.execute(ROLES.read_bytes())
        connection.execute(f"alter role {WRITER} password '{PASSWORD}'".encode())
        connection.execute(f"alter role {READER} login".encode())


def empty_database(server: PostgresServer, database: str) -> None:
    """Both schemas as the documentation makes them."""
    with server.connect(database) as connection:
        connection.execute("drop schema creditloop, creditloop_store cascade")
        connection.execute(ROLES.read_bytes())


def _sorted(rows: Sequence[Sequence[Any]]) -> list[str]:
    return sorted(repr(tuple(_plain(value) for value in row)) for row in rows)


def _plain(value: object) -> object:
    return [_plain(each) for each in value] if isinstance(value, list) else value
