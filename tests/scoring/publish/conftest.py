from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scoring.settings import Settings, load_settings
from tests.conftest import TEST_KEY
from tests.scoring.publish.handmade import FIRST, Handmade

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer
    from tests.scoring.publish.in_postgres import InPostgres


@pytest.fixture
def handmade(settings: Settings) -> Handmade:
    """A deployment with three known users and no consents feed."""
    deployment = Handmade(settings)
    deployment.land_users(FIRST, [1, 2, 3])
    return deployment


@pytest.fixture(scope="session")
def published_database(postgres_server: PostgresServer) -> str:
    """A database that is published to; a new one for each test would cost a thousand files."""
    from tests.scoring.publish.in_postgres import prepare_database  # noqa: PLC0415

    prepare_database(postgres_server, "published")
    return "published"


@pytest.fixture
def in_postgres(
    settings: Settings, postgres_server: PostgresServer, published_database: str
) -> InPostgres:
    """The same with a PostgreSQL database that is published to as well."""
    from tests.scoring.publish.in_postgres import InPostgres, empty_database  # noqa: PLC0415

    database = published_database
    empty_database(postgres_server, database)
    both = load_settings(
        home=settings.home, identity_key=TEST_KEY, postgres_dsn=postgres_server.dsn(database)
    )
    deployment = Handmade(both)
    deployment.land_users(FIRST, [1, 2, 3])
    return InPostgres(postgres_server, database, deployment)
