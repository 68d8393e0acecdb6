"""The scorer's result laid out as the columns of ``card_query``, and what a query gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from scoring.cards.card import Card
from scoring.score.scorer import score_batch
from scoring.score.sql_card import card_query

RULE_LABELS = ("missing", "unseen")


def rows_of_scorer(card: Card, batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Row by row what ``card_query`` must give."""
    return [_row(card, result) for result in score_batch(card, batch).to_pylist()]


def rows_of_duckdb(card: Card, batch: pa.RecordBatch, *, details: bool = True) -> list[Any]:
    """What the query gives in DuckDB, in the order of ``user_key``."""
    with duckdb.connect() as connection:
        connection.register("features", pa.Table.from_batches([batch]))
        query = card_query(card, "duckdb", details=details)
        return connection.sql(f"{query} order by user_key").to_arrow_table().to_pylist()


def _row(card: Card, result: dict[str, Any]) -> dict[str, Any]:
    names = ["user_key", "score", "score_status", "score_status_reason", "points_base"]
    names += [f"points_{entry.dimension}" for entry in card.dimensions]
    names += ["points_clipped"]
    names += ["score_low", "score_high", "evidence_strength"] if card.evidence else []
    row = {name: result[name] for name in names}
    nothing: Sequence[None] = [None] * len(card.features)
    values, labels, points = (
        result[name] or nothing for name in ("feature_values", "bins", "points")
    )
    for feature, value, label, earned in zip(card.features, values, labels, points, strict=True):
        name = feature.feature_name
        indices = {part.label: number for number, part in enumerate(feature.bins)}
        row |= {
            f"{name}_value": value,
            f"{name}_bin": label,
            f"{name}_bin_index": indices.get(label),
            f"{name}_points": earned,
        }
    return row
