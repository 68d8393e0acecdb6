"""Running dbt in this process: where it writes, what it may say, how its failures are told."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb

from scoring.errors import CreditloopError, PermanentError, TransientError
from scoring.marts.compiled import CompiledModel, remember_models
from scoring.marts.working_tables import SUITE, WORKING, WorkingTables
from scoring.marts.zones import offsets_text
from scoring.recording import startup
from scoring.settings import PROJECT_ROOT, Settings
from scoring.system_errors import from_storage_text
from scoring.warehouse.store import duckdb_config

DBT_PROJECT = PROJECT_ROOT / "dbt_project"

# Unit tests say nothing about tonight's rows, and tests tagged suite cost more than they tell;
# what leaves the warehouse (exposures) is built by later steps.
NIGHTLY = ("--exclude-resource-types", "unit_test", "exposure", "--exclude", f"tag:{SUITE}")
"""Options of a night's ``dbt build``."""

_FAILED_STATES = ("error", "fail", "runtime error", "partial success")
_TRANSIENT_SIGNS = ("could not set lock", "conflicting lock", "disk is full", "connection refused")


@dataclass(frozen=True)
class NodeRun:
    """How one node of a dbt invocation went.

    Attributes:
        name: Name of the model, seed or test.
        kind: dbt's resource type.
        schema: Schema of its relation.
        wall_seconds: Time it took.
        row_count: Rows of a table that is gone with the invocation; else empty.
    """

    name: str
    kind: str
    schema: str
    wall_seconds: float
    row_count: int | None = None


def dbt_folder(settings: Settings, target: str = "duckdb") -> Path:
    """Where dbt keeps a target's parsed project and log; shared, both would be parsed anew."""
    return settings.spark / "dbt" if target == "spark" else settings.root / "warehouse" / "dbt"


def run_dbt(
    settings: Settings, command: str, *options: str, subject: str, target: str = "duckdb"
) -> list[NodeRun]:
    """Run one dbt command over the warehouse; the caller holds the writer lock.

    Args:
        settings: Where the warehouse is and what it may use.
        command: ``build``, ``run``, ``test`` or ``seed``.
        *options: Further options of that command.
        subject: What it is run for, for messages (``marts@2025-01-31``).
        target: Output of ``profiles.yml``; for ``spark`` a session is open in this process.

    Returns:
        One entry per node that ran.

    Raises:
        TransientError: The file was locked or the disk full.
        PermanentError: A model, seed or test failed, or the project does not parse.
    """
    with startup():  # dbt takes seconds to import; nothing else of this module needs it
        from dbt.cli.main import dbtRunner  # noqa: PLC0415

    row_counts: dict[str, int] = {}
    with _environment(settings):
        try:
            common = _common_options(settings, target)
            outcome = dbtRunner().invoke(["parse", *common])
            if outcome.success:
                _close_log()
                working = WorkingTables(outcome.result.nodes, _open_cursor)
                runner = dbtRunner(manifest=outcome.result, callbacks=[_following(working)])
                outcome = runner.invoke([command, *common, *options])
                row_counts = working.row_counts
        finally:
            _close_connections()
            _close_log()
    results = list(getattr(outcome.result, "results", None) or [])
    folder = dbt_folder(settings, target)
    failed = [result for result in results if str(result.status) in _FAILED_STATES]
    if failed:
        raise _node_failure(folder, subject, failed[0])
    if not outcome.success:
        raise _failure(folder, subject, "dbt", str(outcome.exception or ""))
    if target == "duckdb":
        remember_models(settings, _read_compiled(results))
    return [
        NodeRun(
            name=result.node.name,
            kind=str(result.node.resource_type),
            schema=str(result.node.schema),
            wall_seconds=float(result.execution_time),
            row_count=row_counts.get(result.node.name),
        )
        for result in results
    ]


def _read_compiled(results: Sequence[Any]) -> list[CompiledModel]:
    return [
        CompiledModel(
            database=str(result.node.database),
            schema=str(result.node.schema),
            name=str(result.node.name),
            sql=result.node.compiled_code,
        )
        for result in results
        if str(result.node.resource_type) == "model" and result.node.compiled_code
    ]


def _common_options(settings: Settings, target: str) -> list[str]:
    folder = str(dbt_folder(settings, target))
    return [
        *("--project-dir", str(DBT_PROJECT)),
        *("--profiles-dir", str(DBT_PROJECT)),
        *("--target", target),
        *("--target-path", folder),
        *("--log-path", folder),
        *("--log-level", "none"),
        *("--log-level-file", "info"),
        "--no-print",
        "--no-use-colors",
        "--no-version-check",
        "--no-send-anonymous-usage-stats",
    ]


