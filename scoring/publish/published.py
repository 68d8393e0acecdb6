"""Reading what is published: the file readers open tells the truth about itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from scoring.errors import PermanentError
from scoring.publish.columns import SCORE_COLUMNS
from scoring.publish.files import aside, link_or_copy
from scoring.publish.manifest import Manifest, PublishedFile
from scoring.settings import Settings
from scoring.warehouse.content_hash import content_hash

PUBLISHED_NAME = "creditloop.duckdb"
CURRENT_NAME = "CURRENT.json"
GENERATIONS_FOLDER = "generations"
FILES_TABLE = "publication_files"

_HASHED_VIEWS = {
    "scores": tuple(SCORE_COLUMNS),
    "score_points": (
        "user_key", "as_of_date", "known_on", "feature_name", "value", "bin", "points",
    ),
    "score_reasons": (
        "user_key", "as_of_date", "known_on", "reason_rank", "feature_name", "dimension",
        "points", "points_lost", "reason_code", "reason_zh", "reason_en",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Publication:
    """What one generation says of itself.

    Attributes:
        generation: Its number; never used twice.
        run_id: The run that made it.
        as_of_date: The night it brought.
        known_on: What that night was computed with.
        content_hash: Equal for two generations that show the same.
        manifest: The files it names.
    """

    generation: int
    run_id: str
    as_of_date: date
    known_on: date
    content_hash: str
    manifest: Manifest


def published_file(settings: Settings) -> Path:
    """The file readers open."""
    return settings.published / PUBLISHED_NAME


def generation_file(settings: Settings, generation: int) -> Path:
    """The file of one generation."""
    return settings.published / GENERATIONS_FOLDER / f"{generation:06d}.duckdb"


def read_published(settings: Settings) -> Publication | None:
    """The generation readers see now; None where nothing was published.

    Raises:
        PermanentError: The file is there and cannot be read.
    """
    name = published_file(settings)
    if not name.exists():
        return None
    # DuckDB gives every connection of a process the same open file per path, an old one too if
    # somebody still holds it: only a fresh name is sure to be what the path means now.
    fresh = aside(generation_file(settings, 0))
    link_or_copy(name, fresh)
    try:
        return read_generation(fresh)
    finally:
        fresh.unlink()


def read_generation(path: Path) -> Publication:
    """What the generation in ``path`` says of itself.

    Raises:
        PermanentError: The file cannot be read.
    """
    try:
        with _open_read_only(path) as connection:
            (row,) = connection.execute(
                "select generation, run_id, as_of_date, known_on, content_hash from publication"
            ).fetchall()
            files = connection.execute(
                f"select {', '.join(PublishedFile.__dataclass_fields__)} "
                f"from {FILES_TABLE} order by publication_order"
            ).fetchall()
    except (duckdb.Error, ValueError) as error:
        raise PermanentError(
            "published file not read",
            subject=PUBLISHED_NAME,
            expected="a file written by creditloop",
            got=type(error).__name__,
            next_step="Run `creditloop rollback`, then publish the night again; without an earlier "
            "generation move published/ away and publish every night again.",
        ) from error
    generation, run_id, as_of_date, known_on, text = row
    manifest = Manifest(tuple(PublishedFile(*values) for values in files))
    return Publication(int(generation), str(run_id), as_of_date, known_on, str(text), manifest)


def published_content_hash(settings: Settings) -> str:
    """Hash of every score, point and reason readers see; runs, paths and times stay out.

    Reads all published nights: for tests and audits, not for every night.

    Raises:
        PermanentError: Nothing is published.
    """
    if not published_file(settings).exists():
        raise PermanentError(
            "content hash not computed",
            subject=PUBLISHED_NAME,
            expected="a publication",
            got="none",
            next_step="Run `creditloop nightly --date D`.",
        )
    with _open_read_only(published_file(settings)) as connection:
        parts = [
            f"{view} {content_hash(connection, view, columns)[1]}"
            for view, columns in _HASHED_VIEWS.items()
        ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


@contextmanager
def _open_read_only(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(str(path), read_only=True)
    try:
        yield connection
    finally:
        connection.close()
