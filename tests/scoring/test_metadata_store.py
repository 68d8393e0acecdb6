"""Airflow's metadata in a PostgreSQL server of the deployment's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy

from scoring.errors import ConfigurationError
from scoring.local_postgres import LocalPostgres, find_programs
from scoring.metadata_store import (
    ASYNC_CONNECTION,
    CONNECTION,
    create_metadata_server,
    metadata_environment,
    running_metadata_server,
)
from scoring.orchestration import airflow_environment
from scoring.settings import Settings, load_settings


@pytest.fixture
def reachable(postgres_server: object) -> Iterator[Settings]:
    """A deployment whose folder the user ``postgres`` can reach, which pytest's own are not."""
    home = Path("/tmp") / f"creditloop-metadata-{id(postgres_server)}"
    home.mkdir()
    yield load_settings(home=home)
    shutil.rmtree(home)


def test_server_is_made_once_and_runs_for_the_block(reachable: Settings) -> None:
    assert CONNECTION not in airflow_environment(reachable)
    create_metadata_server(reachable)
    create_metadata_server(reachable)
    environment = airflow_environment(reachable)
    assert environment[CONNECTION].startswith("postgresql+psycopg://postgres@/airflow?host=")
    assert environment[ASYNC_CONNECTION].startswith("postgresql+psycopg_async://")
    engine = sqlalchemy.create_engine(environment[CONNECTION])
    with running_metadata_server(reachable):
        with running_metadata_server(reachable):  # another command of the same deployment
            pass
        with engine.connect() as connection:
            query = sqlalchemy.text("select current_database()")
            assert connection.execute(query).scalar_one() == "airflow"
        engine.dispose()
    with pytest.raises(sqlalchemy.exc.OperationalError), engine.connect():
        pass


def test_own_metadata_store_wins(reachable: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    create_metadata_server(reachable)
    monkeypatch.setenv(CONNECTION, "postgresql+psycopg://airflow@db/airflow")
    environment = airflow_environment(reachable)
    assert environment[CONNECTION] == "postgresql+psycopg://airflow@db/airflow"
    assert ASYNC_CONNECTION not in environment


def test_machine_without_postgresql_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr("scoring.local_postgres._PLACES", ())
    monkeypatch.setenv("PATH", "/nowhere")
    message = (
        r"expected the programs initdb and pg_ctl of PostgreSQL 14 or later, got none\. "
        r"Install it \(Debian, Ubuntu: apt-get install postgresql\)"
    )
    with pytest.raises(ConfigurationError, match=message):
        create_metadata_server(settings)
    assert metadata_environment(settings) == {}


def test_server_that_does_not_start_names_its_log(reachable: Settings) -> None:
    data = reachable.root / "no data"
    server = LocalPostgres(find_programs(), data, reachable.root / "s", reachable.root / "log")
    with pytest.raises(Exception, match=r"got exit code \d+\. Read .*postgres\.out"):
        server.start()
