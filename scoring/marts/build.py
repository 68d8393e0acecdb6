"""The step ``build_marts``: the feature marts of one night, or of several in one dbt invocation."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

import duckdb

from scoring.engines.engine import engine_of
from scoring.engines.spark_tables import keep_nights
from scoring.errors import ConfigurationError
from scoring.landing.raw_views import create_raw_views
from scoring.marts.dbt_runner import DBT_PROJECT, render_runs
from scoring.marts.records import (
    MARTS,
    drop_leftovers,
    prune_marts,
    record_contents,
    record_models,
)
from scoring.nights import Night, StepReport
from scoring.settings import Settings
from scoring.warehouse.lock import writer_lock
from scoring.warehouse.store import open_warehouse

log = logging.getLogger(__name__)


def build_night(settings: Settings, night: Night) -> StepReport:
    """Build the marts of one night; see ``build_nights``."""
    return build_nights(settings, [night])


def build_nights(settings: Settings, nights: Sequence[Night]) -> StepReport:
    """Replace the marts' rows of exactly these nights and record what was built.

    Args:
        settings: The deployment.
        nights: At least one, each business day at most once.

    Returns:
        Rows per mart, over all the nights.

    Raises:
        ConfigurationError: A day occurs twice, or bills need a minimum that no setting gives.
        TransientError: The warehouse is locked or the disk full.
        PermanentError: A model or a test failed.
    """
    _check_nights(nights)
    subject = _subject(nights)
    engine = engine_of(settings)
    with writer_lock(settings):
        with open_warehouse(settings) as connection:
            create_raw_views(connection, settings)
            _check_minimum_due(connection, settings, nights)
            write_inputs(connection, settings, nights)
            engine.prepare_build(connection, settings)
            _forget_files(connection, settings, nights)
        nodes = engine.build_marts(settings, nights, subject)
        log.info("%s: %s", subject, render_runs(nodes))
        with open_warehouse(settings) as connection:
            prune_marts(connection, settings.feature_nights_kept, nights)
            record_models(connection, nights, nodes)
            drop_leftovers(connection, nodes)
            row_counts = record_contents(connection, nights)
            _examine(connection)
            connection.execute("checkpoint")
    users = row_counts["dim_user_night"]
    return StepReport(
        f"{users:,} user rows in each of {len(MARTS)} marts for {len(nights)} night(s)", row_counts
    )


def _examine(connection: duckdb.DuckDBPyConnection) -> None:
    """Note which published nights the batches just taken in would restate."""
    from scoring.backfill.restatements import (  # noqa: PLC0415 - what it knows of events needs us
        examine_staging,
    )

    examine_staging(connection)


def _forget_files(
    connection: duckdb.DuckDBPyConnection, settings: Settings, nights: Sequence[Night]
) -> None:
    """Delete what Spark left of these nights, which any engine builds anew, and of pruned ones."""
    rows = connection.execute(
        "select 1 from duckdb_tables() where schema_name = 'marts' and table_name = ?", [MARTS[0]]
    ).fetchall()
    known = (
        connection.execute(
            "select distinct as_of_date::varchar, known_on::varchar from marts.dim_user_night"
        ).fetchall()
        if rows
        else []
    )
    built = {(str(night.as_of_date), str(night.known_on)) for night in nights}
    keep_nights(settings, set(known) - built)


def _subject(nights: Sequence[Night]) -> str:
    days = sorted(night.as_of_date for night in nights)
    return f"marts@{days[0]}" if len(days) == 1 else f"marts@{days[0]}..{days[-1]}"


def _check_nights(nights: Sequence[Night]) -> None:
    days = [night.as_of_date for night in nights]
    if not days or len(set(days)) != len(days):
        raise ConfigurationError(
            "build refused",
            subject=_subject(nights) if days else "marts",
            expected="at least one night, each day once",
            got=f"{len(days)} nights on {len(set(days))} days",
            next_step="Build readings of one day with different known_on one after the other.",
        )


def _check_minimum_due(
    connection: duckdb.DuckDBPyConnection, settings: Settings, nights: Sequence[Night]
) -> None:
    if settings.minimum_due_ratio is not None:
        return
    known_on: date = max(night.known_on for night in nights)
    row = connection.execute(
        """
        select count(*)
        from raw.statements
        where (product is null or product in (
            select product_code from read_csv(?, header = true, all_varchar = true)
            where family = 'revolving'
        )) and not is_deleted and amount_due > 0 and minimum_due is null and batch_date <= ?
        """,
        [str(DBT_PROJECT / "seeds" / "products.csv"), known_on],
    ).fetchone()
    lacking = row[0] if row else 0
    if lacking:
        raise ConfigurationError(
            "build refused",
            subject=_subject(nights),
            expected="CREDITLOOP_MINIMUM_DUE_RATIO, as revolving bills lack minimum_due",
            got=f"no ratio and {lacking} such bills",
            next_step="Set it to the share of a bill that keeps it from being overdue, e.g. 0.10, "
            "or land minimum_due.",
        )


def write_inputs(
    connection: duckdb.DuckDBPyConnection, settings: Settings, nights: Sequence[Night]
) -> None:
    """Write what the models read besides rows: the nights, and the settings they depend on."""
    connection.begin()
    connection.execute("delete from ops.run_dates")
    for night in nights:
        connection.execute(
            "insert into ops.run_dates values (?, ?)", [night.as_of_date, night.known_on]
        )
    connection.execute("delete from ops.run_parameters")
    connection.execute(
        "insert into ops.run_parameters values (?, ?, ?)",
        [settings.business_timezone, settings.minimum_due_ratio, settings.due_grace_days],
    )
    connection.commit()
