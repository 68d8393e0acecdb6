"""Damaged input of every kind: refused clearly, quarantined, or loaded as it should be.

Each case lands one batch of transactions under a date of its own. Whatever happens, nothing is half
loaded and rows read = loaded + held + quarantined.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.errors import DataRefusedError
from scoring.settings import load_settings
from tests.conftest import TEST_KEY
from tests.scoring.landing.conftest import TRANSACTIONS_HEADER, USERS, Bench, of, transactions

GOOD = "T1,U1,2025-01-06,1"
CSV = transactions(GOOD, "T2,U2,2025-01-06 10:00:00,2.50").encode()
ZIPPED = gzip.compress(CSV * 40, mtime=0)
LINE = {"transaction_id": "T1", "user_id": "U1", "occurred_at": "2025-01-06", "amount": "1.00"}


def row(text: str) -> bytes:
    """A good row and a doubtful one."""
    return transactions(GOOD, text).encode()


def lines(*extra: str) -> bytes:
    """A good JSON line and others."""
    return "\n".join([json.dumps(LINE), *extra, ""]).encode()


def parquet(select: str) -> bytes:
    """A Parquet file of a query's rows."""
    connection = duckdb.connect()
    path = Path("made.parquet")
    connection.execute(f"copy ({select}) to '{path}' (format parquet, compression zstd)")
    content = path.read_bytes()
    path.unlink()
    connection.close()
    return content


def _hollow(content: bytes) -> bytes:
    """Without its pages: the footer tells of bytes that are not there."""
    footer = int.from_bytes(content[-8:-4], "little") + 8
    return content[:4] + content[-footer:]


def good_parquet(**changes: str) -> bytes:
    """A Parquet file with 3 rows, some columns changed or dropped (empty text)."""
    columns = {
        "transaction_id": "'P' || i",
        "user_id": "'U1'",
        "occurred_at": "timestamp '2025-01-06'",
        "amount": "1.25::decimal(18,2)",
    } | changes
    listed = ", ".join(f"{sql} as {name}" for name, sql in columns.items() if sql)
    return parquet(f"select {listed} from range(3) as numbers(i)")


@dataclass(frozen=True)
class Refused:
    """The whole batch is refused."""

    rule: str
    message: str


@dataclass(frozen=True)
class Loaded:
    """The batch is loaded, maybe without some rows."""

    rows: int
    problems: list[tuple[str, str | None, int]] = field(default_factory=list)
    shown: list[str | None] = field(default_factory=list)


Content = bytes | Callable[[], bytes]

