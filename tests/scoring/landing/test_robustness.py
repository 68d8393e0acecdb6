"""What happens when the machine, not the data, is at fault."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from scoring.errors import PermanentError, TransientError
from scoring.landing import reading
from scoring.landing.batches import BatchRecord
from scoring.landing.loading import check_balance
from scoring.landing.opening import open_files
from scoring.landing.raw_files import protect_spill_files, remove_leftovers
from scoring.landing.sources import typed_select
from tests.scoring.landing.conftest import DAY, Bench, transactions


@pytest.mark.parametrize(("is_protected", "is_readable"), [(True, False), (False, True)])
def test_spilled_user_ids_are_encrypted(
    tmp_path: Path, is_protected: bool, is_readable: bool
) -> None:
    connection = duckdb.connect(
        str(tmp_path / "w.duckdb"),
        config={"temp_directory": str(tmp_path / "spill"), "memory_limit": "60MB", "threads": "1"},
    )
    if is_protected:
        protect_spill_files(connection)
    connection.execute(
        "create temp table ids as "
        "select 'SECRET' || i || repeat('x', 50) as u from range(2000000) as numbers(i)"
    )
    spilled = b"".join(path.read_bytes() for path in (tmp_path / "spill").iterdir())
    assert len(spilled) > 1_000_000
    assert (b"SECRET" in spilled) is is_readable
    connection.close()


def test_ingest_protects_its_spill_files(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    original = open_files

    def spy(connection: duckdb.DuckDBPyConnection, *arguments: Any) -> Any:
        setting = "select current_setting('temp_file_encryption')"
        seen.extend(connection.execute(setting).fetchall())
        return original(connection, *arguments)

    monkeypatch.setattr(reading, "open_files", spy)
    bench.land_users()
    bench.ingest()
    assert seen == [(True,)]


def test_bulk_read_that_fails_without_a_bad_file_is_transient(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = typed_select

    def fails_in_bulk(feed: Any, group: Any, *rest: Any) -> str:
        if len(group.files) > 1:
            return "select * from read_csv('no such file')"
        return original(feed, group, *rest)

    monkeypatch.setattr(reading, "typed_select", fails_in_bulk)
    bench.land("users", "user_id\nU1\n", name="a.csv")
    bench.land("users", "user_id\nU2\n", name="b.csv")
    message = (
        "ingest interrupted for users: expected room in memory and on the warehouse's disk, got "
        "none while reading files that are readable one by one. Free some, or raise "
        "CREDITLOOP_MEMORY_LIMIT, and repeat the command."
    )
    with pytest.raises(TransientError, match=f"^{re.escape(message)}$"):
        bench.ingest()
    assert bench.content() == []


def test_rows_that_do_not_add_up_are_never_recorded() -> None:
    record = BatchRecord(
        "users", DAY, "loaded", "landed", rows_read=3, rows_loaded=1, rows_held=0,
        rows_quarantined=1,
    )  # fmt: skip
    message = (
        "batch not recorded for users@2025-01-06: expected rows read (3) = loaded + held + "
        "quarantined, got 2. This is a defect of creditloop: report it with the file's shape."
    )
    with pytest.raises(PermanentError, match=f"^{re.escape(message)}$"):
        check_balance(record)


def test_leftovers_of_a_killed_run_are_removed(bench: Bench) -> None:
    bench.land_users()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1"))
    bench.ingest()
    aside = bench.settings.temp / "raw-users-2025-01-06.parquet"
    orphan = bench.settings.raw / "transactions" / f"dt={DAY}" / "old.parquet"
    aside.write_bytes(b"half")
    orphan.write_bytes(b"old")
    remove_leftovers(bench.settings)
    assert not aside.exists()
    bench.land("transactions", transactions("T1,U1,2025-01-06,1", "T2,U1,2025-01-06,1"))
    bench.ingest()
    assert not orphan.exists()
    assert len(bench.raw_files()) == 2
