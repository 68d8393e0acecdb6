"""PostgreSQL beside the published file, where its programs are installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from scoring.errors import ConfigurationError
from tests.postgres_server import READER, start_server
from tests.scoring.publish.in_postgres import prepare_database


@dataclass(frozen=True)
class Sink:
    """A database.

    Attributes:
        writer: DSN of the pipeline.
        reader: DSN of a reader.
    """

    writer: SecretStr
    reader: str


@contextmanager
def postgres_sink() -> Iterator[Sink | None]:
    """A server with an empty database, gone afterwards; None where it is not installed."""
    try:
        server = start_server()
    except ConfigurationError as error:
        print(f"without PostgreSQL: {error}", flush=True)
        yield None
        return
    try:
        prepare_database(server, "published")
        reader = f"host={server.local.socket} dbname=published user={READER}"
        yield Sink(SecretStr(server.dsn("published")), reader)
    finally:
        server.remove()
