"""Letting old generations go, and the files that only they named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from scoring.clock import utc_now
from scoring.publish.columns import CONTENT
from scoring.publish.published import GENERATIONS_FOLDER, generation_file
from scoring.publish.registry import change_state
from scoring.settings import Settings


def sweep(connection: duckdb.DuckDBPyConnection, settings: Settings) -> int:
    """Expire generations beyond ``generations_kept`` and delete files nobody can need.

    A file goes once no kept generation names it and every other one that did stopped being kept
    ``reader_grace_days`` ago; a file that no generation ever named (a killed run's) once it is
    that old. Runs under the writer lock, so no other run has files in the making.

    Returns:
        Files deleted.
    """
    limit = utc_now() - timedelta(days=settings.reader_grace_days)
    _expire(connection, settings)
    connection.execute(
        """
        delete from ops.generation_nights
        where generation in (
            select generation
            from ops.generations
            inner join ops.generation_changes using (generation)
            where generations.state in ('withdrawn', 'expired')
            group by generation
            having max(changed_at) <= ?
        )
        """,
        [limit],
    )
    named = {
        str(name)
        for (name,) in connection.execute(
            "select distinct file from ops.generation_nights"
        ).fetchall()
    }
    gone = sweep_unfinished(settings)
    gone += [
        path
        for path in _night_files(settings)
        if str(path.relative_to(settings.published)) not in named
        and _modified_at(path) <= limit
        and _delete(path)
    ]
    gone += _sweep_generations(connection, settings, limit)
    return len(gone)


def sweep_unfinished(settings: Settings) -> list[Path]:
    """Delete what a killed run was still writing; under the writer lock, nobody else is.

    Returns:
        The files.
    """
    return [path for path in _files_in_the_making(settings) if _delete(path)]


def _expire(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    beyond = connection.execute(
        """
        select generation
        from ops.generations
        where state in ('current', 'kept')
        order by generation desc
        offset ?
        """,
        [settings.generations_kept],
    ).fetchall()
    for (generation,) in beyond:
        change_state(
            connection, "expired", "newer ones are kept", "generation = ?", generation, ["kept"]
        )


def _sweep_generations(
    connection: duckdb.DuckDBPyConnection, settings: Settings, limit: datetime
) -> list[Path]:
    """Delete expired generations at once, withdrawn and unknown ones after the grace."""
    states: dict[Path, str] = {
        generation_file(settings, generation): str(state)
        for generation, state in connection.execute(
            "select generation, state from ops.generations"
        ).fetchall()
    }
    gone = []
    for path in sorted((settings.published / GENERATIONS_FOLDER).glob("[0-9]*.duckdb")):
        state = states.get(path, "unknown")
        is_old = _modified_at(path) <= limit
        if state == "expired" or (state in ("withdrawn", "unknown") and is_old):
            _delete(path)
            gone.append(path)
    return gone


def _night_files(settings: Settings) -> list[Path]:
    # Here compacted months will stand beside the nights they replace.
    return [
        path for table in CONTENT for path in (settings.published / table).rglob("[!.]*.parquet")
    ]


def _files_in_the_making(settings: Settings) -> list[Path]:
    return [path for path in settings.published.rglob(".*") if path.is_file()]


def _delete(path: Path) -> bool:
    path.unlink(missing_ok=True)
    for folder in path.parents:
        if "=" not in folder.name or any(folder.iterdir()):
            break
        folder.rmdir()
    return True


def _modified_at(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
