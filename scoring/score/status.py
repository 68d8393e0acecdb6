"""Who is scored, and the plain reason for everybody who is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from scoring.errors import ConfigurationError
from scoring.score.columns import Mask, read_numbers, take_column, units_from_millionths
from scoring.score.compiled import CompiledCard

SCORED, NO_CONSENT, INSUFFICIENT_HISTORY = "scored", "no_consent", "insufficient_history"
STATUSES = (SCORED, NO_CONSENT, INSUFFICIENT_HISTORY)
NO_CONSENT_REASON = (
    "没有您同意信用评分的记录，因此不计算评分。 / "
    "We have no record that you agreed to credit scoring, so no score is computed."
)


@dataclass(frozen=True)
class StatusColumns:
    """One entry per row; ``reasons`` is NULL for scored rows."""

    is_scored: Mask
    has_consent: Mask
    codes: pa.Array
    reasons: pa.Array


def assign_status(compiled: CompiledCard, batch: pa.RecordBatch) -> StatusColumns:
    """Consent first (NULL is none), then the card's scorability rules in their order.

    Raises:
        ConfigurationError: A column that a rule needs is absent or of another type.
    """
    consent = take_column(batch, "has_scoring_consent")
    if not pa.types.is_boolean(consent.type):
        raise ConfigurationError(
            "feature column refused",
            subject="has_scoring_consent",
            expected="bool",
            got=str(consent.type),
            next_step="Cast the column where the batch is made.",
        )
    reasons = [NO_CONSENT_REASON]
    reason_index = np.full(batch.num_rows, -1, np.int8)
    has_consent: Mask = consent.fill_null(False).to_numpy(zero_copy_only=False)
    reason_index[~has_consent] = 0
    for (name, minimum), rule in zip(
        compiled.scorability_minimums, compiled.card.scorability, strict=True
    ):
        column = read_numbers(take_column(batch, name), name)
        fails = column.units < units_from_millionths(minimum, column.digits)
        for absent in (column.missing, column.unseen):
            if absent is not None:
                fails |= absent
        reason_index[fails & (reason_index < 0)] = len(reasons)
        reasons.append(f"{rule.reason_zh} / {rule.reason_en}")
    is_scored: Mask = reason_index < 0
    status_index = np.minimum(reason_index + 1, STATUSES.index(INSUFFICIENT_HISTORY)).astype(
        np.int8
    )
    return StatusColumns(
        is_scored=is_scored,
        has_consent=has_consent,
        codes=pa.DictionaryArray.from_arrays(pa.array(status_index), pa.array(STATUSES)),
        reasons=pa.DictionaryArray.from_arrays(
            pa.array(reason_index, mask=is_scored), pa.array(reasons)
        ),
    )
