"""Opening the build warehouse: creation, version, lock, broken files."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from datetime import date

import duckdb
import pytest

from scoring.errors import PermanentError, TransientError
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import (
    MIGRATIONS_FOLDER,
    SCHEMA_FILE,
    SCHEMA_VERSION,
    open_warehouse,
    read_schema_version,
)

EVIDENCE_COLUMNS = ("score_low", "score_high", "evidence_strength")
LATER_TABLES = (
    "ops.card_releases",
    "ops.card_runs",
    "scores.shadow_scores",
    "scores.score_changes",
    "ops.backfills",
    "ops.backfill_days",
    "ops.backfill_contents",
    "ops.restated_records",
    "ops.restatement_marks",
)
LATER_TABLES_PATTERN = re.compile(rf"create table ({'|'.join(map(re.escape, LATER_TABLES))}) ")


def _return_to_version_2(connection: duckdb.DuckDBPyConnection) -> None:
    """Take away what the migrations after version 2 made."""
    for column in EVIDENCE_COLUMNS:
        connection.execute(f"alter table scores.scores drop column {column}")
    connection.execute("drop view ops.restatements")
    for table in LATER_TABLES:
        connection.execute(f"drop table {table}")
    connection.execute("update ops.schema_version set version = 2")


def test_first_opening_creates_every_schema(settings: Settings) -> None:
    with open_warehouse(settings) as connection:
        schemas = {
            row[0]
            for row in connection.execute(
                "select schema_name from information_schema.schemata"
            ).fetchall()
        }
    assert {"raw", "staging", "intermediate", "marts", "scores", "quality", "ops"} <= schemas
    assert read_schema_version(settings) == SCHEMA_VERSION


def test_content_survives_reopening(settings: Settings) -> None:
    with open_warehouse(settings) as connection:
        connection.execute("insert into ops.run_dates values ('2025-01-31', '2025-01-31')")
    with open_warehouse(settings) as connection:
        assert connection.execute("select count(*) from ops.run_dates").fetchone() == (1,)


def test_newer_store_is_refused(settings: Settings) -> None:
    with open_warehouse(settings) as connection:
        connection.execute("update ops.schema_version set version = ?", [SCHEMA_VERSION + 1])
    with (
        pytest.raises(
            PermanentError,
            match=rf"schema version {SCHEMA_VERSION} or older, got version {SCHEMA_VERSION + 1}",
        ),
        open_warehouse(settings),
    ):
        pass


def test_older_store_gets_a_ledger_that_begins_with_the_expert_card(settings: Settings) -> None:
    with open_warehouse(settings) as connection:
        _return_to_version_2(connection)
    with open_warehouse(settings) as connection:
        rows = connection.execute(
            "select entry, card_id, state, valid_from from ops.card_releases"
        ).fetchall()
        tables = connection.execute(
            "select sql from duckdb_tables() where table_name in ('card_runs', 'shadow_scores')"
        ).fetchall()
    assert rows == [(1, "expert_v1", "champion", date(1970, 1, 1))]
    assert len(tables) == 2
    assert read_schema_version(settings) == SCHEMA_VERSION


def test_migration_makes_the_tables_of_the_schema() -> None:
    schema = SCHEMA_FILE.read_text(encoding="utf-8")
    statements = [
        statement
        for migration in sorted(MIGRATIONS_FOLDER.glob("*.sql"))
        for statement in re.findall(r"create table .*?;", migration.read_text("utf-8"), re.DOTALL)
    ]
    # Of version 2 only what later ones left of it; these are whole.
    made = [statement for statement in statements if LATER_TABLES_PATTERN.match(statement)]
    assert len(made) == len(LATER_TABLES)
    assert all(statement in schema for statement in made)


def test_foreign_duckdb_file_is_refused(settings: Settings) -> None:
    settings.warehouse_file.parent.mkdir(parents=True)
    duckdb.connect(str(settings.warehouse_file)).close()
    with (
        pytest.raises(PermanentError, match=r"DuckDB file without ops\.schema_version"),
        open_warehouse(settings),
    ):
        pass


def test_file_that_is_no_database_is_refused(settings: Settings) -> None:
    settings.warehouse_file.parent.mkdir(parents=True)
    settings.warehouse_file.write_text("not a database" * 1000, encoding="utf-8")
    with (
        pytest.raises(PermanentError, match="expected a readable DuckDB file"),
        open_warehouse(settings),
    ):
        pass
    assert settings.warehouse_file.read_text(encoding="utf-8").startswith("not a database")


def test_lock_is_reentrant_within_a_process(settings: Settings) -> None:
    with writer_lock(settings), writer_lock(settings), open_warehouse(settings) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_second_process_is_told_who_holds_the_lock(settings: Settings) -> None:
    script = textwrap.dedent(
        f"""
        from scoring.settings import load_settings
        from scoring.warehouse.lock import writer_lock
        with writer_lock(load_settings(home={str(settings.home)!r})):
            print("locked", flush=True)
            input()
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "locked\n"
        impatient = settings.model_copy(update={"lock_timeout_seconds": 0.2})
        with (
            pytest.raises(TransientError, match=f"held by process {owner.pid} on ") as caught,
            writer_lock(impatient),
        ):
            pass
        assert caught.value.exit_code == 3
        owner.kill()
    with writer_lock(settings):  # freed by the death of its owner
        pass


def test_older_store_gets_the_columns_of_evidence(settings: Settings) -> None:
    columns = EVIDENCE_COLUMNS
    with open_warehouse(settings) as connection:
        _return_to_version_2(connection)
        connection.execute(
            "insert into scores.scores (user_key, as_of_date, known_on, score_status, card_id,"
            " code_version) values (1, '2025-01-31', '2025-01-31', 'scored', 'a_v1', '0')"
        )
    with open_warehouse(settings) as connection:
        rows = connection.execute(f"select {', '.join(columns)} from scores.scores").fetchall()
        assert rows == [(None, None, None)]
    assert read_schema_version(settings) == SCHEMA_VERSION
