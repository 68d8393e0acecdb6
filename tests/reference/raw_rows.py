"""The raw rows of a deployment, as ingest recorded them."""

from __future__ import annotations

from scoring.landing.contract import load_feeds
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.reference.values import Row

KEYS = {
    feed.name: tuple(feed.column(name).raw_name for name in feed.key)
    for feed in load_feeds().values()
}
"""Feed -> the columns that say which thing a row is about."""


def load_raw(settings: Settings) -> dict[str, list[Row]]:
    """Every row of every version of every feed."""
    raw: dict[str, list[Row]] = {}
    with open_warehouse(settings) as connection:
        for feed in KEYS:
            files = connection.execute(
                "select raw_file from ops.batches where feed = ? and raw_file is not null"
                " and state in ('loaded', 'sealed')",
                [feed],
            ).fetchall()
            raw[feed] = []
            if not files:
                continue
            result = connection.execute(
                "select * from read_parquet(?, union_by_name = true, hive_partitioning = false)",
                [[str(settings.raw / name) for (name,) in files]],
            )
            names = [column[0] for column in result.description]
            raw[feed] = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    return raw
