"""Files, names and values that try to get out, to be run as SQL, or to fill the machine."""

from __future__ import annotations

import gzip
import os
import struct
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from scoring.errors import DataRefusedError
from scoring.landing.quarantine import RowCipher
from scoring.settings import load_settings
from tests.conftest import TEST_KEY
from tests.scoring.landing.conftest import DAY, TRANSACTIONS_HEADER, Bench, of, transactions

EVIL = "x'); drop table ops.batches; --"
MIB = 1024**2


def test_quotes_in_ids_names_columns_and_paths_stay_text(tmp_path: Path) -> None:
    home = tmp_path / "o'brien; --"
    bench = Bench(load_settings(home=home, identity_key=TEST_KEY, landing_quiet_seconds=0))
    ids = [EVIL, 'y"; drop schema raw; --', "z\\' or 1=1"]
    quoted = ['"' + each.replace('"', '""') + '"' for each in ids]
    bench.land("users", "user_id\n" + "\n".join(quoted) + "\n", name=f"{EVIL}.csv")
    header = f'{TRANSACTIONS_HEADER},"{EVIL}"'
    rows = [f"{each},{each},2025-01-06,1,{each}" for each in quoted]
    bench.land("transactions", "\n".join([header, *rows, f"T,{quoted[0]},{quoted[0]},1,x", ""]),
               name="a'b\";--.csv")  # fmt: skip
    report = bench.ingest()
    assert of(report, "users").rows_loaded == 3
    assert of(report, "transactions").rows_loaded == 3
    assert sorted(bench.raw("transactions", "transaction_id")) == sorted((each,) for each in ids)
    ((file, shown, token),) = bench.query(
        "select file_name, shown_value, raw_row from quality.quarantine"
    )
    assert (file, shown) == ("a'b\";--.csv", "x'); xxxx xxxxx xxx.xxxxxxx; -…")
    assert EVIL in RowCipher(bench.settings).decrypt(token)


@pytest.mark.parametrize("name", ["a*.csv", "[ab].csv", "a?.csv", "{a,b}.csv", "a\nb.csv"])
def test_file_name_that_is_a_pattern_or_no_line_is_refused(bench: Bench, name: str) -> None:
    bench.land("users", "user_id\nU1\n", name="ab.csv")
    bench.land("users", "user_id\nU2\n", name=name)
    with pytest.raises(DataRefusedError, match=r"\(file_name\) .* got another one") as caught:
        bench.ingest()
    assert "\n" not in str(caught.value)
    assert bench.raw_files() == []


def test_file_name_in_another_encoding_is_refused(bench: Bench) -> None:
    folder = os.fsencode(bench.folder("users"))
    Path(os.fsdecode(folder + b"/caf\xe9.csv")).write_text("user_id\nU1\n", encoding="utf-8")
    with pytest.raises(DataRefusedError, match=r"users@2025-01-06/caf\?\.csv: "):
        bench.ingest()


