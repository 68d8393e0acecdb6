"""Cases from a training, and from a finished card with rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import JsonValue, ValidationError

from scoring.cards.calibration import stated_probability
from scoring.cards.card import Card
from scoring.errors import DataRefusedError
from scoring.training.binning import Direction
from scoring.training.parameters import TrainingParameters
from scoring.training.refusals import table_refused
from scoring.training.result import TrainingResult
from scoring.training.split import split_table
from scoring.training.table import Int64s, TrainingTable
from scoring.validation.case import WHOLE, Case, Floats, Grouping, Mask
from scoring.validation.options import ReportOptions

_SMALLEST_PD = 1e-6


def case_of_training(
    result: TrainingResult,
    options: ReportOptions,
    *,
    protected: tuple[Grouping, ...] = (),
    segments: tuple[Grouping, ...] = (),
) -> Case:
    """A card just trained, on its own training data."""
    score = np.full(result.table.rows, result.card.score_range.minimum, np.int64)
    for part in result.parts:
        score[part.rows] = part.score
    return Case(
        card=result.card,
        table=result.table,
        score=score,
        pd=_probabilities(result.card, score),
        parts={part.part: part.rows for part in result.parts},
        facts=result.data,
        protected=protected,
        segments=segments,
        screening=result.screening,
        dropped=result.dropped,
        directions=result.directions,
        warnings=result.warnings,
        cut_off=options.cut_off_of(result.card),
        floor_rows=options.floor_rows,
        seed=result.parameters.seed,
    )


def case_of_card(
    card: Card,
    table: TrainingTable,
    score: Int64s,
    is_scored: Mask,
    options: ReportOptions,
    *,
    facts: Mapping[str, JsonValue],
    protected: tuple[Grouping, ...] = (),
    segments: tuple[Grouping, ...] = (),
    directions: Mapping[str, Direction] | None = None,
) -> Case:
    """A finished card on rows that may or may not be those of its training.

    Args:
        card: The card.
        table: The rows.
        score: Of every row.
        is_scored: Whether the card scores the row; the others are in no part.
        options: Of the reader.
        facts: What is known of the rows if they are new.
        protected: Protected attributes.
        segments: Other groups.
        directions: Declared directions.

    Raises:
        DataRefusedError: The card scores no row.
    """
    training, known = card.training or {}, training_facts(card)
    parts = _split_again(training, known, table)
    if parts is None:
        parts = {WHOLE: np.arange(table.rows)}
        known = {"name": table.name, "content_hash": table.content_hash(), **facts}
    warnings = training.get("warnings") if WHOLE not in parts else None
    parts = {name: rows[is_scored[rows]] for name, rows in parts.items()}
    parts = {name: rows for name, rows in parts.items() if rows.size}
    if not parts:
        raise _nobody_scored(table)
    parameters = training.get("parameters")
    seed = parameters.get("seed") if isinstance(parameters, dict) else None
    return Case(
        card=card,
        table=table,
        score=score,
        pd=_probabilities(card, score),
        parts=parts,
        facts={**known, "not_scored": int((~is_scored).sum())},
        protected=protected,
        segments=segments,
        directions=directions or {},
        warnings=tuple(str(text) for text in warnings) if isinstance(warnings, list) else (),
        cut_off=options.cut_off_of(card),
        floor_rows=options.floor_rows,
        seed=seed if isinstance(seed, int) else 7,
    )


def training_facts(card: Card) -> Mapping[str, JsonValue]:
    """``training.data`` of a card; empty for an expert card."""
    found = (card.training or {}).get("data")
    return found if isinstance(found, dict) else {}


def _split_again(
    training: Mapping[str, JsonValue], known: Mapping[str, JsonValue], table: TrainingTable
) -> dict[str, Int64s] | None:
    """The parts of the training, if these are its rows and it split them as it does by default."""
    if known.get("content_hash") != table.content_hash():
        return None
    try:
        parameters = TrainingParameters.model_validate(training.get("parameters"))
        parts = split_table(table, parameters).parts()
    except (ValidationError, DataRefusedError):
        return None
    counted = {
        name: {"rows": int(rows.size), "bads": int(table.target[rows].sum())}
        for name, rows in parts.items()
    }
    return parts if counted == known.get("split") else None


def _probabilities(card: Card, score: Int64s) -> Floats:
    # A probability that rounds to 0 or 1 has no log odds.
    stated = stated_probability(card, score)
    return np.clip(stated, _SMALLEST_PD, 1 - _SMALLEST_PD)


def _nobody_scored(table: TrainingTable) -> DataRefusedError:
    return table_refused(
        table.name,
        expected="rows that the card scores",
        got=f"none of {table.rows:,}",
        next_step="Look at the card's scorability rules: creditloop card show CARD.json",
    )
