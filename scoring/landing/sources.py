"""SQL that reads landed files of one shape and gives every row its columns and problem.

Files of one feed are put into groups that one scan can read: CSV with the same header, Parquet with
the same columns and types, JSONL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scoring.landing.column_types import from_parquet, from_text, is_nested
from scoring.landing.contract import Column, Feed
from scoring.landing.files import FileKind, LandedFile
from scoring.landing.row_rules import (
    landed_columns,
    parsed_name,
    problem_case,
    row_problems,
    text_name,
)
from scoring.warehouse.sql import quote_identifier, quote_literal

REJECTS, REJECT_SCANS = "ingest_rejects", "ingest_reject_scans"
MAX_LINE_BYTES = 4_000_000
_JSON_KINDS = {
    "user": ("VARCHAR", "BIGINT", "UBIGINT"),
    "text": ("VARCHAR", "BIGINT", "UBIGINT"),
    "integer": ("VARCHAR", "BIGINT", "UBIGINT"),
    "boolean": ("VARCHAR", "BOOLEAN", "BIGINT", "UBIGINT"),
    "date": ("VARCHAR",),
    "timestamp": ("VARCHAR",),
    "amount": ("VARCHAR", "BIGINT", "UBIGINT", "DOUBLE"),
    "rate": ("VARCHAR", "BIGINT", "UBIGINT", "DOUBLE"),
}
_EXACT_DOUBLE_DIGITS = 15
_RESERVED = {"file_index", "file_row_number"}


@dataclass(frozen=True)
class FileGroup:
    """Files that one scan reads."""

    kind: FileKind
    header: tuple[str, ...]
    types: tuple[str, ...]
    files: tuple[LandedFile, ...]


def group_files(files: Iterable[LandedFile]) -> list[FileGroup]:
    """Group by kind and columns, in order of first appearance."""
    groups: dict[tuple[FileKind, tuple[str, ...], tuple[str, ...]], list[LandedFile]] = {}
    for file in files:
        groups.setdefault((file.kind, file.header, file.types), []).append(file)
    return [FileGroup(*shape, tuple(members)) for shape, members in groups.items()]


def nested_column(file: LandedFile, feed: Feed) -> str | None:
    """A contract column that holds lists or structs in this Parquet file."""
    types = dict(zip(file.header, file.types, strict=bool(file.types)))
    for column in landed_columns(feed):
        if is_nested(types.get(column.name, "")):
            return column.name
    return None


def reserved_column(file: LandedFile) -> str | None:
    """A column name that DuckDB needs for itself while it reads Parquet."""
    return next((name for name in file.header if name.lower() in _RESERVED), None)


def scan_sql(group: FileGroup) -> str:
    """The table function that reads the group's files, in their order."""
    paths = ", ".join(quote_literal(str(file.path)) for file in group.files)
    if group.kind == "parquet":
        return f"read_parquet([{paths}], hive_partitioning = false, binary_as_string = true)"
    options = (
        f"auto_detect = false, store_rejects = true, rejects_table = '{REJECTS}', "
        f"rejects_scan = '{REJECT_SCANS}', rejects_limit = 0, hive_partitioning = false, "
        f"max_line_size = {MAX_LINE_BYTES}"
    )
    if group.kind == "jsonl":
        # A line at a time: a broken one must not hide the others, nor lose its text.
        return (
            f"read_csv([{paths}], columns = {{'line': 'VARCHAR'}}, header = false, "
            f"delim = e'\\x01', quote = '', escape = '', {options})"
        )
    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(len(group.header)))
    packing = "gzip" if group.kind == "csv.gz" else "none"
    return (
        f"read_csv([{paths}], columns = {{{columns}}}, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', compression = '{packing}', {options})"
    )


def typed_select(feed: Feed, group: FileGroup, first_file_no: int, zone: str) -> str:
    """One row per landed row: ``file_no, problem, raw_row``, then every landed column, typed.

    Users are still ids. ``raw_row`` is filled for rows with a problem only.
    """
    columns = landed_columns(feed)
    exact = _exact_columns(columns, group, zone)
    parsed = ",\n".join(
        f"{exact.get(column.name) or _parse(column, number, group, zone)} "
        f"as {parsed_name(column.name)}"
        for number, column in enumerate(columns, start=1)
    )
    filled = ",\n".join(f"{_fill(column)} as {quote_identifier(column.name)}" for column in columns)
    names = ", ".join(quote_identifier(column.name) for column in columns)
    return f"""
        with landed as ({_landed_select(columns, group, first_file_no)}),
        parsed as (select *, {parsed} from landed),
        filled as (select *, {filled} from parsed),
        checked as (select *, {problem_case(row_problems(feed.name), exact)} as problem from filled)
        select
            file_no,
            problem::smallint as problem,
            case when problem > 0 then {_raw_row(columns, group)} end as raw_row,
            {names}
        from checked
    """


