"""Airflow's own database in a PostgreSQL server of the deployment (``make airflow-postgres``).

SQLite does for one night at a time (``airflow dags test``); a scheduler that backfills needs this.
Once it was made, every Airflow command of the deployment uses it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from scoring.errors import ConfigurationError
from scoring.local_postgres import SOCKET_ROOM, LocalPostgres, find_programs
from scoring.settings import Settings

DATABASE = "airflow"
CONNECTION = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
ASYNC_CONNECTION = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"


def has_metadata_server(settings: Settings) -> bool:
    """Whether this deployment's metadata are in a server of its own."""
    return (_data_folder(settings) / "PG_VERSION").is_file()


def metadata_environment(settings: Settings) -> dict[str, str]:
    """What Airflow must know to use the server; nothing where there is none.

    One driver, psycopg 3, serves both of Airflow's connections.
    """
    if not has_metadata_server(settings):
        return {}
    place = f"postgres@/{DATABASE}?host={_socket_folder(settings)}"
    return {
        CONNECTION: f"postgresql+psycopg://{place}",
        ASYNC_CONNECTION: f"postgresql+psycopg_async://{place}",
    }


def create_metadata_server(settings: Settings) -> None:
    """Make the server and its database; does nothing if it is there.

    Raises:
        ConfigurationError: PostgreSQL or its driver is not installed; nothing is installed here.
        PermanentError: The server refuses its folders.
    """
    if find_spec("psycopg") is None:
        raise ConfigurationError(
            "metadata store not made",
            subject="Airflow",
            expected="the driver psycopg",
            got="an installation without it",
            next_step="Install creditloop[postgres] (`make setup` has it).",
        )
    programs = find_programs()
    if has_metadata_server(settings):
        return
    server = _server(settings, programs)
    server.data.parent.mkdir(parents=True, exist_ok=True)
    server.own(server.data.parent)
    server.create()
    with running_metadata_server(settings):
        import psycopg  # noqa: PLC0415 - only where PostgreSQL is used

        with psycopg.connect(
            host=str(server.socket), user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f"create database {DATABASE}")


@contextmanager
def running_metadata_server(settings: Settings) -> Iterator[None]:
    """Have the server run for the block; one that another command started is left to that one.

    Raises:
        ConfigurationError: PostgreSQL is no longer installed.
        PermanentError: It does not start; its log says why.
    """
    if not has_metadata_server(settings):
        yield
        return
    server = _server(settings, find_programs())
    if server.is_running():
        yield
        return
    server.start()
    try:
        yield
    finally:
        server.stop()


def _data_folder(settings: Settings) -> Path:
    return settings.root / "airflow" / "postgres" / "data"


def _socket_folder(settings: Settings) -> Path:
    """In the home if the path is short enough for a socket, else a folder of its own in /tmp."""
    folder = settings.root / "airflow" / "postgres" / "socket"
    if len(os.fsencode(folder)) <= SOCKET_ROOM:
        return folder
    name = hashlib.sha256(os.fsencode(settings.root)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"creditloop-{os.geteuid()}-{name}"


def _server(settings: Settings, programs: Path) -> LocalPostgres:
    folder = _data_folder(settings).parent
    return LocalPostgres(
        programs, folder / "data", _socket_folder(settings), folder / "postgres.log"
    )