@pytest.mark.parametrize(
    "name", ["dt=..", "dt=２０２５-01-06", "dt=2025-01-06\n", "dt=2025-01-06 ", "dt=" + "9" * 200]
)
def test_folder_that_only_looks_like_a_date_is_refused_in_one_line(bench: Bench, name: str) -> None:
    (bench.settings.landing / "users" / name).mkdir(parents=True)
    with pytest.raises(DataRefusedError, match=r"\(folder_date\)") as caught:
        bench.ingest()
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_control_file_that_leads_out_of_landing_is_not_read(bench: Bench, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text('{"secret": 1}', encoding="utf-8")
    bench.land_users()
    (bench.folder("users") / "_control.json").symlink_to(outside)
    with pytest.raises(DataRefusedError, match=r"\(outside_landing\)") as caught:
        bench.ingest()
    assert "secret" not in str(caught.value)


def test_control_file_that_is_a_pipe_is_not_waited_for(bench: Bench) -> None:
    bench.land_users()
    os.mkfifo(bench.folder("users") / "_control.json")
    with pytest.raises(DataRefusedError, match=r"\(file_kind\) .*_control\.json: "):
        bench.ingest()


def test_huge_control_file_is_refused_unread(bench: Bench) -> None:
    bench.land("users", "user_id\nU1\n", control='{"rows": 1}' + " " * 200_000)
    with pytest.raises(DataRefusedError, match="got more than 100000 bytes"):
        bench.ingest()


def test_value_in_place_of_a_column_name_is_not_reported(bench: Bench) -> None:
    bench.land("users", '{"user_id": "U1", "13900001111": "x", "nick name": "y"}\n', name="a.jsonl")
    (warning,) = bench.ingest().warnings
    assert warning.endswith(": (unusual name), nick name")


def _gzip_bomb() -> bytes:
    """150 MiB of one line in 150 kB."""
    block = gzip.compress(f"{TRANSACTIONS_HEADER}\n".encode())
    return block + gzip.compress(b"1" * (50 * MIB), compresslevel=6) * 3


def _parquet_of(table: pa.Table, **options: object) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", **options)
    return bytes(sink.getvalue())


def _constant_rows() -> bytes:
    """A million equal rows in a few kilobytes."""
    values = {name: pa.repeat("1", 1_100_000) for name in TRANSACTIONS_HEADER.split(",")}
    return _parquet_of(pa.table(values))


def _huge_value() -> bytes:
    """A dictionary of one value of 101 MB."""
    value = "1" * 101_000_000
    return _parquet_of(pa.table({name: [value if name == "amount" else "1"]
                                 for name in TRANSACTIONS_HEADER.split(",")}))  # fmt: skip


def _claimed_rows() -> bytes:
    """Three rows whose footer says that they are a billion."""
    content = _parquet_of(pa.table({name: ["1"] * 3 for name in TRANSACTIONS_HEADER.split(",")}))
    (length,) = struct.unpack("<I", content[-8:-4])
    footer = content[-8 - length : -8].replace(b"\x16\x06", b"\x16\x80\xa8\xd6\xb9\x07")
    return content[: -8 - length] + footer + struct.pack("<I", len(footer)) + b"PAR1"


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.csv.gz", _gzip_bomb),
        ("a.parquet", _constant_rows),
        ("a.parquet", _huge_value),
        ("a.parquet", _claimed_rows),
    ],
)
def test_file_that_unpacks_to_too_much_is_refused_soon(
    bench: Bench, name: str, make: Callable[[], bytes]
) -> None:
    content = make()
    assert len(content) < 500_000
    bench.land("transactions", content, name=name)
    started = time.process_time()
    with pytest.raises(DataRefusedError, match=r"\(expansion\) .*: expected at most \d+ (by|row)"):
        bench.ingest()
    assert time.process_time() - started < 5
    assert bench.raw_files() == []


def test_parquet_that_lies_about_its_pages_is_refused(bench: Bench) -> None:
    bench.land("users", "user_id\nU1\n")
    content = _parquet_of(pa.table({name: [f"{name}{row}" for row in range(50)]
                                    for name in TRANSACTIONS_HEADER.split(",")}))  # fmt: skip
    start = content.index(b"\x15", 4)
    bench.land("transactions", content[:start] + b"\x15\xfe\xff\xff\xff\x0f" + content[start + 6 :],
               name="a.parquet")  # fmt: skip
    with pytest.raises(DataRefusedError, match=r"\(unreadable\)"):
        bench.ingest()
    assert bench.state("transactions") == ("refused", "unreadable")


def test_compressed_feed_of_ordinary_rows_is_far_from_the_limit(bench: Bench) -> None:
    rows = [f"T{number:09},U{number % 500:06},2025-01-06 10:00:00,{number % 97}.50"
            for number in range(50_000)]  # fmt: skip
    packed = gzip.compress(transactions(*rows).encode())
    assert len(transactions(*rows)) / len(packed) < 20
    path = bench.land("transactions", packed, name="a.csv.gz")
    with duckdb.connect() as connection:
        connection.execute(f"copy (from '{path}') to '{path.parent}/b.parquet'")
        ((count, unpacked),) = connection.execute(
            "select any_value(num_values), sum(total_uncompressed_size) from "
            f"parquet_metadata('{path.parent}/b.parquet')"
        ).fetchall()
    size = (path.parent / "b.parquet").stat().st_size
    assert (count / size < 2, unpacked / size < 20) == (True, True)
    assert DAY.isoformat() in str(path)