@contextmanager
def _environment(settings: Settings) -> Iterator[None]:
    """The variables that profiles.yml and the macros read, for the length of one invocation."""
    config = duckdb_config(settings)
    wanted = {
        "WAREHOUSE_FILE": str(settings.warehouse_file),
        "WAREHOUSE_MEMORY_LIMIT": str(config["memory_limit"]),
        "WAREHOUSE_TEMP_DIRECTORY": str(config["temp_directory"]),
        "WAREHOUSE_THREADS": str(config.get("threads", os.cpu_count() or 1)),
        "WAREHOUSE_WORKING": settings.warehouse_file.stem
        if settings.keep_intermediate
        else WORKING,
        "BUSINESS_ZONE_OFFSETS": offsets_text(settings.business_timezone),
        # Nobody reads dbt's own files after a night; to write them costs it a tenth of its time.
        "DBT_WRITE_JSON": os.environ.get("DBT_WRITE_JSON", "false"),
    }
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    # On a full disk dbt's own log fails too, and every line of it would be a trace on stderr.
    raises, logging.raiseExceptions = logging.raiseExceptions, False
    try:
        yield
    finally:
        logging.raiseExceptions = raises
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _following(working: WorkingTables) -> Callable[[Any], None]:
    def on_event(event: Any) -> None:
        if event.info.name == "NodeFinished":
            node = event.data.node_info
            working.finish(node.unique_id, is_made=node.node_status == "success")

    return on_event


def _open_cursor() -> duckdb.DuckDBPyConnection:
    """One more connection to what the running invocation has open."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    environment: Any = DuckDBConnectionManager.env()
    return cast("duckdb.DuckDBPyConnection", environment.conn.cursor())


def _close_connections() -> None:
    """Let go of the file: dbt-duckdb would keep it open for a next invocation."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415

    environment: Any = DuckDBConnectionManager._ENV
    if environment is not None:
        environment.close()
    DuckDBConnectionManager.close_all_connections()


def _close_log() -> None:
    """Close dbt's log file: its next invocation would drop the handler with the file still open."""
    from dbt_common.events.event_manager_client import (  # noqa: PLC0415 - as above
        cleanup_event_logger,
        get_event_manager,
    )

    for logger in get_event_manager().loggers:
        python_logger = logger._python_logger  # dbt offers no other way
        if python_logger is None:
            continue
        for handler in list(python_logger.handlers):
            python_logger.removeHandler(handler)
            handler.close()
    cleanup_event_logger()


def _node_failure(folder: Path, subject: str, result: Any) -> CreditloopError:
    if str(result.node.resource_type) in ("test", "unit_test") and result.failures:
        return PermanentError(
            "dbt test failed",
            subject=subject,
            expected=f"no row from {result.node.name}",
            got=f"{result.failures}",
            next_step=f"Run the compiled test under {folder} to see the rows; "
            "what is published is untouched.",
        )
    return _failure(folder, subject, result.node.name, str(result.message or ""))


def _failure(folder: Path, subject: str, name: str, message: str) -> CreditloopError:
    """An error that names the node and the kind of failure, but no value out of a row."""
    machine = from_storage_text(message)
    if machine is not None:
        return machine
    kind = TransientError if _is_transient(message) else PermanentError
    found = re.search(r"\b([A-Z][A-Za-z ]*? Error):", message)
    return kind(
        "dbt failed",
        subject=subject,
        expected=f"{name} to succeed",
        got=found.group(1) if found else "an error",
        next_step=f"See {folder / 'dbt.log'}; what is published is untouched, and "
        "the same command builds the night anew.",
    )


def _is_transient(message: str) -> bool:
    lowered = message.lower()
    return any(sign in lowered for sign in _TRANSIENT_SIGNS)


def model_runs(nodes: Sequence[NodeRun]) -> list[NodeRun]:
    """The models among the nodes, in the order they ran."""
    return [node for node in nodes if node.kind == "model"]


def render_runs(nodes: Sequence[NodeRun]) -> str:
    """What ran, the slowest first, as plain lines.

    Example:
        >>> print(render_runs([NodeRun("a", "seed", "s", 0.25), NodeRun("b", "test", "s", 1.5)]))
        2 nodes done in 1.8 s of work
            1.50 s  test   s.b
            0.25 s  seed   s.a
    """
    total = sum(node.wall_seconds for node in nodes)
    ranked = sorted(nodes, key=lambda node: (-node.wall_seconds, node.name))
    lines = [
        f"{node.wall_seconds:8.2f} s  {node.kind:6} {node.schema}.{node.name}" for node in ranked
    ]
    return "\n".join([f"{len(nodes)} nodes done in {total:.1f} s of work", *lines])
