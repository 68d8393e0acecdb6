"""The command as a user meets it: exit codes, one-line errors, help."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from scoring.settings import load_settings
from scoring.warehouse.store import SCHEMA_VERSION, open_warehouse
from tests.conftest import TEST_KEY


def creditloop(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "scoring.cli.main", *arguments],
        env=os.environ | {"CREDITLOOP_HOME": str(home)} | environment,
        cwd=home.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_help_lists_every_command(home: Path) -> None:
    done = creditloop("--help", home=home)
    assert done.returncode == 0
    for command in (
        "simulate", "ingest", "waive", "nightly", "backfill", "build", "check", "score", "publish",
        "rollback", "status", "explain", "doctor", "upgrade", "card",
    ):  # fmt: skip
        assert f"\n  {command} " in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nightly", "--date", "2025-02-30"), "2025-02-30"),
        (("nightly",), "--date"),
        (("ingest", "--from", "2025-01-01"), "give --date, or --from and --to"),
        (("explain",), "give --user-id or --user-key"),
        (("simulate", "--out", "x", "--days", "3"), "got no --users, --start"),
        (
            ("simulate", "--out", "x", "--users", "5", "--start", "2025-01-01", "--days", "-1"),
            "simulation refused for --days: expected a number from 1 to",
        ),
        (("simulate", "--out", "x", "--scenario", "nobody"), "scenario refused for --scenario"),
        (("publish",), "give --date, or --relocate"),
        (("check", "everything", "--date", "2025-01-01"), "everything"),
        (("nightly", "--date", "2025-01-01", "--accept-missing", "loans"), "--reason TEXT"),
        (
            ("ingest", "--date", "2025-01-01", "--accept-missing", "loan", "--reason", "x"),
            "option refused for --accept-missing: expected users | accounts",
        ),
        (("ingest", "--date", "2025-01-01", "--reopen"), "--reason TEXT"),
        (("nightly", "--date", "2999-01-01"), "expected no date after today"),
        (("nightly", "--date", "2999-01-01", "--dry-run"), "expected no date after today"),
        (("nightly", "--date", "2025-01-01", "--from-step", "scoring"), "got scoring"),
    ],
)
def test_wrong_usage_exits_2_with_a_clear_line(
    home: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = creditloop(*arguments, home=home, CREDITLOOP_IDENTITY_KEY=TEST_KEY)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_setting_exits_2_and_names_it(home: Path) -> None:
    done = creditloop("status", home=home, CREDITLOOP_MEMORY_LIMIT="lots")
    assert done.returncode == 2
    assert done.stderr.startswith("creditloop: setting refused for CREDITLOOP_MEMORY_LIMIT")
    assert done.stderr.count("\n") == 1


def test_dry_run_changes_nothing(home: Path) -> None:
    done = creditloop("nightly", "--date", "2025-01-31", "--dry-run", home=home)
    assert done.returncode == 0
    assert "ingest → check_landing → build_marts" in done.stdout
    assert not home.exists()


def test_doctor_names_the_missing_key_and_exits_2(home: Path) -> None:
    done = creditloop("doctor", home=home)
    assert done.returncode == 2
    assert "FAIL identity key: CREDITLOOP_IDENTITY_KEY is not set" in done.stdout
    assert "ok   warehouse: none yet" in done.stdout
    assert not home.exists()


def test_doctor_is_content_with_a_sound_deployment(home: Path) -> None:
    done = creditloop("doctor", home=home, CREDITLOOP_IDENTITY_KEY=TEST_KEY)
    assert "FAIL" not in done.stdout
    assert done.returncode == 0


def test_status_of_nothing_says_so_and_creates_nothing(home: Path) -> None:
    done = creditloop("status", home=home)
    assert done.returncode == 0, done.stderr
    assert not home.exists()


def test_home_that_is_a_file_is_one_clear_line(home: Path) -> None:
    home.write_text("not a folder")
    done = creditloop(
        "nightly", "--date", "2025-01-31", home=home, CREDITLOOP_IDENTITY_KEY=TEST_KEY
    )
    assert done.returncode == 2
    assert "set CREDITLOOP_HOME to another folder" in done.stderr
    assert "unforeseen" not in done.stderr


def test_accepted_absence_counts_for_every_day_of_a_range(home: Path) -> None:
    done = creditloop(
        "ingest", "--from", "2025-01-01", "--to", "2025-01-03", "--accept-missing", "loans",
        "--reason", "strike", home=home, CREDITLOOP_IDENTITY_KEY=TEST_KEY,
        CREDITLOOP_EXPECTED='{"loans": "daily"}',
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with open_warehouse(load_settings(home=home)) as connection:
        waived = connection.execute(
            "select feed, dt, reason from ops.waivers order by dt"
        ).fetchall()
    assert waived == [("loans", date(2025, 1, day), "strike") for day in (1, 2, 3)]


def test_upgrade_waits_for_the_writer(home: Path) -> None:
    with open_warehouse(load_settings(home=home)):
        done = creditloop("upgrade", home=home, CREDITLOOP_LOCK_TIMEOUT_SECONDS="0")
    assert done.returncode == 3
    assert "warehouse lock not acquired" in done.stderr
    assert (
        creditloop("upgrade", home=home).stdout
        == f"warehouse schema is at version {SCHEMA_VERSION}\n"
    )
