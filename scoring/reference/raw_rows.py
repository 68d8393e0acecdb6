"""The raw rows of a deployment, as ingest recorded them."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from scoring.landing.contract import load_feeds
from scoring.reference.values import Row
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier

Raw = dict[str, list[Row]]
"""Feed -> rows of all versions, known already or not."""

KEYS = {
    feed.name: tuple(feed.column(name).raw_name for name in feed.key)
    for feed in load_feeds().values()
}
"""Feed -> the columns that say which thing a row is about."""


class RawRows:
    """The files that ``ops.batches`` lists, read over a connection; nothing is written."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        """Look up the files of every feed."""
        self._connection = connection
        self._files: dict[str, list[str]] = {feed: [] for feed in KEYS}
        found = connection.execute(
            "select feed, raw_file from ops.batches"
            " where raw_file is not null and state = 'loaded' order by feed, dt"
        ).fetchall()
        for feed, name in found:
            self._files[feed].append(str(settings.raw / name))

    def all(self, feed: str) -> list[Row]:
        """Every row of every version."""
        return self.select(feed, "true")

    def where(
        self,
        feed: str,
        column: str,
        values: Collection[int] | Collection[str],
        columns: str = "*",
    ) -> list[Row]:
        """The rows, or these columns of them, with one of the values in ``column``."""
        if not values:
            return []
        condition = f"{quote_identifier(column)} in (select unnest(?))"
        return self.select(feed, condition, [[*values]], columns)

    def select(
        self, feed: str, condition: str, parameters: Collection[object] = (), columns: str = "*"
    ) -> list[Row]:
        """Columns of the rows that meet a condition in SQL, which may go on with an order.

        Args:
            feed: Whose rows.
            condition: What stands after ``where``.
            parameters: Its values.
            columns: What stands after ``select``.
        """
        files = self._files[feed]
        if not files:
            return []
        result = self._connection.execute(
            f"select {columns}"
            " from read_parquet(?, union_by_name = true, hive_partitioning = false)"
            f" where {condition}",
            [files, *parameters],
        )
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def load_raw(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Raw:
    """Every row of every version of every feed: for small deployments."""
    rows = RawRows(connection, settings)
    return {feed: rows.all(feed) for feed in KEYS}
