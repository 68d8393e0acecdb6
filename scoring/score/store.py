"""Writing one night into the three tables of the schema ``scores``."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.cards.card import DIMENSIONS, Card
from scoring.clock import utc_now
from scoring.code_version import code_version
from scoring.errors import PermanentError
from scoring.nights import Night
from scoring.score.compiled import CompiledCard
from scoring.warehouse.content_hash import content_hash
from scoring.warehouse.sql import quote_literal

_GRAIN = ("user_key", "as_of_date", "known_on")

CONTENT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "scores": (
        *_GRAIN,
        "score",
        "score_status",
        "score_status_reason",
        "band_code",
        "pd_12m",
        "points_base",
        *(f"points_{dimension}" for dimension in DIMENSIONS),
        "points_clipped",
        "card_id",
        "months_on_book",
        "evidence_days",
        "score_low",
        "score_high",
        "evidence_strength",
    ),
    "score_points": (*_GRAIN, "feature_names", "feature_values", "bins", "points"),
    "score_reasons": (
        *_GRAIN,
        "reason_rank",
        "feature_name",
        "dimension",
        "points",
        "points_lost",
        "reason_code",
        "reason_zh",
        "reason_en",
    ),
}
"""Table -> the columns that its content hash counts: all but code and run ids."""


def check_bands(connection: duckdb.DuckDBPyConnection, night: Night, card: Card) -> None:
    """Refuse bands that do not put every possible score into exactly one band that day.

    Raises:
        PermanentError: Gap, overlap, or an uncovered end of the card's range.
    """
    bands = connection.execute(
        """
        select lower_bound, upper_bound
        from marts.score_bands
        where valid_from <= ? and (valid_to is null or ? < valid_to)
        order by lower_bound, upper_bound
        """,
        [night.as_of_date, night.as_of_date],
    ).fetchall()
    lowest, highest = card.score_range.minimum, card.score_range.maximum
    reached = lowest
    for lower, upper in bands:
        if reached > highest or lower > reached or (lower < reached and reached != lowest):
            break
        reached = upper
    else:
        if reached > highest:
            return
    raise PermanentError(
        "score bands refused",
        subject=f"score_bands@{night.as_of_date}",
        expected=f"half-open bands side by side from {lowest} to beyond {highest}",
        got=", ".join(f"{lower}-{upper}" for lower, upper in bands) or "none",
        next_step="Correct dbt_project/seeds/score_bands.csv and build the night again.",
    )


def delete_night(connection: duckdb.DuckDBPyConnection, night: Night) -> None:
    """Remove what an earlier attempt left of this night; the caller holds the transaction."""
    for table in CONTENT_COLUMNS:
        connection.execute(
            f"delete from scores.{table} where as_of_date = ? and known_on = ?",
            [night.as_of_date, night.known_on],
        )


def insert_batch(
    connection: duckdb.DuckDBPyConnection,
    night: Night,
    compiled: CompiledCard,
    batch: pa.RecordBatch,
    scored: pa.RecordBatch,
) -> None:
    """Append one scored batch to the three tables.

    Args:
        connection: The connection that holds the transaction.
        night: The night the batch belongs to.
        compiled: The card that scored it.
        batch: What was scored; ``months_on_book`` and ``evidence_days`` are carried over.
        scored: What ``score_batch`` made of it, row by row the same users.
    """
    for name in ("months_on_book", "evidence_days"):
        scored = scored.append_column(name, batch.column(name))
    parts = {
        "scored_users": _drop_lists(scored),
        "scored_points": scored.filter(scored.column("score").is_valid()),
        "scored_reasons": _flatten_reasons(scored),
    }
    for name, part in parts.items():
        connection.register(name, pa.Table.from_batches([part]))
    _insert_scores(connection, night, compiled.card)
    _insert_points(connection, night, compiled)
    _insert_reasons(connection, night, compiled)
    # Not in a finally: after a failed statement this would fail too, and hide why.
    for name in parts:
        connection.unregister(name)


def dimension_columns(card: Card) -> str:
    """SQL of a column of points for every dimension; 0 for one that the card does not have."""
    dimensions = {entry.dimension for entry in card.dimensions}
    return ", ".join(
        f"points_{name}"
        if name in dimensions
        else f"case when score is not null then 0 end as points_{name}"
        for name in DIMENSIONS
    )


def record_contents(connection: duckdb.DuckDBPyConnection, night: Night, version: str) -> None:
    """Write row count and content hash of the three tables into ``ops.table_contents``."""
    for table, columns in CONTENT_COLUMNS.items():
        rows, text = content_hash(
            connection,
            f"(select * from scores.{table} where {_night_condition(night)})",
            columns,
        )
        connection.execute(
            "insert or replace into ops.table_contents values (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                f"scores.{table}",
                night.as_of_date,
                night.known_on,
                rows,
                text,
                night.run_id,
                version,
                utc_now(),
            ],
        )


# DuckDB 2.0 fails on a run of empty lists over dictionary values ("only empty lists over a
# dictionary-encoded child", or an internal error). So it only gets lists of scored users, which
# are never empty, and reasons as flat rows.
def _drop_lists(scored: pa.RecordBatch) -> pa.RecordBatch:
    return scored.select([field.name for field in scored.schema if not _is_list(field)])


def _is_list(field: pa.Field) -> bool:
    return bool(pa.types.is_list(field.type))


def _flatten_reasons(scored: pa.RecordBatch) -> pa.RecordBatch:
    """One row per user and reason, in rank order."""
    lists = [name for name in scored.schema.names if name.startswith("reason")]
    parents = pc.list_parent_indices(scored.column(lists[0]))
    starts = scored.column(lists[0]).offsets.to_numpy()[parents.to_numpy()]
    columns = {name: scored.column(name).flatten() for name in lists}
    columns["user_key"] = scored.column("user_key").take(parents)
    columns["reason_rank"] = pa.array(np.arange(len(parents)) - starts + 1, pa.int32())
    return pa.RecordBatch.from_pydict(columns)


def _night_condition(night: Night) -> str:
    as_of_date = quote_literal(night.as_of_date.isoformat())
    return f"as_of_date = {as_of_date} and known_on = {quote_literal(night.known_on.isoformat())}"


def _insert_scores(connection: duckdb.DuckDBPyConnection, night: Night, card: Card) -> None:
    connection.execute(
        f"""
        insert into scores.scores by name
        select
            user_key,
            $as_of_date as as_of_date,
            $known_on as known_on,
            score,
            score_status,
            score_status_reason,
            band_code,
            points_base,
            {dimension_columns(card)},
            points_clipped,
            $card_id as card_id,
            months_on_book,
            evidence_days,
            $code_version as code_version,
            score_low,
            score_high,
            evidence_strength,
        from scored_users
        left join marts.score_bands as bands
            on scored_users.score >= bands.lower_bound
            and scored_users.score < bands.upper_bound
            and bands.valid_from <= $as_of_date
            and (bands.valid_to is null or $as_of_date < bands.valid_to)
        """,
        {
            "as_of_date": night.as_of_date,
            "known_on": night.known_on,
            "card_id": card.card_id,
            "code_version": code_version(),
        },
    )


def _insert_points(
    connection: duckdb.DuckDBPyConnection, night: Night, compiled: CompiledCard
) -> None:
    connection.execute(
        """
        insert into scores.score_points by name
        select
            user_key,
            $as_of_date as as_of_date,
            $known_on as known_on,
            $feature_names as feature_names,
            feature_values,
            bins,
            points,
        from scored_points
        """,
        {
            "as_of_date": night.as_of_date,
            "known_on": night.known_on,
            "feature_names": [feature.feature_name for feature in compiled.features],
        },
    )


def _insert_reasons(
    connection: duckdb.DuckDBPyConnection, night: Night, compiled: CompiledCard
) -> None:
    connection.execute(
        """
        insert into scores.score_reasons by name
        select
            user_key,
            $as_of_date as as_of_date,
            $known_on as known_on,
            reason_rank,
            reason_features as feature_name,
            $dimensions[list_position($feature_names, reason_features)] as dimension,
            reason_points as points,
            reason_points_lost as points_lost,
            reason_codes as reason_code,
            reasons_zh as reason_zh,
            reasons_en as reason_en,
        from scored_reasons
        """,
        {
            "as_of_date": night.as_of_date,
            "known_on": night.known_on,
            "feature_names": [feature.feature_name for feature in compiled.features],
            "dimensions": [feature.dimension for feature in compiled.features],
        },
    )
