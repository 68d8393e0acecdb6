"""A batch from its files to raw, in every format."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from scoring.landing.contract import load_feeds
from scoring.landing.raw_views import create_raw_views
from scoring.warehouse.content_hash import content_hash
from tests.scoring.landing.conftest import DAY, USERS, Bench, of, transactions

COLUMNS = (
    "transaction_id, occurred_at, amount, direction, payment_method, status, refund_of, "
    "is_deleted, batch_date, known_basis, dt"
)


def utc(text: str) -> datetime:
    """A timestamp as raw stores it: UTC without a zone."""
    return datetime.fromisoformat(text)


def test_batch_is_loaded_with_types_defaults_and_utc(bench: Bench) -> None:
    bench.land_users()
    bench.land(
        "transactions",
        transactions("T1,U1,2025-01-06 00:30:00,12.50", "T2,U2,2025-01-06T10:00:00+09:00,7"),
    )
    report = bench.ingest()
    assert of(report, "transactions").rows_loaded == 2
    assert bench.raw("transactions", COLUMNS) == [
        (
            "T1", utc("2025-01-05 16:30"), Decimal("12.50"), "out", "other", "settled", None,
            False, DAY, "landed", DAY,
        ),
        (
            "T2", utc("2025-01-06 01:00"), Decimal("7.00"), "out", "other", "settled", None,
            False, DAY, "landed", DAY,
        ),
    ]  # fmt: skip
    assert report.summary == (
        "2 batches loaded, 0 unchanged; 4 rows read = 4 loaded + 0 held + 0 quarantined"
    )


def test_raw_columns_are_those_of_the_contract(bench: Bench) -> None:
    bench.land_users()
    bench.ingest()
    with bench.warehouse() as connection:
        create_raw_views(connection, bench.settings)
        for feed in load_feeds().values():
            described = connection.execute(f"describe raw.{feed.name}").fetchall()
            assert {row[0]: row[1] for row in described} == feed.raw_columns
            assert [row[0] for row in described] == list(feed.raw_columns)


def _as_csv(rows: list[dict[str, object]]) -> bytes:
    names = list(rows[0])
    lines = [",".join(names)]
    lines += [",".join("" if row[n] is None else str(row[n]) for n in names) for row in rows]
    return ("\n".join(lines) + "\n").encode()


ROWS: list[dict[str, object]] = [
    {"transaction_id": "T1", "user_id": "U1", "occurred_at": "2025-01-06 01:02:03",
     "confirmed_at": None, "amount": "10.10", "channel": "app"},
    {"transaction_id": "T2", "user_id": "U2", "occurred_at": "2025-01-05 23:59:59.123456",
     "confirmed_at": "2025-01-06 00:00:00", "amount": "0.01", "channel": None},
]  # fmt: skip


def _land_rows(bench: Bench, file_format: str) -> None:
    if file_format in ("csv", "csv.gz"):
        bench.land("transactions", _as_csv(ROWS), name=f"part.{file_format}")
    elif file_format == "jsonl":
        lines = "".join(json.dumps(row) + "\n" for row in ROWS)
        bench.land("transactions", lines, name="part.jsonl")
    else:
        path = bench.folder("transactions") / "part.parquet"
        csv = bench.settings.root / "rows.csv"
        csv.write_bytes(_as_csv(ROWS))
        amount = "amount::decimal(18,2)" if file_format == "parquet" else "amount::double"
        duckdb.sql(
            f"copy (select * replace ({amount} as amount, occurred_at::timestamp as occurred_at) "
            f"from read_csv('{csv}', all_varchar = true)) to '{path}' (format parquet)"
        )


def test_content_hash_is_the_same_in_every_format(bench: Bench) -> None:
    bench.land_users()
    hashes = {}
    for file_format in ("csv", "csv.gz", "jsonl", "parquet", "parquet_double"):
        for path in bench.folder("transactions").iterdir():
            path.unlink()
        _land_rows(bench, file_format)
        bench.ingest(feeds=["users", "transactions"])
        (row,) = [each for each in bench.content() if each[0] == "transactions"]
        hashes[file_format] = row
    assert len(set(hashes.values())) == 1, hashes
    assert hashes["csv"][5:] == (2, 2, 0, 0, 0)


def test_recorded_hash_is_the_content_hash_of_the_raw_file(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", "T2,U2,2025-01-06,2"))
    bench.ingest()
    feed = load_feeds()["transactions"]
    ((stored, raw_file),) = bench.query(
        "select content_hash, raw_file from ops.batches where feed = 'transactions'"
    )
    with bench.warehouse() as connection:
        relation = f"read_parquet('{bench.settings.raw / raw_file}', hive_partitioning = false)"
        assert content_hash(connection, relation, list(feed.raw_columns)) == (2, stored)


def test_several_files_and_formats_make_one_batch(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1"), name="a.csv")
    bench.land("transactions", transactions("T2,U1,2025-01-06,2"), name="b.csv.gz")
    bench.land(
        "transactions",
        "amount,transaction_id,occurred_at,user_id\n3,T3,2025-01-06,U2\n",
        name="c.CSV",
    )
    line = {"transaction_id": "T4", "user_id": "U2", "occurred_at": "2025-01-06", "amount": 4}
    bench.land("transactions", json.dumps(line), name="d.jsonl")
    report = bench.ingest()
    assert of(report, "transactions").rows_loaded == 4
    assert bench.raw("transactions", "transaction_id, amount") == [
        (f"T{number}", Decimal(number)) for number in range(1, 5)
    ]
    assert len([name for name in bench.raw_files() if name.startswith("transactions")]) == 1


def test_user_id_appears_nowhere_but_in_the_vault(bench: Bench) -> None:
    bench.land_users(text="user_id,merged_into\nSECRET-1,\nSECRET-2,SECRET-1\n")
    bench.land("transactions", transactions("T1,SECRET-1,2025-01-06,1", "T2,SECRET-2,oops,1"))
    bench.ingest()
    assert bench.raw("users", "user_key is not null, merged_into_key is not null") == [
        (True, False), (True, True),
    ]  # fmt: skip
    files = [path for path in bench.settings.root.rglob("*") if path.is_file()]
    hits = {
        path.relative_to(bench.settings.root).parts[0]
        for path in files
        if b"SECRET-" in path.read_bytes()
    }
    assert hits == {"landing", "vault"}


def test_unknown_users_rows_are_held_and_kept(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", "T2,U9,2025-01-06,2"))
    report = bench.ingest()
    found = of(report, "transactions")
    assert (found.rows_read, found.rows_loaded, found.rows_held) == (2, 1, 1)
    assert len(bench.raw("transactions")) == 2


def test_user_of_a_later_batch_is_not_known_yet(bench: Bench) -> None:
    later = date(2025, 1, 7)
    bench.land_users()
    bench.land_users(later, "user_id\nU9\n")
    for day in (DAY, later):
        bench.land("transactions", transactions(f"T{day},U9,2025-01-06,2"), dt=day)
    report = bench.ingest(DAY, later)
    assert of(report, "transactions", DAY).rows_held == 1
    assert of(report, "transactions", later).rows_held == 0


def test_withdrawn_row_needs_only_its_key(bench: Bench) -> None:
    bench.land_users()
    bench.land(
        "repayments",
        "repayment_id,user_id,paid_at,loan_id,amount,is_deleted\nR1,,,,,true\nR2,U1,2025-01-06,L1,5,\n"
        "R3,,,,,false\n",
    )
    report = bench.ingest()
    assert of(report, "repayments").rows_quarantined == 1
    assert bench.rules() == [("required", "user_id", 3)]
    assert bench.raw("repayments", "repayment_id, is_deleted") == [("R1", True), ("R2", False)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "repayment_id,is_deleted\nR1,true\n"),
        ("a.jsonl", '{"repayment_id": "R1", "is_deleted": true}\n'),
    ],
)
def test_file_of_withdrawals_needs_key_columns_only(bench: Bench, name: str, content: str) -> None:
    bench.land("repayments", content, name=name)
    bench.ingest()
    assert bench.raw("repayments", "repayment_id, user_key, is_deleted") == [("R1", None, True)]


def test_live_row_beside_withdrawals_is_quarantined_for_what_it_lacks(bench: Bench) -> None:
    bench.land("repayments", "repayment_id,is_deleted\nR1,true\nR2,false\n")
    bench.ingest()
    assert bench.raw("repayments", "repayment_id") == [("R1",)]
    assert bench.query("select rule, column_name from quality.quarantine") == [
        ("required", "user_id")
    ]


def test_empty_batch_by_control_file_is_loaded(bench: Bench) -> None:
    bench.land_users()
    (bench.folder("disputes") / "_control.json").write_text('{"rows": 0}', encoding="utf-8")
    report = bench.ingest()
    assert of(report, "disputes").outcome == "loaded"
    assert bench.state("disputes") == ("loaded", None)
    assert bench.raw("disputes") == []


def test_extra_columns_are_kept_out_and_reported(bench: Bench) -> None:
    bench.land_users(text="user_id,shoe_size\nU1,44\n")
    line = '{"dispute_id": "D1", "user_id": "U1", "record_kind": "loan", "record_id": "L1", '
    bench.land("disputes", line + '"opened_at": "2025-01-06", "mood": {"a": 1}}\n', name="x.jsonl")
    report = bench.ingest()
    assert of(report, "users").extra_columns == ("shoe_size",)
    assert of(report, "disputes").extra_columns == ("mood",)
    assert report.warnings[0] == (
        "users: columns outside the contract were kept out, from 2025-01-06 on: shoe_size"
    )
    assert bench.query("select feed, extra_columns from ops.batches order by feed") == [
        ("disputes", ["mood"]), ("users", ["shoe_size"]),
    ]  # fmt: skip


def test_range_equals_day_by_day(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    days = [date(2025, 1, day) for day in (6, 7, 8)]
    for number, day in enumerate(days):
        bench.land_users(day, USERS if number == 0 else f"user_id\nN{number}\n")
        rows = [f"T{number}-{i},N{i % 3},{day} 10:00:00,{i}.5{i % 10}" for i in range(12)]
        bench.land("transactions", transactions(*rows, "bad,U1,x,1", "T,U1"), dt=day)
    bench.ingest(days[0], days[-1])
    at_once, keys = bench.content(), bench.raw("transactions", "transaction_id, user_key")

    single = bench.beside(tmp_path_factory.mktemp("other"))
    for day in days:
        single.ingest(day, day)
    assert single.content() == at_once
    assert single.raw("transactions", "transaction_id, user_key") == keys
    assert [row[5:] for row in at_once if row[0] == "transactions"] == [
        (14, 0, 12, 2, 0),
        (14, 4, 8, 2, 0),
        (14, 8, 4, 2, 0),
    ]


def test_ingest_again_changes_nothing(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", "bad,U1,x,1"))
    bench.ingest()
    before = (bench.content(), bench.raw_files(), bench.query("from quality.quarantine"))
    report = bench.ingest()
    assert {each.outcome for each in report.batches} == {"unchanged"}
    assert (bench.content(), bench.raw_files(), bench.query("from quality.quarantine")) == before


def test_replaced_unsealed_batch_leaves_nothing_of_the_old_one(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", "bad,U1,x,1"))
    bench.ingest()
    old = bench.raw_files()
    bench.land("transactions", transactions("T2,U1,2025-01-06,2"))
    bench.ingest()
    assert bench.raw("transactions", "transaction_id") == [("T2",)]
    assert bench.rules() == []
    assert len(bench.raw_files()) == len(old) == 2
    assert bench.raw_files() != old


def test_replaced_users_batch_recounts_known_users(bench: Bench) -> None:
    bench.land_users()
    bench.ingest()
    bench.land_users(text="user_id\nU2\nU3\n")
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", "T3,U3,2025-01-06,1"))
    report = bench.ingest()
    assert of(report, "transactions").rows_held == 1
    assert bench.query("select count(*), min(first_dt) from ops.known_users") == [(2, DAY)]