CASES: dict[str, tuple[str, Content, Refused | Loaded]] = {
    # Files that cannot be read.
    "truncated gzip": (
        "a.csv.gz", ZIPPED[: len(ZIPPED) // 2],
        Refused("unreadable", r"/a\.csv\.gz: expected a whole gzip file, got one that is cut off"),
    ),
    "gzip with a wrong checksum": (
        "a.csv.gz", ZIPPED[:-8] + b"\0\0\0\0" + ZIPPED[-4:],
        Refused("unreadable", "expected a whole gzip file"),
    ),
    "text named gzip": ("a.csv.gz", b"\x1f\x8b" + CSV, Refused("unreadable", "a whole gzip file")),
    "truncated parquet": (
        "a.parquet", lambda: good_parquet()[:-20],
        Refused("unreadable", r"/a\.parquet: expected a whole Parquet file, got one that is cut"),
    ),
    "parquet with a hole": (
        "a.parquet", lambda: _hollow(parquet(
            "select 'T' || i as transaction_id, 'U1' as user_id, timestamp '2025-01-06' as"
            " occurred_at, (i / 100)::decimal(18, 2) as amount from range(20000) as numbers(i)"
        )),
        Refused("unreadable", "a whole Parquet file"),
    ),
    "text named parquet": ("a.parquet", CSV, Refused("unreadable", "a whole Parquet file")),
    "damaged parquet page": (
        "a.parquet", lambda: _scratched(good_parquet()),
        Refused("unreadable", "a whole Parquet file, got one that is cut off or damaged .[A-Z]"),
    ),
    "empty csv": ("a.csv", b"", Refused("empty_file", r"/a\.csv: expected a file with content")),
    "empty jsonl": ("a.jsonl", b"", Refused("empty_file", "got 0 bytes")),
    "empty gzip content": ("a.csv.gz", gzip.compress(b""), Refused("empty_file", "a header row")),
    "utf-16": ("a.csv", CSV.decode().encode("utf-16"), Refused("encoding", "header row in UTF-8")),
    "latin-1 header": ("a.csv", b"caf\xe9," + CSV, Refused("encoding", "header row in UTF-8")),
    "nul in the header": ("a.csv", b"\0" + CSV, Refused("encoding", "header row in UTF-8")),
    "unknown kind of file": (
        "a.xlsx", CSV,
        Refused("file_kind", r"/a\.xlsx: expected files that end in .*, got the ending \.xlsx"),
    ),
    # Files with the wrong columns.
    "missing required column": (
        "a.csv", b"transaction_id,user_id,occurred_at\nT1,U1,2025-01-06\n",
        Refused("missing_column", "the columns transaction_id, user_id, occurred_at, amount, got "
                "a header without amount"),
    ),
    "no header at all": ("a.csv", CSV.split(b"\n", 1)[1], Refused("missing_column", "without")),
    "semicolons": (
        "a.csv", CSV.replace(b",", b";"), Refused("missing_column", "is the delimiter a comma"),
    ),
    "tabs": (
        "a.csv", CSV.replace(b",", b"\t"), Refused("missing_column", "is the delimiter a comma"),
    ),
    "duplicate header": (
        "a.csv", CSV.replace(b"amount", b"amount,amount"),
        Refused("duplicate_column", "every column once, got amount more than once"),
    ),
    "parquet without a required column": (
        "a.parquet", lambda: good_parquet(amount=""), Refused("missing_column", "without amount"),
    ),
    "parquet names that differ by case": (
        "a.parquet", lambda: _twice_named("channel", "Channel"),
        Refused("duplicate_column", "names that differ by case"),
    ),
    "parquet list": (
        "a.parquet", lambda: good_parquet(channel="['app']"),
        Refused("nested_column", "one value per row and column, got a list in channel"),
    ),
    "parquet column reserved for reading": (
        "a.parquet", lambda: good_parquet(file_index="1"),
        Refused("reserved_column", "no column of that name in Parquet, got file_index"),
    ),
    "jsonl without a required column": (
        "a.jsonl", b'{"transaction_id": "T1", "user_id": "U1"}\n',
        Refused("missing_column", "got none called occurred_at"),
    ),
    # Rows that cannot be split.
    "latin-1 row": ("a.csv", row("T2,U1,2025-01-06,1") + b"T\xe9,U1,2025-01-06,1\n",
                    Loaded(2, [("malformed", None, 3)], [None])),
    "too few values": ("a.csv", row("T2,U1"), Loaded(1, [("malformed", None, 2)])),
    "too many values": ("a.csv", row("T2,U1,2025-01-06,1,x"), Loaded(1, [("malformed", None, 2)])),
    "unquoted end": (
        "a.csv", row('"T2"x,U1,2025-01-06,1'), Loaded(1, [("malformed", None, 2)]),
    ),
    "quote never closed": (
        "a.csv", row('"T2,U1,2025-01-06,1'), Loaded(1, [("malformed", None, 2)]),
    ),
    "quote never closed half-way": (
        "a.csv", transactions(GOOD, '"T2,U1,2025-01-06,1', "T3,U1,2025-01-06,1").encode(),
        Refused("unclosed_quote", "closed in its own value, got one that runs over the rows after "
                "row 2"),
    ),
    "quote closed by a later one": (
        "a.csv", transactions(GOOD, '"T2,U1,2025-01-06,1', '"T3",U1,2025-01-06,1').encode(),
        Refused("unclosed_quote", "runs over the rows after row 2"),
    ),
    "mixed line ends": (
        "a.csv", CSV.replace(b"\n", b"\r\n", 1),
        Refused("unreadable", r"one kind of line end and matching quotes, got others \([A-Z]"),
    ),
    "field of five million bytes": (
        "a.csv", row("T" + "2" * 5_000_000 + ",U1,2025-01-06,1"),
        Loaded(1, [("malformed", None, 2)]),
    ),
    "broken json line": (
        "a.jsonl", lines('{"transaction_id": "T2"', json.dumps(LINE | {"transaction_id": "T3"})),
        Loaded(2, [("malformed", None, 2)]),
    ),
    "json array": ("a.jsonl", lines("[1, 2]"), Loaded(1, [("malformed", None, 2)])),
    "json null": ("a.jsonl", lines("null"), Loaded(1, [("malformed", None, 2)])),
    "two objects in a line": ("a.jsonl", lines("{} {}"), Loaded(1, [("malformed", None, 2)])),
    "latin-1 json": ("a.jsonl", lines() + b'{"x": "\xe9"}\n', Loaded(1, [("malformed", None, 2)])),
    # Values that are none of their type.
    "nul byte in an id": (
        "a.csv", row("T\0,U1,2025-01-06,1"), Loaded(1, [("type", "transaction_id", 2)], ["x?"]),
    ),
    "id of 1001 bytes": (
        "a.csv", row("T" * 1001 + ",U1,2025-01-06,1"),
        Loaded(1, [("type", "transaction_id", 2)], ["x" * 30 + "…"]),
    ),
    "no date": ("a.csv", row("T2,U1,soon,1"), Loaded(1, [("type", "occurred_at", 2)], ["xxxx"])),
    "slashes in a date": ("a.csv", row("T2,U1,2025/01/06,1"), Loaded(
        1, [("type", "occurred_at", 2)], ["9999/99/99"])),
    "29 February of no leap year": (
        "a.csv", transactions("T1,U1,2024-02-29,1", "T2,U1,2025-02-29,1").encode(),
        Loaded(1, [("type", "occurred_at", 2)], ["9999-99-99"]),
    ),
    "hour 25": ("a.csv", row("T2,U1,2025-01-06 25:00:00,1"),
                Loaded(1, [("type", "occurred_at", 2)])),
    "offset of 25 hours": ("a.csv", row("T2,U1,2025-01-06 10:00:00+25:00,1"),
                           Loaded(1, [("type", "occurred_at", 2)])),
    "header repeated half-way": (
        "a.csv", row(TRANSACTIONS_HEADER), Loaded(1, [("type", "occurred_at", 2)]),
    ),
    "three decimals": (
        "a.csv", row("T2,U1,2025-01-06,2.555"),
        Loaded(1, [("decimals", "amount", 2)], ["9.999"]),
    ),
    "nan": ("a.csv", row("T2,U1,2025-01-06,NaN"), Loaded(1, [("type", "amount", 2)], ["xxx"])),
    "infinity": ("a.csv", row("T2,U1,2025-01-06,inf"), Loaded(1, [("type", "amount", 2)])),
    "comma for a point": (
        "a.csv", row('T2,U1,2025-01-06,"12,5"'), Loaded(1, [("type", "amount", 2)], ["99,9"]),
    ),
    "thousands mark": ("a.csv", row('T2,U1,2025-01-06,"1,234.50"'),
                       Loaded(1, [("type", "amount", 2)], ["9,999.99"])),
    "amount beyond the type": ("a.csv", row("T2,U1,2025-01-06,99999999999999999"),
                               Loaded(1, [("type", "amount", 2)])),
    "nested json": (
        "a.jsonl", lines(json.dumps(LINE | {"transaction_id": "T2", "channel": {"app": 1}})),
        Loaded(1, [("type", "channel", 2)], ['{"xxx": 9}']),
    ),
    "json number beyond a double": (
        "a.jsonl", lines('{"transaction_id": "T2", "user_id": "U1", "occurred_at": "2025-01-06", '
                         '"amount": 1234567890123456.78}'),
        Loaded(1, [("type", "amount", 2)]),
    ),
    "parquet double with a tail": (
        "a.parquet", lambda: good_parquet(amount="1.1 + i::double * 0.0001"),
        Loaded(1, [("decimals", "amount", 2), ("decimals", "amount", 3)]),
    ),
    "parquet text for numbers": (
        "a.parquet", lambda: good_parquet(amount="case when i = 1 then 'one' else '1.00' end"),
        Loaded(2, [("type", "amount", 2)], ["xxx"]),
    ),
    "parquet number for a moment": (
        "a.parquet", lambda: good_parquet(occurred_at="1736000000 + i"),
        Loaded(0, [("type", "occurred_at", number) for number in (1, 2, 3)]),
    ),
    # Values that break a rule.
    "required value empty": (
        "a.csv", row('T2,"",2025-01-06,1'), Loaded(1, [("required", "user_id", 2)], [None]),
    ),
    "negative amount": (
        "a.csv", row("T2,U1,2025-01-06,-1"), Loaded(1, [("above", "amount", 2)], ["-9"]),
    ),
    "amount of nothing": ("a.csv", row("T2,U1,2025-01-06,0.00"),
                          Loaded(1, [("above", "amount", 2)], ["9.99"])),
    "unknown word": (
        "a.csv", f"{TRANSACTIONS_HEADER},direction\n{GOOD},out\nT2,U1,2025-01-06,1,sideways\n"
        "T3,U1,2025-01-06,1,Ann Lee\n".encode(),
        Loaded(1, [("allowed", "direction", 2), ("allowed", "direction", 3)],
               ["xxxxxxxx", "xxx xxx"]),
    ),
    "refund of itself": (
        "a.csv", f"{TRANSACTIONS_HEADER},refund_of\n{GOOD},\nT2,U1,2025-01-06,1,T2\n".encode(),
        Loaded(1, [("refund_of_itself", None, 2)]),
    ),
    "differing rows with one key": (
        "a.csv", transactions(GOOD, "T2,U1,2025-01-06,1", "T2,U1,2025-01-06,2").encode(),
        Loaded(1, [("conflicting_key", None, 2), ("conflicting_key", None, 3)]),
    ),
    "identical rows": (
        "a.csv", transactions(GOOD, "T2,U1,2025-01-06,1", "T2,U1,2025-01-06 00:00,1.0",
                              "T2,U1,2025-01-06,1").encode(),
        Loaded(2, [("duplicate", None, 3), ("duplicate", None, 4)]),
    ),
    # Unusual but right.
    "header only": ("a.csv", f"{TRANSACTIONS_HEADER}\n".encode(), Loaded(0)),
    "header only, without a newline": ("a.csv", TRANSACTIONS_HEADER.encode(), Loaded(0)),
    "byte order mark": ("a.csv", b"\xef\xbb\xbf" + CSV, Loaded(2)),
    "byte order mark in json": ("a.jsonl", b"\xef\xbb\xbf" + lines(), Loaded(1)),
    "windows line ends": ("a.csv", CSV.replace(b"\n", b"\r\n"), Loaded(2)),
    "old mac line ends": ("a.csv", CSV.replace(b"\n", b"\r"), Loaded(2)),
    "no newline at the end": ("a.csv", CSV.rstrip(), Loaded(2)),
    "commas at the end": ("a.csv", row("T2,U1,2025-01-06,1,,"), Loaded(2)),
    "empty lines": ("a.csv", CSV.replace(b"\n", b"\n\n"), Loaded(2)),
    "empty json lines": ("a.jsonl", b"\n" + lines("", " ") + b"\n", Loaded(1)),
    "quoted newline, comma and quote": ("a.csv", row('"T,\n""2""",U2,2025-01-06,1'), Loaded(2)),
    "chinese ids": ("a.csv", row("交易二,U1,2025-01-06,1"), Loaded(2)),
    "gzip in two parts": ("a.csv.gz", gzip.compress(CSV) + gzip.compress(b"T3,U1,2025-01-06,1\n"),
                          Loaded(3)),
    "trailing zeros and exponents": (
        "a.csv", transactions(GOOD, "T2,U1,2025-01-06,2.5000", "T3,U1,2025-01-06,1.5e1").encode(),
        Loaded(3),
    ),
    "parquet of doubles": ("a.parquet", lambda: good_parquet(amount="12.35::double"), Loaded(3)),
    "parquet moments with a zone": (
        "a.parquet", lambda: good_parquet(occurred_at="timestamptz '2025-01-06 00:00:00+00'"),
        Loaded(3),
    ),
}  # fmt: skip


def _scratched(content: bytes) -> bytes:
    return content[:10] + bytes(60) + content[70:]


def _twice_named(*names: str) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({name: ["x"] for name in names}), sink)
    return bytes(sink.getvalue())


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """One deployment for all cases, each with a date of its own."""
    bench = Bench(
        load_settings(
            home=tmp_path_factory.mktemp("damaged"),
            identity_key=TEST_KEY,
            landing_quiet_seconds=0,
            _env_file=None,
        )
    )
    bench.land_users(date(2025, 1, 1), USERS)
    bench.ingest(date(2025, 1, 1), date(2025, 1, 1))
    return bench


