"""Reading the landed files of one feed in bulk, and finding the bad ones when that fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import duckdb

from scoring.errors import TransientError
from scoring.landing.contract import Feed
from scoring.landing.damage import refuse_damaged
from scoring.landing.files import LandedFile
from scoring.landing.opening import open_files
from scoring.landing.refusals import Refusal, show_column
from scoring.landing.row_rules import landed_columns
from scoring.landing.sources import (
    REJECT_SCANS,
    REJECTS,
    FileGroup,
    group_files,
    scan_sql,
    typed_select,
)
from scoring.warehouse.sql import quote_identifier

TYPED = "ingest_typed"
"""Temporary table: one row per landed row that could be split into columns."""


@dataclass(frozen=True)
class MalformedLine:
    """A line that could not be split into columns."""

    file_no: int
    row_number: int
    text: str


@dataclass
class ReadFiles:
    """What a bulk read left.

    Attributes:
        files: Every file that was read; its place is ``file_no`` in ``TYPED``.
        malformed: Lines that are in no column form.
        refusals: First refusal per batch date.
        extra_columns: Columns outside the contract, per batch date.
    """

    files: list[LandedFile] = field(default_factory=list)
    malformed: list[MalformedLine] = field(default_factory=list)
    refusals: dict[date, Refusal] = field(default_factory=dict)
    extra_columns: dict[date, set[str]] = field(default_factory=dict)


def read_files(
    connection: duckdb.DuckDBPyConnection, feed: Feed, files: Sequence[LandedFile], zone: str
) -> ReadFiles:
    """Read files of one feed into ``TYPED``.

    Raises:
        TransientError: Disk ran out, or a file vanished.
        duckdb.Error: Memory or disk ran out, as ``scoring.system_errors`` tells.
    """
    result = ReadFiles()
    _create_typed(connection, feed)
    opened: list[LandedFile] = []
    for checked in open_files(connection, feed, files):
        if isinstance(checked, LandedFile):
            opened.append(checked)
        else:
            _keep_first(result, checked)
    good = [file for file in opened if file.dt not in result.refusals]
    for group in group_files(good):
        _read_group(connection, feed, group, zone, result)
    return result


def _create_typed(connection: duckdb.DuckDBPyConnection, feed: Feed) -> None:
    columns = ", ".join(
        f"{quote_identifier(column.name)} {'varchar' if column.type == 'user' else column.raw_type}"
        for column in landed_columns(feed)
    )
    connection.execute(
        f"create or replace temp table {TYPED} "
        f"(file_no integer, problem smallint, raw_row varchar, {columns})"
    )


def _keep_first(result: ReadFiles, found: tuple[date, Refusal]) -> None:
    result.refusals.setdefault(*found)


def _read_group(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    group: FileGroup,
    zone: str,
    result: ReadFiles,
) -> None:
    first_file_no = len(result.files)
    _drop_rejects(connection)
    failure: duckdb.Error | None = None
    try:
        connection.execute(f"insert into {TYPED} {typed_select(feed, group, first_file_no, zone)}")
    except duckdb.Error as error:
        failure = error
    # Not in the block that caught it: see refuse_damaged.
    if failure is not None:
        remaining = _without_bad_files(connection, feed, group, zone, result, failure)
        if remaining is not None:
            _read_group(connection, feed, remaining, zone, result)
        return
    result.files.extend(group.files)
    if group.kind != "parquet":
        _take_rejects(connection, group, first_file_no, result)
    _note_extra_columns(connection, feed, group, result)


def _without_bad_files(
    connection: duckdb.DuckDBPyConnection,
    feed: Feed,
    group: FileGroup,
    zone: str,
    result: ReadFiles,
    error: duckdb.Error,
) -> FileGroup | None:
    good = []
    for file in group.files:
        _drop_rejects(connection)
        single = replace(group, files=(file,))
        try:
            select = typed_select(feed, single, 0, zone)
            connection.execute(f"create or replace temp table ingest_probe as {select}")
        except duckdb.Error as failure:
            _keep_first(result, (file.dt, refuse_damaged(file, failure)))
        else:
            good.append(file)
    connection.execute("drop table if exists ingest_probe")
    if len(good) == len(group.files):
        raise _out_of_room(feed) from error
    return replace(group, files=tuple(good)) if good else None


def _out_of_room(feed: Feed) -> TransientError:
    return TransientError(
        "ingest interrupted",
        subject=feed.name,
        expected="room in memory and on the warehouse's disk",
        got="none while reading files that are readable one by one",
        next_step="Free some, or raise CREDITLOOP_MEMORY_LIMIT, and repeat the command.",
    )


def _drop_rejects(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"drop table if exists {REJECTS}")
    connection.execute(f"drop table if exists {REJECT_SCANS}")


def _take_rejects(
    connection: duckdb.DuckDBPyConnection,
    group: FileGroup,
    first_file_no: int,
    result: ReadFiles,
) -> None:
    numbers = {str(file.path): first_file_no + place for place, file in enumerate(group.files)}
    header_lines = 0 if group.kind == "jsonl" else 1
    rows = connection.execute(
        f"""
        select
            file_path,
            line,
            coalesce(min(csv_line), ''),
            bool_or(
                error_type in ('UNQUOTED VALUE', 'LINE SIZE OVER MAXIMUM')
                and regexp_matches(trim(csv_line, e'\\r\\n'), '[\\r\\n]')
            ),
        from {REJECTS} inner join {REJECT_SCANS} using (scan_id, file_id)
        group by file_path, line
        order by file_path, line
        """
    ).fetchall()
    _drop_rejects(connection)
    for path, line, text, has_swallowed_others in rows:
        found = MalformedLine(numbers[str(path)], int(line) - header_lines, str(text))
        result.malformed.append(found)
        if has_swallowed_others:
            # How many rows went into it cannot be known, so none of the batch can be trusted.
            refusal = result.files[found.file_no].refuse(
                "unclosed_quote",
                "every quote closed in its own value",
                f"one that runs over the rows after row {found.row_number}",
            )
            _keep_first(result, (result.files[found.file_no].dt, refusal))


def _note_extra_columns(
    connection: duckdb.DuckDBPyConnection, feed: Feed, group: FileGroup, result: ReadFiles
) -> None:
    known = {column.name for column in landed_columns(feed)}
    if group.kind != "jsonl":
        extra = {show_column(name) for name in group.header if name not in known}
        for file in group.files:
            result.extra_columns.setdefault(file.dt, set()).update(extra)
        return
    for place, names in _json_names(connection, group).items():
        file = group.files[place]
        result.extra_columns.setdefault(file.dt, set()).update(
            show_column(name) for name in names - known
        )
        needed = feed.needed_columns(names)
        missing = [name for name in needed if name not in names]
        if names and missing:
            expected = f"the columns {', '.join(needed)}"
            refusal = file.refuse("missing_column", expected, f"none called {missing[0]}")
            _keep_first(result, (file.dt, refusal))


def _json_names(connection: duckdb.DuckDBPyConnection, group: FileGroup) -> dict[int, set[str]]:
    rows = connection.execute(
        f"""
        select distinct
            file_index,
            unnest(case
                when not coalesce(json_valid(line), false) then null
                when json_type(line) = 'OBJECT' then json_keys(line)
            end)
        from {scan_sql(group)}
        """
    ).fetchall()
    _drop_rejects(connection)
    names: dict[int, set[str]] = {}
    for place, name in rows:
        names.setdefault(int(place), set()).add(str(name))
    return names
