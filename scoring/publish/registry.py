"""``ops.generations``: which generation is current, kept, withdrawn or expired.

The published file is the truth. A run killed after the switch leaves ``ops`` behind; the next run
reads what the file says of itself and catches up.
"""

from __future__ import annotations

import json
import logging
from dataclasses import astuple

import duckdb

from scoring.clock import utc_now
from scoring.publish.databases import insert_rows
from scoring.publish.files import link_or_copy, point_to, write_json
from scoring.publish.published import (
    CURRENT_NAME,
    GENERATIONS_FOLDER,
    Publication,
    generation_file,
    published_file,
    read_published,
)
from scoring.settings import Settings

log = logging.getLogger(__name__)


def switch_readers(settings: Settings, publication: Publication) -> None:
    """Show a finished generation to readers, from one instant to the next."""
    source = generation_file(settings, publication.generation)
    point_to(source, published_file(settings))
    write_current(settings, publication)


def write_current(settings: Settings, publication: Publication) -> None:
    """Write ``CURRENT.json``, for servers that follow the generation instead of the file."""
    source = generation_file(settings, publication.generation)
    write_json(
        settings.published / CURRENT_NAME,
        {
            "generation": publication.generation,
            "file": str(source.relative_to(settings.published)),
            "content_hash": publication.content_hash,
        },
    )


def read_current(settings: Settings) -> int | None:
    """The generation ``CURRENT.json`` names; None without a readable one."""
    try:
        content = json.loads((settings.published / CURRENT_NAME).read_text(encoding="utf-8"))
        return int(content["generation"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def record_current(
    connection: duckdb.DuckDBPyConnection, publication: Publication, reason: str
) -> None:
    """Record the published generation; later ones are withdrawn, earlier ones kept."""
    number = publication.generation
    connection.execute("begin")
    try:
        connection.execute(
            """
            insert into ops.generations values (?, ?, ?, ?, ?, 'building', ?)
            on conflict (generation) do update set content_hash = excluded.content_hash
            """,
            [
                number,
                publication.run_id,
                publication.as_of_date,
                publication.known_on,
                publication.content_hash,
                utc_now(),
            ],
        )
        change_state(connection, "withdrawn", reason, "generation > ?", number, ["current", "kept"])
        change_state(connection, "kept", reason, "generation < ?", number, ["current"])
        others = ["building", "kept", "withdrawn", "expired"]
        change_state(connection, "current", reason, "generation = ?", number, others)
        connection.execute("delete from ops.generation_nights where generation = ?", [number])
        rows = [(number, *astuple(file)) for file in publication.manifest.files]
        insert_rows(connection, "ops.generation_nights", rows)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise


def change_state(
    connection: duckdb.DuckDBPyConnection,
    state: str,
    reason: str,
    condition: str,
    number: int,
    from_states: list[str],
) -> None:
    """Move the generations that meet ``condition`` to ``state``, and note when and why."""
    changed = connection.execute(
        f"update ops.generations set state = ? where {condition} and state in (select unnest(?)) "
        "returning generation",
        [state, number, from_states],
    ).fetchall()
    for (generation,) in sorted(changed):
        connection.execute(
            "insert into ops.generation_changes values (?, ?, ?, ?)",
            [generation, state, reason, utc_now()],
        )


def reconcile(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Publication | None:
    """Bring ``ops`` and ``CURRENT.json`` in line with the file readers see.

    Returns:
        The generation readers see; None where nothing is published.

    Raises:
        PermanentError: The published file cannot be read.
    """
    publication = read_published(settings) or _restore(connection, settings)
    if publication is None:
        return None
    source = generation_file(settings, publication.generation)
    if not source.exists():
        link_or_copy(published_file(settings), source)
    if not _is_recorded(connection, publication):
        record_current(connection, publication, "found published by a run that did not end")
    if not _is_announced(settings, publication):
        write_current(settings, publication)
    return publication


def next_generation(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    base: Publication | None,
    highest_elsewhere: int = 0,
) -> int:
    """A number that no generation ever had, nor any other sink ever showed."""
    row = connection.execute("select coalesce(max(generation), 0) from ops.generations").fetchone()
    folder = settings.published / GENERATIONS_FOLDER
    on_disk = [int(path.stem) for path in folder.glob("[0-9]*.duckdb")]
    known = int(row[0]) if row else 0
    return 1 + max([known, base.generation if base else 0, highest_elsewhere, *on_disk])


def _restore(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Publication | None:
    """Deal with a published file that is gone although ``ops`` knows of one."""
    row = connection.execute(
        "select generation from ops.generations where state = 'current'"
    ).fetchone()
    if row is None:
        return None
    if generation_file(settings, row[0]).exists():
        log.warning("the published file was missing; generation %d is shown again", row[0])
        point_to(generation_file(settings, row[0]), published_file(settings))
        return read_published(settings)
    log.warning("the published folder was emptied; publishing starts anew")
    change_state(
        connection, "expired", "published folder emptied", "generation > ?", 0, ["current", "kept"]
    )
    return None


def _is_recorded(connection: duckdb.DuckDBPyConnection, publication: Publication) -> bool:
    current = connection.execute(
        "select generation, content_hash from ops.generations where state = 'current'"
    ).fetchall()
    nights = connection.execute(
        """
        select table_name, as_of_date, known_on, file, content_hash, row_count, is_current
        from ops.generation_nights
        where generation = ?
        """,
        [publication.generation],
    ).fetchall()
    files = {astuple(file) for file in publication.manifest.files}
    return current == [(publication.generation, publication.content_hash)] and set(nights) == files


def _is_announced(settings: Settings, publication: Publication) -> bool:
    return read_current(settings) == publication.generation
