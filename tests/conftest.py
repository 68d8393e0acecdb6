"""What every test relies on: no setting leaks in from the machine, and a home of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scoring.errors import ConfigurationError
from scoring.settings import PREFIX, Settings, load_settings

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

TEST_KEY = "test-key-that-is-long-enough-to-be-accepted"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of an empty deployment under the test's own folder."""
    return load_settings(home=tmp_path / "home", identity_key=TEST_KEY, landing_quiet_seconds=0)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this session's own."""
    if find_spec("psycopg") is None:
        pytest.skip("psycopg is not installed (the extra [postgres])")
    from tests.postgres_server import start_server  # noqa: PLC0415

    try:
        server = start_server()
    except ConfigurationError as error:
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.remove()