@pytest.mark.parametrize("case", CASES)
def test_damaged_input_is_refused_quarantined_or_loaded(shared: Bench, case: str) -> None:
    name, content, wanted = CASES[case]
    dt = date(2025, 2, 1) + timedelta(days=list(CASES).index(case))
    shared.land("transactions", content if isinstance(content, bytes) else content(), dt=dt,
                name=name)  # fmt: skip
    if isinstance(wanted, Refused):
        with pytest.raises(DataRefusedError, match=wanted.message) as caught:
            shared.ingest(dt, dt, feeds=["transactions"])
        assert str(caught.value).startswith(f"batch refused ({wanted.rule}) for transactions@{dt}")
        assert shared.query(
            "select state, refusal_rule, "
            "(select count(*) from quality.quarantine where batch_date = batches.dt) "
            "from ops.batches where feed = 'transactions' and dt = ?",
            [dt],
        ) == [("refused", wanted.rule, 0)]
        assert _count_raw_files(shared, dt) == 0
        return
    found = of(shared.ingest(dt, dt, feeds=["transactions"]), "transactions", dt)
    assert (found.rows_loaded, found.rows_held) == (wanted.rows, 0)
    assert found.rows_read == found.rows_loaded + found.rows_held + found.rows_quarantined
    quarantined = shared.query(
        "select rule, column_name, row_number, shown_value from quality.quarantine "
        "where batch_date = ? order by row_number",
        [dt],
    )
    assert [each[:3] for each in quarantined] == wanted.problems
    assert found.rows_quarantined == len(wanted.problems)
    if wanted.shown:
        assert [each[3] for each in quarantined] == wanted.shown
    assert _count_raw_files(shared, dt) == min(wanted.rows, 1)


def _count_raw_files(bench: Bench, dt: date) -> int:
    return sum(name.startswith(f"transactions/dt={dt}/") for name in bench.raw_files())


def test_list_of_damaged_input_is_long_enough() -> None:
    assert len(CASES) >= 25
