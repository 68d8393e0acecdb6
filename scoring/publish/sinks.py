"""Every sink shows one generation: PostgreSQL switches first, the file readers open last.

The file is the truth: what a run that died between two switches leaves apart, the next one brings
in line with it. Without ``CREDITLOOP_POSTGRES_DSN`` the file is the only sink.
"""

from __future__ import annotations

import logging
from importlib.util import find_spec

import duckdb

from scoring.errors import ConfigurationError, CreditloopError, TransientError
from scoring.publish.published import Publication
from scoring.publish.registry import switch_readers
from scoring.settings import Settings

log = logging.getLogger(__name__)

POSTGRES = "PostgreSQL"


def catch_up(
    connection: duckdb.DuckDBPyConnection, settings: Settings, shown: Publication | None
) -> int:
    """Bring the other sinks in line with the file readers see.

    Returns:
        The highest generation another sink ever showed; 0 if there is none.

    Raises:
        TransientError: A sink cannot be reached; nothing was changed.
        ConfigurationError: Its settings or its roles are wrong.
    """
    if not has_postgres(settings):
        return 0
    from scoring.publish.postgres import sink  # noqa: PLC0415 - only where it is used

    return sink.catch_up(connection, settings, shown)


def switch_all(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    publication: Publication,
    before: Publication | None,
) -> None:
    """Show a finished generation in every sink, or in none.

    Args:
        connection: The warehouse.
        settings: The deployment.
        publication: The generation.
        before: The one shown until now, which the other sinks return to if the file cannot switch.

    Raises:
        CreditloopError: A sink refused; all show what they did before.
    """
    if not has_postgres(settings):
        switch_readers(settings, publication)
        return
    from scoring.publish.postgres import sink  # noqa: PLC0415 - only where it is used

    sink.show(connection, settings, publication)
    try:
        switch_readers(settings, publication)
    except OSError:
        if before is not None:
            sink.show(connection, settings, before)
        raise


def move_each(
    connection: duckdb.DuckDBPyConnection, settings: Settings, publication: Publication
) -> list[str]:
    """Show a generation in every sink that can: going back must not wait for the slowest.

    Returns:
        Why a sink did not move, one line each.
    """
    stuck = []
    if settings.postgres_dsn is not None:
        try:
            has_postgres(settings)
            from scoring.publish.postgres import sink  # noqa: PLC0415 - only where it is used

            sink.show(connection, settings, publication)
        except CreditloopError as error:
            stuck.append(f"{POSTGRES} ({error.got})")
    switch_readers(settings, publication)
    return stuck


def read_elsewhere(settings: Settings) -> dict[str, int | None]:
    """The generation each other sink shows; None where nothing was published.

    Raises:
        CreditloopError: A sink does not say.
    """
    if not has_postgres(settings):
        return {}
    from scoring.publish.postgres import sink  # noqa: PLC0415 - only where it is used

    return {POSTGRES: sink.read_generation(settings)}


def is_lagging(settings: Settings, generation: int) -> bool:
    """Whether another sink shows another generation than this one.

    Raises:
        CreditloopError: A sink does not say.
    """
    return any(shown != generation for shown in read_elsewhere(settings).values())


def sweep_elsewhere(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Drop from the other sinks what no kept generation needs; what cannot go now goes later."""
    if not has_postgres(settings):
        return
    from scoring.publish.postgres import sink  # noqa: PLC0415 - only where it is used

    try:
        sink.sweep(connection, settings)
    except TransientError as error:
        log.warning("old generations stay in PostgreSQL until another night: %s", error)


def has_postgres(settings: Settings) -> bool:
    """Whether PostgreSQL is published to.

    Raises:
        ConfigurationError: It is, and its driver is not installed.
    """
    if settings.postgres_dsn is None:
        return False
    if find_spec("psycopg") is None:
        raise ConfigurationError(
            "PostgreSQL not written",
            subject="CREDITLOOP_POSTGRES_DSN",
            expected="the driver psycopg",
            got="an installation without it",
            next_step="Install creditloop[postgres], or remove the setting.",
        )
    return True
