"""The views ``raw.<feed>`` over exactly the files of loaded batches."""

from __future__ import annotations

import duckdb

from scoring.landing.batches import loaded_raw_files
from scoring.landing.contract import load_feeds
from scoring.landing.raw_files import read_raw_sql
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier


def create_raw_views(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create or replace one view per feed; a feed without rows gets an empty one of its types."""
    for feed in load_feeds().values():
        files = loaded_raw_files(connection, feed.name)
        if files:
            names = ", ".join(quote_identifier(name) for name in feed.raw_columns)
            query = f"select {names} from {read_raw_sql(settings, files)}"
        else:
            columns = ", ".join(
                f"null::{kind} as {quote_identifier(name)}"
                for name, kind in feed.raw_columns.items()
            )
            query = f"select {columns} where false"
        connection.execute(f"create or replace view raw.{quote_identifier(feed.name)} as {query}")
