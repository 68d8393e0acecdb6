"""What a build records, and how it refuses and fails."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from scoring.errors import ConfigurationError, PermanentError, TransientError
from scoring.landing.raw_views import create_raw_views
from scoring.marts import build, dbt_runner
from scoring.marts.build import build_night, build_nights
from scoring.marts.dbt_runner import NIGHTLY, run_dbt
from scoring.marts.records import MARTS
from scoring.marts.working_tables import WORKING
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.raw_world import RawWorld
from tests.scoring.marts.warehouses import NIGHTS

pytestmark = pytest.mark.xdist_group("marts")

NIGHT = Night(date(2025, 3, 31), date(2025, 3, 31), "run-1")
BILL = {
    "statement_id": "s1",
    "user_key": 1,
    "product": "huabei",
    "statement_date": "2025-03-01",
    "due_date": "2025-03-09",
    "amount_due": "100.00",
}


def test_models_are_timed_and_counted(built: Settings) -> None:
    with open_warehouse(built) as connection:
        rows = dict(connection.execute("select model, row_count from ops.model_runs").fetchall())
        seconds = connection.execute("select sum(wall_seconds) > 0 from ops.model_runs").fetchone()
    assert set(MARTS) < set(rows)
    assert rows["dim_user_night"] == 31
    assert rows["stg_consent_landings"] is None
    assert seconds == (True,)


def test_warehouse_and_environment_are_left_as_found(built: Settings) -> None:
    with open_warehouse(built) as connection:
        assert connection.execute("select count(*) from marts.products").fetchone() == (2,)
    assert not [name for name in os.environ if name.startswith("WAREHOUSE_")]


def test_dbt_writes_only_under_the_home(built: Settings) -> None:
    assert (built.root / "warehouse" / "dbt" / "dbt.log").is_file()
    left = {path.name for path in dbt_runner.DBT_PROJECT.iterdir()}
    assert not left & {"target", "logs", "dbt_packages", ".user.yml"}


def test_working_tables_go_with_their_last_reader(
    copied: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []

    def look_then_close() -> None:
        with dbt_runner._open_cursor() as connection:
            left.extend(
                name
                for (name,) in connection.execute(
                    "select table_name from duckdb_tables() where database_name = ?", [WORKING]
                ).fetchall()
            )
        close()

    close = dbt_runner._close_connections
    monkeypatch.setattr(dbt_runner, "_close_connections", look_then_close)
    build_night(copied.model_copy(update={"keep_intermediate": False}), NIGHT)
    assert left == []
    with open_warehouse(copied) as connection:
        # They were in memory, not beside it: only those that somebody looks at are in the file.
        ((in_file,),) = connection.execute(
            "select count(*) from duckdb_tables() where schema_name = 'intermediate'"
        ).fetchall()
        ((uncounted,),) = connection.execute(
            "select count(*) from ops.model_runs where run_id = ? and row_count is null"
            " and model like 'int_%'",
            [NIGHT.run_id],
        ).fetchall()
    assert (in_file, uncounted) == (3, 2)  # uncounted are the two views


def test_day_given_twice_is_refused(settings: Settings) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"build refused for marts@2025-03-31\.\.2025-03-31: expected at least one night, "
        r"each day once, got 2 nights on 1 days\. Build readings of one day",
    ):
        build_nights(settings, [NIGHT, NIGHT])


def test_no_night_is_refused(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"for marts: expected at least one night"):
        build_nights(settings, [])


def test_bill_without_minimum_needs_the_ratio(settings: Settings) -> None:
    world = RawWorld(settings)
    world.land("users", "2025-01-01", {"user_key": 1})
    world.land("statements", "2025-03-31", BILL)
    with pytest.raises(
        ConfigurationError,
        match=r"build refused for marts@2025-03-31: expected CREDITLOOP_MINIMUM_DUE_RATIO, as "
        r"revolving bills lack minimum_due, got no ratio and 1 such bills\. Set it",
    ) as caught:
        build_night(settings, NIGHT)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "harmless",
    [
        {"minimum_due": "10.00"},
        {"amount_due": "0.00"},
        {"product": "jiebei"},
        {"is_deleted": True},
        {"batch_date": "2025-04-01"},
    ],
)
def test_ratio_is_not_needed_for(settings: Settings, harmless: dict[str, object]) -> None:
    world = RawWorld(settings)
    world.land("statements", "2025-03-31", BILL | harmless)
    with open_warehouse(settings) as connection:
        create_raw_views(connection, settings)
        build._check_minimum_due(connection, settings, [NIGHT])


def test_failing_model_is_named_without_its_values(copied: Settings) -> None:
    with open_warehouse(copied) as connection:
        # DuckDB's own message would show the value that it cannot convert.
        connection.execute(
            "insert into ops.pending_chunks values ('users', 9, $$select 'secret-1'::bigint as"
            " user_key, null::timestamp as registered_at, null::bigint as merged_into_key,"
            " false as is_deleted, date '2025-01-01' as batch_date, date '2025-01-01' as dt$$)"
        )
    with (
        writer_lock(copied),
        pytest.raises(
            PermanentError,
            match=r"dbt failed for marts@2025-03-31: expected \w+ to succeed, got "
            r"Conversion Error\. See .*dbt\.log; what is published is untouched",
        ) as caught,
    ):
        run_dbt(copied, "run", "--select", "+int_users__resolved", subject="marts@2025-03-31")
    assert "secret" not in str(caught.value)


def test_failing_working_table_is_told_as_dbt_tells_it(copied: Settings) -> None:
    with open_warehouse(copied) as connection:
        connection.execute("alter table ops.run_parameters rename due_grace_days to grace")
    in_memory = copied.model_copy(update={"keep_intermediate": False})
    with (
        writer_lock(copied),
        pytest.raises(PermanentError, match=r"expected \w+ to succeed, got Binder Error\."),
    ):
        run_dbt(in_memory, "build", *NIGHTLY, subject="marts@2025-03-31")


def test_failing_test_is_named_with_its_count(copied: Settings) -> None:
    with open_warehouse(copied) as connection:
        connection.execute("delete from marts.fct_user_spending_daily where user_key = 1")
    with (
        writer_lock(copied),
        pytest.raises(
            PermanentError,
            match=r"dbt test failed for marts@2025-03-31: expected no row from "
            r"same_users_as_dim_fct_user_spending_daily_, got 2\. Run the compiled test",
        ),
    ):
        run_dbt(
            copied,
            "test",
            "--select",
            "fct_user_spending_daily",
            "--exclude",
            "test_type:unit",
            subject="marts@2025-03-31",
        )


def test_option_that_dbt_does_not_know_is_a_permanent_failure(built: Settings) -> None:
    with (
        writer_lock(built),
        pytest.raises(
            PermanentError, match=r"dbt failed for marts: expected dbt to succeed, got an error"
        ),
    ):
        run_dbt(built, "build", "--no-such-option", subject="marts")


@pytest.mark.parametrize(
    ("message", "got"),
    [
        ("IO Error: Could not set lock on file: Conflicting lock is held in PID 0", "IO Error"),
        ("IO Error: Could not write file: No space left on device", "No space left on device"),
    ],
)
def test_locked_or_full_disk_is_transient(built: Settings, message: str, got: str) -> None:
    error = dbt_runner._failure(dbt_runner.dbt_folder(built), "marts", "stg_users", message)
    assert isinstance(error, TransientError)
    assert error.got == got


def test_report_counts_rows_of_each_mart(built: Settings) -> None:
    with open_warehouse(built) as connection:
        rows = connection.execute(
            "select table_name, sum(row_count) from ops.table_contents group by 1"
        ).fetchall()
    assert sorted(rows) == sorted((f"marts.{mart}", 31) for mart in MARTS)
    assert len(NIGHTS) == 2


def test_file_does_not_grow_with_every_build_of_a_night(copied: Settings) -> None:
    sizes = []
    for _ in range(5):
        build_night(copied, NIGHT)
        sizes.append(Path(copied.warehouse_file).stat().st_size)
    # DuckDB frees whole blocks only; growth by a build's rows would show in every step.
    assert max(sizes[3:]) <= 1.1 * sizes[2]
