"""What publishing, rollback and status ask of the PostgreSQL sink."""

from __future__ import annotations

import logging

import duckdb

from scoring.publish.databases import attached_base
from scoring.publish.postgres.connection import open_postgres
from scoring.publish.postgres.generations import (
    forget,
    is_loaded,
    load_generation,
    read_current,
    switch,
)
from scoring.publish.postgres.layout import ensure_layout, ensure_store, has_store
from scoring.publish.postgres.names import sink_names
from scoring.publish.postgres.nights import load_nights
from scoring.publish.postgres.tables import generation_columns
from scoring.publish.published import Publication, generation_file
from scoring.settings import Settings

log = logging.getLogger(__name__)


def show(source: duckdb.DuckDBPyConnection, settings: Settings, publication: Publication) -> None:
    """Let readers of PostgreSQL see a generation whose file is complete; loads what is missing.

    Args:
        source: The warehouse; no generation is attached to it.
        settings: The deployment.
        publication: The generation.

    Raises:
        CreditloopError: It could not be done; readers see what they saw before.
    """
    names = sink_names(settings)
    with open_postgres(settings) as pg:
        ensure_store(pg, settings, names)
        if not is_loaded(pg, names, publication):
            with attached_base(source, generation_file(settings, publication.generation)):
                columns = generation_columns(source)
                ensure_layout(pg, names, columns)
                count = load_nights(source, pg, settings, names, publication.manifest)
                load_generation(source, pg, settings, names, publication, columns)
            log.info("PostgreSQL: generation %d loaded, %d files", publication.generation, count)
        switch(pg, names, publication)


def catch_up(
    source: duckdb.DuckDBPyConnection, settings: Settings, shown: Publication | None
) -> int:
    """Bring PostgreSQL in line with the file readers see, which is the truth.

    What a run that died has left there is forgotten: its files may be written anew.

    Returns:
        The highest generation PostgreSQL ever showed; 0 if none.

    Raises:
        CreditloopError: It could not be done.
    """
    names = sink_names(settings)
    with open_postgres(settings) as pg:
        ensure_store(pg, settings, names)
        current, highest = read_current(pg, names)
        is_behind = shown is not None and (
            current != shown.generation or not is_loaded(pg, names, shown)
        )
    if shown is not None and is_behind:
        _forget(source, settings)
        show(source, settings, shown)
    _forget(source, settings)
    return highest


def sweep(source: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Drop what no generation needs that rollback can return to.

    Raises:
        CreditloopError: It could not be done.
    """
    _forget(source, settings)


def read_generation(settings: Settings) -> int | None:
    """The generation readers of PostgreSQL see; None if nothing was published there.

    Raises:
        CreditloopError: The server does not say.
    """
    names = sink_names(settings)
    with open_postgres(settings) as pg:
        return read_current(pg, names)[0] if has_store(pg, names) else None


def _forget(source: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    kept = source.execute(
        "select generation from ops.generations where state in ('current', 'kept')"
    ).fetchall()
    named = source.execute("select distinct file from ops.generation_nights").fetchall()
    names = sink_names(settings)
    with open_postgres(settings) as pg:
        forget(pg, names, [int(row[0]) for row in kept], [str(row[0]) for row in named])
