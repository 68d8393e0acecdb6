"""The immutable Parquet files of a night."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from scoring.publish.changes_query import changes_query
from scoring.publish.columns import (
    CHANGES,
    CONSENTED,
    CONTENT,
    POINTS,
    REASONS,
    SCORES,
    complete_columns,
)
from scoring.publish.consent import CONSENTED_TABLE, Consent
from scoring.publish.files import aside, settle
from scoring.publish.manifest import PublishedFile
from scoring.settings import Settings
from scoring.warehouse.content_hash import content_hash
from scoring.warehouse.sql import quote_identifier, quote_literal

_SOURCES = {
    SCORES: "scores.scores",
    POINTS: "scores.score_points",
    REASONS: "scores.score_reasons",
}


class NightWriter:
    """Writes the files of one night, re-using what is already there with the same content.

    Args:
        connection: The build warehouse, with the temporary tables of ``read_consent``.
        settings: The deployment.
        consent: Whose rows may be written.
        generation: The generation being made.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: Settings,
        consent: Consent,
        generation: int,
    ) -> None:
        self._connection = connection
        self._folder = settings.published
        self._consent = consent
        self._generation = generation

    def write_night(
        self, table: str, as_of_date: date, known_on: date, published: PublishedFile | None
    ) -> PublishedFile:
        """Write what the warehouse holds of a night; consent then and now are both needed."""
        columns = dict(CONTENT[table])
        expressions = _cast(columns)
        if table == SCORES:
            expressions += [
                "code_version::varchar as code_version",
                f"{self._generation}::bigint as published_at_generation",
            ]
        query = f"""
            select {", ".join(expressions)}
            from {_SOURCES[table]}
            where as_of_date = date '{as_of_date}' and known_on = date '{known_on}'
                and user_key in (
                    select user_key from scores.scores
                    where as_of_date = date '{as_of_date}' and known_on = date '{known_on}'
                        and score_status <> 'no_consent'
                )
                and {self._consent.condition()}
        """
        return self._write(table, as_of_date, known_on, query, published)

    def write_changes(
        self, scores: PublishedFile, previous: PublishedFile | None, published: PublishedFile | None
    ) -> PublishedFile:
        """Write how the scores of a night differ from those of the night before it, and why.

        The causes are those that the step ``score`` found for these two readings. Where it found
        none, or for other scores than these, the difference stays undivided.
        """
        before = (
            f"from {self.read(previous)}" if previous else f"from {self.read(scores)} where false"
        )
        query = changes_query(f"from {self.read(scores)}", before, scores, previous)
        wrapped = (
            f"select {', '.join(_cast(dict(CONTENT[CHANGES])))} from ({query}) "
            f"where {self._consent.condition()}"
        )
        return self._write(CHANGES, scores.as_of_date, scores.known_on, wrapped, published)

    def write_consented(self, known_on: date, query: str = "") -> PublishedFile:
        """Write the keys of all users who may be shown."""
        query = query or f"select user_key::bigint as user_key from {CONSENTED_TABLE}"
        return self._write(CONSENTED, known_on, known_on, query, None)

    def read(self, file: PublishedFile) -> str:
        """SQL that reads one published file."""
        return f"read_parquet({quote_literal(str(self._folder / file.file))})"

    def _write(
        self,
        table: str,
        as_of_date: date,
        known_on: date,
        query: str,
        published: PublishedFile | None,
    ) -> PublishedFile:
        columns = list(CONTENT[table])
        count, text = content_hash(self._connection, f"({query})", columns)
        if published is not None and self._holds(published, columns, text):
            return published
        place = "" if table == CONSENTED else f"/as_of_date={as_of_date}/known_on={known_on}"
        name = f"{table}{place}/{text}.parquet"
        file = PublishedFile(table, as_of_date, known_on, name, text, count)
        if not (self._is_named(name) and self._is_whole(file, columns)):
            self._copy(query, self._folder / name)
        return file

    def _holds(self, published: PublishedFile, columns: list[str], text: str) -> bool:
        """Whether a published file shows just this once consent as known now is applied."""
        if published.content_hash == text:
            return self._is_whole(published, columns)
        rows = complete_columns(published.table_name, f"from {self.read(published)}")
        shown = f"(select * from ({rows}) where {self._consent.condition()})"
        return self._consent.is_asked and self._hash_of_file(shown, columns) == text

    def _is_whole(self, file: PublishedFile, columns: list[str]) -> bool:
        """Whether a file on disk still is what was written; it costs a reading of one night."""
        rows = complete_columns(file.table_name, f"from {self.read(file)}")
        return self._hash_of_file(f"({rows})", columns) == file.content_hash

    def _hash_of_file(self, relation: str, columns: list[str]) -> str | None:
        try:
            return content_hash(self._connection, relation, columns)[1]
        except duckdb.Error:  # its text quotes the file; what it was is known without it
            return None

    def _is_named(self, name: str) -> bool:
        """Whether a generation names this file; one that none names may be a killed run's."""
        row = self._connection.execute(
            "select exists (select 1 from ops.generation_nights where file = ?)", [name]
        ).fetchone()
        return row is not None and bool(row[0]) and (self._folder / name).is_file()

    def _copy(self, query: str, target: Path) -> None:
        written = aside(target)
        order = (
            "user_key, reason_rank" if target.is_relative_to(self._folder / REASONS) else "user_key"
        )
        self._connection.execute(
            f"copy ({query} order by {order}) to {quote_literal(str(written))} "
            "(format parquet, compression zstd)"
        )
        settle(written, target)


def _cast(columns: dict[str, str]) -> list[str]:
    return [
        f"{quote_identifier(name)}::{kind} as {quote_identifier(name)}"
        for name, kind in columns.items()
    ]
