"""The views that readers of PostgreSQL see: always exactly the current generation.

They are made once. What they show is decided by one row, ``current_generation``, so that a switch
is an update of that row: a statement (or a whole transaction, if it is REPEATABLE READ) sees one
generation, whenever it began, and no lock is asked of any reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scoring.publish.columns import (
    ADDED_SCORE_COLUMNS,
    CHANGE_COLUMNS,
    CHANGES,
    CONSENTED,
    ORIGIN_COLUMNS,
    POINTS,
    REASON_COLUMNS,
    REASONS,
    SCORE_COLUMNS,
    SCORES,
)
from scoring.publish.postgres.names import CURRENT, FILES, GENERATION_FILES, GENERATION_KEY, Names
from scoring.publish.postgres.tables import GENERATION_TABLES, Columns
from scoring.publish.published import FILES_TABLE
from scoring.warehouse.sql import quote_identifier

_NIGHT = ("user_key", "as_of_date", "known_on")
_PARTS = ("feature_name", "value", "bin", "points")
_LISTS = "nights.feature_names, nights.feature_values, nights.bins, nights.points"


def reader_views(names: Names, columns: Mapping[str, Columns]) -> Mapping[str, str]:
    """View name -> its query.

    Args:
        names: Where the tables stand.
        columns: Columns of the tables that are kept per generation, in their order there.
    """
    views = _NightViews(names)
    before = [name for name in SCORE_COLUMNS if name not in ADDED_SCORE_COLUMNS]
    history = [*_of("nights", (*before, *ORIGIN_COLUMNS)), "files.is_current"]
    unnested = f"cross join lateral unnest({_LISTS}) as parts ({_list(_PARTS)})"
    return {
        "scores": views.query(SCORES, _of("nights", SCORE_COLUMNS), "files.is_current"),
        "scores_history": views.query(SCORES, [*history, *_of("nights", ADDED_SCORE_COLUMNS)]),
        "score_points": views.query(
            POINTS, [*_of("nights", _NIGHT), *_of("parts", _PARTS)], joined=unnested
        ),
        "score_reasons": views.query(REASONS, _of("nights", REASON_COLUMNS)),
        "score_changes": views.query(CHANGES, _of("nights", CHANGE_COLUMNS)),
        FILES_TABLE: f"""
            select files.publication_order, stored.table_name, files.as_of_date, files.known_on,
                stored.file, stored.content_hash, stored.row_count, files.is_current
            from {names.table(GENERATION_FILES)} as files
            inner join {names.table(FILES)} as stored on stored.file_id = files.file_id
            where files.generation = {views.current}
        """,
        **{
            table: f"select {_list(columns[table])} from {names.table(table)} "
            f"where {GENERATION_KEY} = {views.current}"
            for table in GENERATION_TABLES
        },
    }


class _NightViews:
    """Queries over the rows of exactly those files that the current generation names."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.current = f"(select generation from {names.table(CURRENT)})"
        self._is_asked = f"(select is_consent_asked from {names.table(CURRENT)})"

    def query(
        self, table: str, columns: list[str], condition: str = "true", *, joined: str = ""
    ) -> str:
        """Two branches of which one is never begun: whether consent is asked is known at once."""
        shown = f"""
            select {", ".join(columns)}
            from {self._names.table(table)} as nights
            inner join {self._names.table(GENERATION_FILES)} as files
                on files.file_id = nights.file_id and files.as_of_date = nights.as_of_date
            {joined}
            where files.generation = {self.current} and {condition}
        """
        consented = f"""
            nights.user_key in (
                select user_key from {self._names.table(CONSENTED)}
                where {GENERATION_KEY} = {self.current}
            )
        """
        return (
            f"{shown} and not {self._is_asked} union all {shown} and {self._is_asked} "
            f"and {consented}"
        )


def _of(table: str, columns: Iterable[str]) -> list[str]:
    return [f"{table}.{quote_identifier(name)}" for name in columns]


def _list(columns: Iterable[str]) -> str:
    return ", ".join(quote_identifier(name) for name in columns)
