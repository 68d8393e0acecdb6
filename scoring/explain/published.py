"""The few queries that an explanation makes of ``published/creditloop.duckdb``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from scoring.errors import PermanentError
from scoring.explain.explanation import PointLine, Reason
from scoring.settings import Settings

_POINTS_PREFIX = "points_"
_FIRST_NIGHT = "Run a night first: creditloop nightly --date YYYY-MM-DD"
_NOT_A_DIMENSION = ("points_base", "points_clipped")


@dataclass(frozen=True)
class PublishedNights:
    """The generation, and the newest night it shows."""

    generation: int
    newest: date


@dataclass(frozen=True)
class PublishedScore:
    """One row of the published ``scores``, with its band; ``points`` is by dimension."""

    user_key: int
    as_of_date: date
    known_on: date
    card_id: str
    score: int | None
    score_status: str
    score_status_reason: str | None
    band_code: str | None
    band_title_zh: str | None
    band_title_en: str | None
    points_base: int | None
    points_clipped: int | None
    points: dict[str, int]
    months_on_book: int | None
    evidence_days: int | None
    score_low: int | None = None
    score_high: int | None = None
    evidence_strength: str | None = None


@contextmanager
def open_published(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open what readers see, read-only.

    Raises:
        PermanentError: Nothing is published, or the file cannot be read.
    """
    path = settings.published / "creditloop.duckdb"
    if not path.exists():
        raise _not_readable("a publication", "none", _FIRST_NIGHT)
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise _not_readable(
            "a readable DuckDB file",
            type(error).__name__,
            "Return to a kept one: creditloop rollback",
        ) from error
    try:
        yield connection
    finally:
        connection.close()


def read_newest(connection: duckdb.DuckDBPyConnection) -> PublishedNights:
    """The generation, and the newest night it shows.

    Raises:
        PermanentError: It shows none.
    """
    rows = connection.execute(
        """
        select publication.generation, max(scores_latest.as_of_date) as newest
        from publication
        cross join scores_latest
        group by publication.generation
        """
    ).fetchall()
    if not rows:
        raise _not_readable("a published night", "none", _FIRST_NIGHT)
    ((generation, newest),) = rows
    return PublishedNights(int(generation), newest)


def is_published(connection: duckdb.DuckDBPyConnection, as_of_date: date) -> bool:
    """Whether ``scores`` shows anybody on that night."""
    ((found,),) = connection.execute(
        "select exists (select 1 from scores where as_of_date = ?)", [as_of_date]
    ).fetchall()
    return bool(found)


def read_score(
    connection: duckdb.DuckDBPyConnection, as_of_date: date, user_key: int
) -> PublishedScore | None:
    """The current reading of one user's night; None where there is no row."""
    cursor = connection.execute(
        """
        select scores.*, bands.title_zh as band_title_zh, bands.title_en as band_title_en
        from scores
        left join score_bands as bands
            on scores.band_code = bands.band_code
            and bands.valid_from <= scores.as_of_date
            and (bands.valid_to is null or scores.as_of_date < bands.valid_to)
        where scores.user_key = ? and scores.as_of_date = ?
        """,
        [user_key, as_of_date],
    )
    names = [column[0] for column in cursor.description or []]
    found = cursor.fetchone()
    if found is None:
        return None
    row = dict(zip(names, found, strict=True))
    fields = {name: row[name] for name in PublishedScore.__dataclass_fields__ if name in row}
    points = {
        name.removeprefix(_POINTS_PREFIX): int(value)
        for name, value in row.items()
        if name.startswith(_POINTS_PREFIX) and name not in _NOT_A_DIMENSION and value is not None
    }
    return PublishedScore(**fields, points=points)


def read_lines(
    connection: duckdb.DuckDBPyConnection, score: PublishedScore
) -> list[tuple[str, PointLine]]:
    """Dimension and points of every feature, the most points first, then by name."""
    rows = connection.execute(
        """
        select
            catalog.dimension,
            score_points.feature_name,
            catalog.title_zh,
            catalog.title_en,
            catalog.unit,
            score_points.value,
            score_points.bin,
            score_points.points,
        from score_points
        left join feature_catalog as catalog using (feature_name)
        where score_points.user_key = ?
            and score_points.as_of_date = ?
            and score_points.known_on = ?
        order by score_points.points desc, score_points.feature_name
        """,
        [score.user_key, score.as_of_date, score.known_on],
    ).fetchall()
    return [
        (
            dimension or "uncatalogued",
            PointLine(
                feature_name=feature_name,
                title_zh=title_zh or feature_name,
                title_en=title_en or feature_name,
                unit=unit or "",
                value=value,
                bin=label,
                points=points,
            ),
        )
        for dimension, feature_name, title_zh, title_en, unit, value, label, points in rows
    ]


def read_reasons(
    connection: duckdb.DuckDBPyConnection, score: PublishedScore
) -> tuple[Reason, ...]:
    """What cost the most points, in words, by rank."""
    names = tuple(Reason.model_fields)
    rows = connection.execute(
        f"""
        select {", ".join(names)}
        from score_reasons
        where user_key = ? and as_of_date = ? and known_on = ?
        order by reason_rank
        """,
        [score.user_key, score.as_of_date, score.known_on],
    ).fetchall()
    return tuple(Reason(**dict(zip(names, row, strict=True))) for row in rows)


def _not_readable(expected: str, got: str, next_step: str) -> PermanentError:
    return PermanentError(
        "explanation refused",
        subject="published/creditloop.duckdb",
        expected=expected,
        got=got,
        next_step=next_step,
    )
