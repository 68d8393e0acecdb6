"""``scores_latest``: carried from the previous generation, not re-read from all nights.

Its cost follows users, not history: the table readers see now, with the new night laid over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from scoring.nights import Night
from scoring.publish.columns import CONSENTED, SCORE_COLUMNS, SCORES, complete_columns
from scoring.publish.consent import CONSENTED_TABLE, Consent
from scoring.publish.databases import BASE, NEW
from scoring.publish.manifest import Manifest
from scoring.settings import Settings
from scoring.warehouse.sql import quote_literal

_COLUMNS = ", ".join(SCORE_COLUMNS)


@dataclass(frozen=True)
class LatestScores:
    """Builds ``scores_latest`` in the attached new generation.

    Attributes:
        connection: The warehouse, with both generations attached and ``read_consent`` done.
        settings: The deployment.
        nights: The nights being published.
        consent: Whose rows are shown.
        base: Files of the generation published now; None for the first one.
        manifest: Files of the new generation.
    """

    connection: duckdb.DuckDBPyConnection
    settings: Settings
    nights: Sequence[Night]
    consent: Consent
    base: Manifest | None
    manifest: Manifest

    def build(self) -> None:
        """Create the table: the newest row of each user. Grain user_key."""
        for name, query in (
            ("publish_night", self._night_query()),
            ("publish_carried", self._carried_query()),
        ):
            self.connection.execute(f"create or replace temp table {name} as {query}")
        self.connection.execute(
            f"""
            create table {NEW}.scores_latest as
            with candidates as (
                select {_COLUMNS} from publish_night
                union all
                select {_COLUMNS} from publish_carried
                union all
                {self._looked_up_query()}
            )

            select {_COLUMNS}
            from candidates
            qualify row_number() over (
                partition by user_key order by as_of_date desc, known_on desc
            ) = 1
            order by user_key
            """
        )

    def _night_query(self) -> str:
        """Rows of the new nights whose reading is the current one, of each user the newest."""
        nights = [self.manifest.current_scores(day) for day in sorted(self._current_days())]
        files = [file.file for file in nights if file is not None]
        if len(files) < 2:  # noqa: PLR2004 - one night needs no comparison
            return self._select(files)
        *older, newest = files
        return f"""
            with newest as ({self._select([newest])})

            select {_COLUMNS} from newest
            union all
            {self._select(older)} and user_key not in (select user_key from newest)
        """

    def _carried_query(self) -> str:
        """Rows readers see now, but for other readings of the new nights."""
        if self.base is None:
            return self._select([])
        carried = complete_columns(SCORES, f"select * from {BASE}.scores_latest")
        return (
            f"select {_COLUMNS} from ({carried}) "
            f"where {self.consent.condition()} and not ({self._is_replaced()})"
        )

    def _looked_up_query(self) -> str:
        """Rows of users that are in neither, from older nights; there seldom are any.

        They are users that a restated night no longer has, and users who consent again.
        """
        files = [file.file for file in self.manifest.of(SCORES, is_current=True)]
        if self.base is None:
            return self._select([])
        consented = self.base.of(CONSENTED)
        if consented and not self.consent.is_asked:
            return self._select(files)
        if self._find_missing(consented[0].file if consented else None) == 0:
            return self._select([])
        return f"{self._select(files)} and user_key in (select user_key from publish_missing)"

    def _find_missing(self, base_consented: str | None) -> int:
        again = (
            f"select user_key from {CONSENTED_TABLE} where user_key not in "
            f"(select user_key from read_parquet({self._path(base_consented)}))"
            if base_consented
            else "select null::bigint as user_key where false"
        )
        newest = max(self._current_days(), default=None)
        is_newest = f"as_of_date = date '{newest}'" if newest in self._newest_days() else "false"
        self.connection.execute(
            f"""
            create or replace temp table publish_missing as
            with candidates as (
                {again}
                union
                select user_key from {BASE}.scores_latest
                where {self._is_replaced()} and {self.consent.condition()}
            ),

            found as (
                select user_key from publish_carried
                union all
                select user_key from publish_night where {is_newest}
            )

            select candidates.user_key
            from candidates
            anti join found using (user_key)
            """
        )
        row = self.connection.execute("select count(*) from publish_missing").fetchone()
        return int(row[0]) if row else 0

    def _current_days(self) -> set[date]:
        readings = self.manifest.readings()
        return {
            night.as_of_date
            for night in self.nights
            if readings.get(night.as_of_date) == night.known_on
        }

    def _newest_days(self) -> set[date]:
        newest = self.manifest.newest()
        return {newest[0]} if newest else set()

    def _is_replaced(self) -> str:
        days = ", ".join(f"date '{day}'" for day in sorted(self._current_days()))
        return f"as_of_date in ({days})" if days else "false"

    def _select(self, files: list[str]) -> str:
        if not files:
            typed = ", ".join(f"null::{kind} as {name}" for name, kind in SCORE_COLUMNS.items())
            return f"select {typed} where false"
        paths = ", ".join(self._path(file) for file in files)
        nights = f"select * from read_parquet([{paths}], union_by_name = true)"
        whole = complete_columns(SCORES, nights)
        return f"select {_COLUMNS} from ({whole}) where {self.consent.condition()}"

    def _path(self, file: str) -> str:
        return quote_literal(str(self.settings.published / file))