def _landed_select(columns: Sequence[Column], group: FileGroup, first_file_no: int) -> str:
    file_no = f"(file_index + {first_file_no})::integer as file_no"
    scan = scan_sql(group)
    if group.kind == "jsonl":
        return _landed_json(columns, file_no, scan)
    places = {name: number for number, name in enumerate(group.header)}
    types = dict(zip(group.header, group.types, strict=bool(group.types)))
    values = []
    for column in columns:
        if column.name not in places:
            value = "null::varchar"
        elif group.kind == "parquet":
            value = quote_identifier(column.name)
            if from_parquet(column, value, types[column.name], "UTC") is None:
                value = f"nullif({value}::varchar, '')"
        else:
            value = f"nullif(c{places[column.name]}, '')"
        values.append(f"{value} as {text_name(column.name)}")
    return f"""
        select {file_no}, false as is_malformed, false as is_blank, {", ".join(values)}
        from {scan}
    """


def _landed_json(columns: Sequence[Column], file_no: str, scan: str) -> str:
    paths = "[" + ", ".join(f"'$.{column.name}'" for column in columns) + "]"
    values = ", ".join(
        f"nullif(landed_texts[{number}], '') as {text_name(column.name)}"
        for number, column in enumerate(columns, start=1)
    )
    return f"""
        select
            file_no, line, landed_kinds, not is_object and not is_blank as is_malformed, is_blank,
            {values}
        from (
            select
                *,
                case when is_object then json_extract_string(line, {paths}) end as landed_texts,
                case when is_object then json_type(line, {paths}) end as landed_kinds,
            from (
                select
                    {file_no},
                    line,
                    line is null or trim(line) = '' as is_blank,
                    case
                        when line is null then false
                        when json_valid(line) then json_type(line) = 'OBJECT'
                        else false
                    end as is_object,
                from {scan}
            )
        )
    """


def _exact_columns(columns: Sequence[Column], group: FileGroup, zone: str) -> dict[str, str]:
    if group.kind != "parquet":
        return {}
    types = dict(zip(group.header, group.types, strict=True))
    found = {}
    for column in columns:
        if column.name in types:
            sql = from_parquet(column, text_name(column.name), types[column.name], zone)
            if sql is not None:
                found[column.name] = sql
    return found


def _parse(column: Column, number: int, group: FileGroup, zone: str) -> str:
    text = text_name(column.name)
    if group.kind == "jsonl":
        return _parse_json(column, text, f"landed_kinds[{number}]", zone)
    if column.name not in group.header:
        return f"null::{'varchar' if column.type == 'user' else column.raw_type}"
    return from_text(column, text, zone)


def _parse_json(column: Column, text: str, kind: str, zone: str) -> str:
    kinds = ", ".join(quote_literal(each) for each in _JSON_KINDS[column.type])
    # A JSON number is read as a double: beyond 15 digits it may not be what was written.
    digits = f"strlen(ltrim(regexp_replace({text}, '[^0-9]', '', 'g'), '0'))"
    exact = f"({kind} <> 'DOUBLE' or {digits} <= {_EXACT_DOUBLE_DIGITS})"
    return f"case when {kind} in ({kinds}) and {exact} then {from_text(column, text, zone)} end"


def _fill(column: Column) -> str:
    parsed = parsed_name(column.name)
    if column.default is None:
        return parsed
    return f"coalesce({parsed}, {quote_literal(column.default)}::{column.raw_type})"


def _raw_row(columns: Sequence[Column], group: FileGroup) -> str:
    if group.kind == "jsonl":
        return "line"
    pairs = ", ".join(
        f"{quote_literal(column.name)}: {text_name(column.name)}"
        for column in columns
        if column.name in group.header
    )
    return f"to_json({{{pairs}}})::varchar"
