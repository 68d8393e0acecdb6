"""Counting what was read of each batch, and comparing it with the limits and control totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import duckdb

from scoring.landing.contract import Feed
from scoring.landing.control import Control
from scoring.landing.files import LandedFile
from scoring.landing.reading import TYPED, ReadFiles
from scoring.landing.refusals import Refusal, refuse
from scoring.landing.row_rules import DUPLICATE, MALFORMED, problem_name
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal

ALWAYS_TOLERATED_ROWS = 20


@dataclass
class BatchTotals:
    """Rows of one batch: all that were read, and those with each problem."""

    rows_read: int = 0
    problems: Counter[int] = field(default_factory=Counter)

    @property
    def rows_quarantined(self) -> int:
        """Rows with any problem."""
        return self.problems.total()

    @property
    def rows_duplicate(self) -> int:
        """Identical rows beyond the first of each."""
        return self.problems[DUPLICATE]


def create_files_table(connection: duckdb.DuckDBPyConnection, files: Iterable[LandedFile]) -> None:
    """Make ``ingest_files(file_no, dt)`` for the files of ``TYPED``."""
    connection.execute("create or replace temp table ingest_files (file_no integer, dt date)")
    rows = ", ".join(
        f"({number}, {quote_literal(str(file.dt))})" for number, file in enumerate(files)
    )
    if rows:
        connection.execute(f"insert into ingest_files values {rows}")


def count_rows(connection: duckdb.DuckDBPyConnection, read: ReadFiles) -> dict[date, BatchTotals]:
    """Totals per batch date, lines that could not be split included."""
    totals: dict[date, BatchTotals] = {}
    for dt, problem, count in connection.execute(
        f"""
        select dt, coalesce(problem, 0), count(*)
        from {TYPED} inner join ingest_files using (file_no)
        where problem is null or problem > 0
        group by all
        """
    ).fetchall():
        batch = totals.setdefault(dt, BatchTotals())
        batch.rows_read += int(count)
        if problem:
            batch.problems[int(problem)] += int(count)
    for line in read.malformed:
        batch = totals.setdefault(read.files[line.file_no].dt, BatchTotals())
        batch.rows_read += 1
        batch.problems[MALFORMED] += 1
    return totals


def sum_columns(
    connection: duckdb.DuckDBPyConnection, controls: Mapping[date, Control | None]
) -> dict[tuple[date, str], Decimal]:
    """Sum, per batch date, every column that some control file sums, over all rows read."""
    names = sorted({name for control in controls.values() if control for name in control.sums})
    if not names:
        return {}
    # A row that failed another rule still counts with its number, however fine.
    sums = ", ".join(
        f"sum(coalesce({quote_identifier(name)}::decimal(38,10), case when problem > {MALFORMED} "
        f"and raw_row is not null then try_cast(json_extract_string(raw_row, '$.{name}') "
        f"as decimal(38,10)) end))"
        for name in names
    )
    rows = connection.execute(
        f"select dt, {sums} from {TYPED} inner join ingest_files using (file_no) group by dt"
    ).fetchall()
    return {
        (row[0], name): value or Decimal(0)
        for row in rows
        for name, value in zip(names, row[1:], strict=True)
    }


def refuse_control(
    feed: Feed,
    dt: date,
    control: Control,
    totals: BatchTotals,
    sums: Mapping[tuple[date, str], Decimal],
) -> Refusal | None:
    """Compare with the control file: rows first, then each sum."""
    if totals.rows_read != control.rows:
        return _refuse_total(feed, dt, "control_rows", f"{control.rows} rows", totals.rows_read)
    for name, wanted in control.sums.items():
        if sums.get((dt, name), Decimal(0)) != wanted:
            # The totals themselves stay out of the message: of one row they would be an amount.
            return _refuse_total(
                feed, dt, "control_sum", f"the sum of {name} in _control.json", "another sum"
            )
    return None


def refuse_quarantined(
    settings: Settings, feed: Feed, dt: date, totals: BatchTotals
) -> Refusal | None:
    """Refuse a batch with more quarantined rows than the feed's limit."""
    share = settings.quarantine_limit(feed.name)
    limit = _limit(share, totals.rows_read)
    if totals.rows_quarantined <= limit:
        return None
    (number, count), *_ = sorted(totals.problems.items(), key=lambda each: (-each[1], each[0]))
    rule, column = problem_name(feed.name, number)
    return refuse(
        feed.name,
        dt,
        None,
        rule="quarantine_limit",
        expected=f"at most {limit} bad rows ({ALWAYS_TOLERATED_ROWS}, or {share} of all)",
        got=f"{totals.rows_quarantined} of {totals.rows_read}, most of them ({count}) by the rule "
        f"{rule}{f' on {column}' if column else ''}",
        next_step="Correct the file and ingest the day again, or raise "
        "CREDITLOOP_QUARANTINE_SHARE for the feed; nothing of it was kept.",
    )


def refuse_held(
    settings: Settings, feed: Feed, dt: date, rows_held: int, rows_read: int
) -> Refusal | None:
    """Refuse a batch with more rows of unknown users than the feed's limit."""
    share = settings.held_limit(feed.name)
    limit = _limit(share, rows_read)
    if rows_held <= limit:
        return None
    return refuse(
        feed.name,
        dt,
        None,
        rule="held_limit",
        expected=f"at most {limit} rows of users not landed yet ({ALWAYS_TOLERATED_ROWS}, or "
        f"{share} of all)",
        got=f"{rows_held} of {rows_read}",
        next_step="Land the users feed first, or raise CREDITLOOP_HELD_SHARE for the feed; nothing "
        "of it was kept.",
    )


def _limit(share: Decimal, rows: int) -> int:
    return max(ALWAYS_TOLERATED_ROWS, int(share * rows))


def _refuse_total(feed: Feed, dt: date, rule: str, expected: str, got: object) -> Refusal:
    return refuse(
        feed.name,
        dt,
        "_control.json",
        rule=rule,
        expected=expected,
        got=str(got),
        next_step="Have the batch sent again whole; nothing of it was kept.",
    )
