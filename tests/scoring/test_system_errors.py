"""Trouble of the machine reads like every other error."""

from __future__ import annotations

import errno
import os
from datetime import date

import duckdb
import pytest

from scoring.errors import ConfigurationError, CreditloopError, PermanentError, TransientError
from scoring.recording import StepReport, run_recorded
from scoring.settings import Settings, load_settings
from scoring.system_errors import as_known_error
from scoring.warehouse.store import open_warehouse

DAY = date(2025, 1, 31)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (OSError(errno.ENOSPC, "x", "/home/a"), TransientError, "for /home/a: .* No space left"),
        (OSError(errno.EROFS, "x", "/home/a"), ConfigurationError, "got Read-only file system"),
        (PermissionError(errno.EACCES, "x"), ConfigurationError, "for the file system: .*denied"),
        (
            duckdb.IOException("Could not write: No space left on device"),
            TransientError,
            "file not written for DuckDB: expected room and a working disk",
        ),
        (
            duckdb.TransactionException("Failed to commit: No space left on device"),
            TransientError,
            "Make room or wait",
        ),
        (
            duckdb.Error("Corrupt database file: computed checksum 1 does not match"),
            PermanentError,
            "expected blocks that match their checksums, .* Run `creditloop doctor --files`",
        ),
        (MemoryError(), ConfigurationError, "for this process: .* CREDITLOOP_MEMORY_LIMIT"),
        (
            duckdb.OutOfMemoryException("failed to pin block"),
            ConfigurationError,
            "Raise CREDITLOOP_MEMORY_LIMIT",
        ),
    ],
)
def test_trouble_of_the_machine_is_named(
    error: Exception, kind: type[CreditloopError], message: str
) -> None:
    known = as_known_error(error)
    assert type(known) is kind
    with pytest.raises(kind, match=message):
        raise known


def test_what_is_no_trouble_of_the_machine_stays_unforeseen() -> None:
    assert as_known_error(ValueError("user u42 owes 17.50")) is None
    assert as_known_error(OSError(errno.EPIPE, os.strerror(errno.EPIPE))) is None
    assert as_known_error(duckdb.ConversionException("No space left on device")) is None
    assert as_known_error(duckdb.IOException("No files found that match the pattern")) is None


def test_what_the_disk_did_first_is_named_not_what_followed() -> None:
    with pytest.raises(duckdb.TransactionException) as caught:  # noqa: PT012 - one after the other
        try:
            raise duckdb.IOException("Could not write: No space left on device")
        finally:
            raise duckdb.TransactionException("cannot rollback - no transaction is active")
    assert type(as_known_error(caught.value)) is TransientError


def test_full_disk_in_a_step_is_transient_and_recorded(settings: Settings) -> None:
    def work() -> StepReport:
        raise OSError(errno.ENOSPC, "x", "/home/spill")

    with pytest.raises(TransientError, match="for /home/spill"):
        run_recorded(settings, "demo", "run-1", DAY, DAY, work)
    with open_warehouse(settings) as connection:
        rows = connection.execute("select state, message from ops.step_runs").fetchall()
    assert [(state, message[:16]) for state, message in rows] == [("failed", "file not written")]


def test_home_that_is_a_file_is_a_wrong_setting(settings: Settings) -> None:
    settings.root.write_text("not a folder")
    with pytest.raises(ConfigurationError, match="set CREDITLOOP_HOME to another folder"):
        run_recorded(
            load_settings(home=settings.root), "demo", "run-1", DAY, DAY, lambda: StepReport("ok")
        )
