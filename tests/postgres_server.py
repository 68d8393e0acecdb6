"""A PostgreSQL server of the tests' own: a real one, gone afterwards."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from scoring.local_postgres import LocalPostgres, find_programs

WRITER, READER, PASSWORD = "creditloop_writer", "creditloop_reader", "a secret of the tests"
"""The password has blanks, so that a DSN with it must be quoted rightly."""
OPTIONS = ("fsync=off", "full_page_writes=off", "max_connections=30")


@dataclass(frozen=True)
class PostgresServer:
    """One server, its roles' access and its databases.

    Attributes:
        local: The server.
        folder: Of everything it has.
    """

    local: LocalPostgres
    folder: Path

    def start(self) -> None:
        """Start it."""
        self.local.start(*OPTIONS)

    def stop(self) -> None:
        """Stop it."""
        self.local.stop()

    def connect(
        self, database: str = "postgres", user: str = "postgres"
    ) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of a user who needs no password."""
        return psycopg.connect(
            host=str(self.local.socket), dbname=database, user=user, autocommit=True
        )

    def dsn(self, database: str, password: str = PASSWORD) -> str:
        """What the writer connects with."""
        socket = self.local.socket
        return f"host={socket} dbname={database} user={WRITER} password='{password}'"

    def remove(self) -> None:
        """Stop it as if the power had gone, and delete what it had."""
        self.local.stop("immediate")
        shutil.rmtree(self.folder)


def start_server() -> PostgresServer:
    """A running server in a folder whose path is short enough for a socket.

    Raises:
        ConfigurationError: PostgreSQL is not installed.
    """
    programs = find_programs()
    folder = Path(tempfile.mkdtemp(prefix="creditloop-", dir="/tmp"))
    local = LocalPostgres(programs, folder / "data", folder / "socket", folder / "log")
    local.own(folder)
    local.create()
    access = local.data / "pg_hba.conf"
    access.write_text(f"local all {WRITER} scram-sha-256\nlocal all all trust\n", encoding="utf-8")
    server = PostgresServer(local, folder)
    server.start()
    return server
