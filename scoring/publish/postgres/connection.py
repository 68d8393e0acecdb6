"""Connections to PostgreSQL, and its errors in words that hold no secret and no row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from scoring.errors import ConfigurationError, CreditloopError, PermanentError, TransientError
from scoring.settings import Settings

Postgres = psycopg.Connection[tuple[Any, ...]]

SUBJECT = "CREDITLOOP_POSTGRES_DSN"
CONNECT_SECONDS = 10
LOCK_TIMEOUT = "10s"
ROLES_PAGE = "docs/postgres.md"

_SESSION = (
    "set search_path = ''",
    "set timezone = 'UTC'",
    "set client_encoding = 'UTF8'",
    "set statement_timeout = 0",
    "set idle_in_transaction_session_timeout = 0",
    f"set lock_timeout = '{LOCK_TIMEOUT}'",
)

_PASSING = {
    "53100": "no room on the server's disk",
    "53": "a server without free memory or connections",
    "57P03": "a server that is starting or stopping",
    "57P": "a server that ended the connection",
    "57014": "a cancelled statement",
    "58": "a server whose disk fails",
    "08": "a lost connection",
    "25006": "a server that only reads",
    "28": "a refused login",
    "3D": "no such database",
    "40": "a conflict with another transaction",
    "55P03": f"a table that another transaction held for {LOCK_TIMEOUT}",
}
"""What may be over, or be put right at the server, before the same command is repeated."""

_CONNECTING = {
    "authentication failed": "a refused login",
    "no password supplied": "a refused login",
    "no pg_hba.conf entry": "a refused login",
    "does not exist": "no such role or database",
    "starting up": "a server that is starting or stopping",
    "shutting down": "a server that is starting or stopping",
    "too many": "a server without free memory or connections",
}


@contextmanager
def open_postgres(settings: Settings) -> Iterator[Postgres]:
    """Connect for the length of the block; each statement commits itself outside a transaction.

    Raises:
        TransientError: The server is not there, refuses the login, or fails meanwhile.
        ConfigurationError: The DSN cannot be read, or the role lacks a right.
        PermanentError: The server refuses a statement.
    """
    with reported_errors():
        connection = _connect(settings)
        try:
            for statement in _SESSION:
                run(connection, statement)
            yield connection
        finally:
            connection.close()


@contextmanager
def reported_errors() -> Iterator[None]:
    """Turn PostgreSQL's errors into this project's; their own texts quote rows, so they stay out.

    Raises:
        CreditloopError: Instead of any ``psycopg.Error``.
    """
    try:
        yield
    except psycopg.Error as error:
        raise as_sink_error(error) from None


def as_sink_error(error: psycopg.Error) -> CreditloopError:
    """The error as a user should meet it."""
    state = error.sqlstate or ""
    if state == "42501":
        return _describe(
            ConfigurationError,
            "a role that owns its two schemas",
            "one that lacks a right",
            f"Set up the roles as {ROLES_PAGE} shows",
        )
    prefixes = sorted(_PASSING, key=len, reverse=True)
    passing = next((_PASSING[each] for each in prefixes if state.startswith(each)), None)
    if passing is None and not state and isinstance(error, psycopg.OperationalError):
        text = str(error)
        passing = next((said for part, said in _CONNECTING.items() if part in text), None)
        passing = passing or "no answer, or a lost connection"
    if passing is not None:
        return _describe(TransientError, "a server that takes it", passing, "Put it right or wait")
    return _describe(
        PermanentError,
        "statements that this server takes",
        f"error {state or type(error).__name__}",
        "Look it up in the server's log",
    )


def _describe(
    kind: type[CreditloopError], expected: str, got: str, next_step: str
) -> CreditloopError:
    return kind(
        "PostgreSQL not written",
        subject=SUBJECT,
        expected=expected,
        got=got,
        next_step=f"{next_step}, and repeat the command; what is published stands.",
    )


def _connect(settings: Settings) -> Postgres:
    if settings.postgres_dsn is None:
        raise _describe(ConfigurationError, "a connection string", "none", "Set it")
    try:
        return psycopg.connect(
            settings.postgres_dsn.get_secret_value(),
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="creditloop",
        )
    except (psycopg.ProgrammingError, ValueError):
        # The text quotes the DSN, password included.
        raise _describe(
            ConfigurationError,
            "a connection string as libpq takes it",
            "another text",
            "Write it like postgresql://writer@host/database",
        ) from None


def run(
    connection: Postgres, statement: str, values: Sequence[object] = ()
) -> psycopg.Cursor[tuple[Any, ...]]:
    """Execute one statement whose values are bound; without values, ``%`` is an ordinary sign."""
    return connection.execute(statement.encode(), values or None)
