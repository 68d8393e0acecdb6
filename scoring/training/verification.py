"""What was trained is what runs: the finished card scores every training row as it was fitted."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from scoring.cards.card import Card
from scoring.errors import PermanentError
from scoring.score.compiled import compile_card
from scoring.score.scorer import score_batch
from scoring.training.table import EDGE_DIGITS, Column, Int64s, TrainingTable


def verify_scores(card: Card, table: TrainingTable, score: Int64s) -> None:
    """Compare the scorer's answer with the score that was fitted, row by row.

    Scorability rules are left out: training rows are scorable.

    Raises:
        PermanentError: A row differs, which is a defect of this program.
    """
    differing = int((score_rows(card, table) != score).sum())
    if differing:
        raise PermanentError(
            "card not made",
            subject=card.card_id,
            expected="the scorer's score to be the fitted one on every training row",
            got=f"{differing:,} rows of {table.rows:,} with another",
            next_step="This is a defect; report it with the parameters used.",
        )


def score_rows(card: Card, table: TrainingTable) -> Int64s:
    """The scorer's score of every row; scorability rules and ranges are left out."""
    columns = {column.name: column for column in table.columns}
    batch = pa.RecordBatch.from_pydict(
        {
            "user_key": pa.array(np.arange(table.rows)),
            "has_scoring_consent": pa.array(np.ones(table.rows, np.bool_)),
        }
        | {
            feature.feature_name: _to_arrow(columns[feature.feature_name])
            for feature in card.features
        }
    )
    bare = card.model_copy(update={"scorability": (), "evidence": None})
    scored = score_batch(compile_card(bare), batch)
    score: Int64s = scored.column("score").to_numpy().astype(np.int64)
    return score


def _to_arrow(column: Column) -> pa.Array:
    words = np.empty((column.millionths.size, 2), np.int64)
    words[:, 0] = column.millionths
    words[:, 1] = column.millionths >> 63
    valid = pa.py_buffer(np.packbits(~column.missing, bitorder="little"))
    return pa.Array.from_buffers(
        pa.decimal128(18, EDGE_DIGITS), column.millionths.size, [valid, pa.py_buffer(words)]
    )
