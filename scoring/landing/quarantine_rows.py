"""Fetching the quarantined rows of a chunk, masked and encrypted."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection
from datetime import date

import duckdb

from scoring.landing.contract import Feed
from scoring.landing.quarantine import QuarantinedRow, RowCipher, show_value
from scoring.landing.reading import TYPED, ReadFiles
from scoring.landing.row_rules import landed_columns, problem_name
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal


def fetch_quarantined(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    feed: Feed,
    read: ReadFiles,
    dates: Collection[date],
) -> list[QuarantinedRow]:
    """Every quarantined row of the batches ``dates``, lines that could not be split included."""
    if not dates:
        return []
    cipher = RowCipher(settings)
    numbering = _RowNumbering(connection, read)
    found = []
    for row_id, file_no, problem, raw_row in _query(connection, feed, dates):
        rule, column = problem_name(feed.name, problem)
        file = read.files[file_no]
        found.append(
            QuarantinedRow(
                file.dt,
                file.name,
                numbering.row_number(file_no, row_id),
                rule,
                column,
                show_value(raw_row, column),
                cipher.encrypt(raw_row),
            )
        )
    for line in read.malformed:
        file = read.files[line.file_no]
        if file.dt in dates:
            token = cipher.encrypt(line.text)
            found.append(
                QuarantinedRow(file.dt, file.name, line.row_number, "malformed", None, None, token)
            )
    return found


class _RowNumbering:
    """From a row's place in ``TYPED`` to its number in its file, skipping unsplittable lines."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, read: ReadFiles) -> None:
        rows = connection.execute(
            f"select file_no, min(rowid) from {TYPED} group by file_no"
        ).fetchall()
        self._first = {int(file_no): int(row_id) for file_no, row_id in rows}
        self._gaps: defaultdict[int, list[int]] = defaultdict(list)
        for line in sorted(read.malformed, key=lambda each: each.row_number):
            gaps = self._gaps[line.file_no]
            # As a number among the rows that could be split: how many of those come before it.
            gaps.append(line.row_number - 1 - len(gaps))

    def row_number(self, file_no: int, row_id: int) -> int:
        place = row_id - self._first[file_no]
        return place + 1 + bisect_right(self._gaps[file_no], place)


def _query(
    connection: duckdb.DuckDBPyConnection, feed: Feed, dates: Collection[date]
) -> list[tuple[int, int, int, str]]:
    listed = ", ".join(f"{quote_literal(str(dt))}::date" for dt in sorted(dates))
    pairs = ", ".join(
        f"{quote_literal(column.name)}: {quote_identifier(column.name)}"
        for column in landed_columns(feed)
    )
    return connection.execute(
        f"""
        select typed.rowid, file_no, problem, coalesce(raw_row, to_json({{{pairs}}})::varchar)
        from {TYPED} as typed inner join ingest_files as files using (file_no)
        where typed.problem > 0 and files.dt in ({listed})
        order by typed.rowid
        """
    ).fetchall()
