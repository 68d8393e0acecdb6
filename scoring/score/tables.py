"""Scoring any table that has a card's columns: the answer of ``card score``."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np
import pyarrow as pa

from scoring.cards.calibration import PD_DECIMALS, pd_by_score
from scoring.cards.card import Card
from scoring.errors import ConfigurationError
from scoring.score.compiled import CompiledCard, compile_card
from scoring.score.ranking import REASON_COUNT
from scoring.score.scorer import score_batch

BATCH_ROWS = 65_536
CONSENT, KEY = "has_scoring_consent", "user_key"


def score_table(card: Card, table: pa.Table) -> pa.Table:
    """Score every row; nothing of the table is changed or moved.

    A table of somebody's own holds no consents of ours: whoever is in it is scored, unless it has a
    column ``has_scoring_consent``. The card's scorability rules hold.

    Args:
        card: A checked card.
        table: Has the columns that the card names.

    Returns:
        The table with ``score``, ``score_status``, ``pd`` (NULL without calibration),
        ``points_base``, ``points_<feature>`` for each feature, ``points_clipped`` (they sum to the
        score), and ``reason_<n>``, ``reason_<n>_zh``, ``reason_<n>_en`` for n of 1 to 4, most
        points lost first.

    Raises:
        ConfigurationError: A column is absent, of another type, or named as one to be added.
    """
    # The range around a score asks for what only the warehouse knows of a user.
    compiled = compile_card(card.model_copy(update={"evidence": None}))
    added = pa.Table.from_batches([_score_part(compiled, batch) for batch in _batches(card, table)])
    taken = sorted(set(added.column_names) & set(table.column_names))
    if taken:
        raise ConfigurationError(
            "table not scored",
            subject=card.card_id,
            expected="no column named as one that is added",
            got=", ".join(taken),
            next_step="Rename or drop it.",
        )
    for name in added.column_names:
        table = table.append_column(name, added.column(name))
    return table


def _batches(card: Card, table: pa.Table) -> list[pa.RecordBatch]:
    wanted = [feature.feature_name for feature in card.features]
    wanted += [rule.feature_name for rule in card.scorability]
    has_consents = CONSENT in table.column_names
    names = [name for name in dict.fromkeys(wanted) if name in table.column_names]
    part = table.select(names + [CONSENT] * has_consents)
    if not has_consents:
        part = part.append_column(CONSENT, pa.array(np.ones(table.num_rows, np.bool_)))
    elif not pa.types.is_boolean(part.schema.field(CONSENT).type):
        column = part.column(CONSENT).cast(pa.bool_())
        part = part.set_column(part.schema.get_field_index(CONSENT), CONSENT, column)
    if KEY in names:
        part = part.drop_columns([KEY])
    part = part.append_column(KEY, pa.array(np.arange(table.num_rows)))
    batches: list[pa.RecordBatch] = part.combine_chunks().to_batches(BATCH_ROWS)
    return batches


def _score_part(compiled: CompiledCard, batch: pa.RecordBatch) -> pa.RecordBatch:
    scored = score_batch(compiled, batch)
    score = scored.column("score")
    columns: dict[str, pa.Array] = {
        "score": score,
        "score_status": scored.column("score_status").cast(pa.string()),
        "pd": _pds(score, pd_by_score(compiled.card)),
        "points_base": scored.column("points_base"),
    }
    for number, feature in enumerate(compiled.features):
        points = _nth(scored.column("points"), number)
        columns[f"points_{feature.feature_name}"] = points
    columns["points_clipped"] = scored.column("points_clipped")
    for rank in range(REASON_COUNT):
        for source, suffix in (("reason_codes", ""), ("reasons_zh", "_zh"), ("reasons_en", "_en")):
            columns[f"reason_{rank + 1}{suffix}"] = _nth(scored.column(source), rank)
    return pa.RecordBatch.from_pydict(columns)


def _pds(score: pa.Array, by_score: Mapping[int, Decimal] | None) -> pa.Array:
    kind = pa.decimal128(PD_DECIMALS + 2, PD_DECIMALS)
    if by_score is None:
        return pa.nulls(len(score), kind)
    lowest = min(by_score)
    values = pa.array([by_score[lowest + step] for step in range(len(by_score))], kind)
    return values.take(pa.array([None if s is None else s - lowest for s in score.to_pylist()]))


def _nth(lists: pa.ListArray, position: int) -> pa.Array:
    """The value at ``position`` of each list, NULL where a list is shorter or NULL."""
    starts = lists.offsets.to_numpy()[:-1]
    lengths = np.diff(lists.offsets.to_numpy())
    has_value = (lengths > position) & lists.is_valid().to_numpy(zero_copy_only=False)
    places = pa.array(np.where(has_value, starts + position, 0), mask=~has_value)
    values = lists.values
    if pa.types.is_dictionary(values.type):
        values = values.cast(pa.string())
    return values.take(places)
