"""What the adapters share: writing landing folders, and the account of every source row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

LISTED = "listed"
"""Instead of a feed: the source row is not landed, and the reason says why."""

LandingFormat = Literal["csv", "parquet"]


@dataclass(frozen=True)
class Fate:
    """What became of ``rows`` rows.

    Attributes:
        source: File (or columns of a wide file) that the rows come from.
        feed: Feed they were landed in, or ``LISTED``.
        reason: Why, in plain words.
        rows: How many.
    """

    source: str
    feed: str
    reason: str
    rows: int


@dataclass(frozen=True)
class Account:
    """Every source row once, and the rows that were landed besides.

    Attributes:
        source_rows: Rows of each source, counted before anything was done with them.
        fates: What became of them; adds up to ``source_rows``.
        derived: Rows landed in addition (a loan told in three rows gives one loan, and a user).
    """

    source_rows: Mapping[str, int]
    fates: tuple[Fate, ...]
    derived: tuple[Fate, ...]

    def unaccounted(self) -> dict[str, int]:
        """Rows per source without a fate (or with two: negative); empty when all have one."""
        told = Counter[str]()
        for fate in self.fates:
            told[fate.source] += fate.rows
        names = self.source_rows.keys() | told.keys()
        left = {name: self.source_rows.get(name, 0) - told[name] for name in sorted(names)}
        return {name: rows for name, rows in left.items() if rows}

    def landed(self) -> dict[str, int]:
        """Rows written per feed, as the fates tell it."""
        rows = Counter[str]()
        for fate in (*self.fates, *self.derived):
            if fate.feed != LISTED:
                rows[fate.feed] += fate.rows
        return dict(sorted(rows.items()))

    def listed(self) -> dict[str, int]:
        """Source rows that were not landed, by reason."""
        rows = Counter[str]()
        for fate in self.fates:
            if fate.feed == LISTED:
                rows[fate.reason] += fate.rows
        return dict(rows)


def count_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Number of rows of a relation or of ``table where …``."""
    found = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(found[0]) if found else 0


def write_feed(
    connection: duckdb.DuckDBPyConnection,
    feed: str,
    landing: Path,
    *,
    file_format: LandingFormat,
    sums: tuple[str, ...] = (),
) -> None:
    """Write the table ``feed`` into ``landing/<feed>/dt=…/``, with ``_control.json`` per folder.

    Args:
        connection: Holds a table of the feed's name, with the contract's columns and ``dt``.
        feed: Name of the feed and of the table.
        landing: The landing folder of the deployment.
        file_format: Format of the files.
        sums: Amount columns whose control total is written.
    """
    folder = landing / feed
    folder.mkdir(parents=True, exist_ok=True)
    options = "format csv, header" if file_format == "csv" else "format parquet"
    connection.execute(
        f"copy (from {feed} order by all) to '{folder}' ({options}, partition_by (dt), "
        "filename_pattern 'part_{i}', overwrite_or_ignore)"
    )
    columns = "".join(f", cast(sum(cast({name} as decimal(38, 3))) as varchar)" for name in sums)
    for dt, rows, *totals in connection.execute(
        f"select dt, count(*){columns} from {feed} group by dt"
    ).fetchall():
        control = {"rows": rows, "sums": dict(zip(sums, (_plain(t) for t in totals), strict=True))}
        (folder / f"dt={dt}" / "_control.json").write_text(json.dumps(control), encoding="utf-8")


def landed_days(landing: Path) -> list[date]:
    """Every date that has a landing folder, in order."""
    folders = landing.glob("*/dt=*")
    return sorted({date.fromisoformat(folder.name.removeprefix("dt=")) for folder in folders})


def _plain(total: str | None) -> str:
    """``12.500`` as ``12.5``; nothing to add up as ``0``."""
    return (total or "0.0").rstrip("0").rstrip(".")
