"""From a table to a sealed card: the order of the work, and nothing else."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import JsonValue

from scoring.cards.calibration import pd_by_score
from scoring.cards.card import Card
from scoring.training.assembly import CardHeader, assemble_card
from scoring.training.calibration import OddsScale, fit_calibration
from scoring.training.facts import data_facts, evaluation_facts
from scoring.training.fitting import Fit, fit_features
from scoring.training.metrics import Metrics, measure
from scoring.training.parameters import TrainingParameters
from scoring.training.result import ScoredPart, TrainingResult
from scoring.training.screening import ScreenedFeature, screen_features
from scoring.training.split import CROSSED, HELD_OUT, TRAINING, Split, split_table
from scoring.training.table import Int64s, TrainingTable
from scoring.training.texts import FeatureTexts
from scoring.training.verification import verify_scores

_LOG = logging.getLogger(__name__)
_MOST_CLIPPED = 0.01
_LARGEST_LOSS = 0.05
_PROTECTED = re.compile(
    r"sex|gender|age|birth.*|marriage|marital.*|race|ethnic.*|religion|nationality|education",
    re.IGNORECASE,
)


def train_card(
    table: TrainingTable,
    header: CardHeader,
    texts: Mapping[str, FeatureTexts],
    parameters: TrainingParameters | None = None,
    split: Split | None = None,
) -> TrainingResult:
    """Train, scale, calibrate, judge and seal a card; equal arguments give an equal card.

    Args:
        table: The data.
        header: The card's own words.
        texts: Words, dimension and direction of every candidate.
        parameters: Everything else; by default as documented there.
        split: Rows of each part if the caller has chosen them; by default
            :func:`scoring.training.split.split_table` does.

    Raises:
        ConfigurationError: A training library is missing, or the header breaks a rule of cards.
        DataRefusedError: The data cannot carry a card; the message says why.
    """
    parameters = parameters or TrainingParameters()
    split = split or split_table(table, parameters)
    directions = {name: entry.direction for name, entry in texts.items()}
    screening, binnings = screen_features(table, split, parameters, directions)
    fit = fit_features(table, split, binnings, texts, parameters)
    score = np.clip(fit.totals, parameters.score_minimum, parameters.score_maximum)
    unseen = _unseen_rows(fit, split, score, parameters)
    scale = OddsScale(parameters.base_score, fit.base_odds, parameters.pdo)
    calibration = fit_calibration(
        unseen.score, table.target[unseen.rows], scale, unseen.part, header.outcome, table.name
    )
    data = data_facts(table, split, header.facts or {})
    columns: list[JsonValue] = [column.name for column in table.columns]
    training: dict[str, JsonValue] = {"columns": columns, "data": data}
    # Sealed once to have its probabilities, then again with the figures they give.
    uncounted = assemble_card(header, fit, parameters, calibration, training, texts)
    parts = _score_parts(uncounted, table, split, score)
    metrics = _measure_parts(parts, fit.totals, score)
    warnings = _find_warnings(screening, metrics, parameters)
    training |= evaluation_facts(metrics, parameters, fit.rounds, warnings)
    card = assemble_card(header, fit, parameters, calibration, training, texts)
    verify_scores(card, table, score)
    for warning in warnings:
        _LOG.warning("%s: %s", header.card_id, warning)
    return TrainingResult(
        card=card,
        parameters=parameters,
        data=data,
        screening=tuple(screening),
        dropped=fit.dropped,
        features=fit.features,
        rounds=fit.rounds,
        parts=parts,
        metrics=metrics,
        warnings=warnings,
        table=table,
        directions=directions,
    )


@dataclass(frozen=True)
class _Unseen:
    """Rows with a score by weights that did not see them, and what a card calls them."""

    part: str
    rows: Int64s
    score: Int64s


def _unseen_rows(fit: Fit, split: Split, score: Int64s, parameters: TrainingParameters) -> _Unseen:
    held = split.held_out
    if fit.crossed is None:
        return _Unseen(HELD_OUT, held, score[held])
    crossed = np.clip(fit.crossed, parameters.score_minimum, parameters.score_maximum)
    return _Unseen(
        CROSSED, np.concatenate([held, fit.training_rows]), np.concatenate([score[held], crossed])
    )


def _score_parts(
    card: Card, table: TrainingTable, split: Split, score: Int64s
) -> tuple[ScoredPart, ...]:
    by_score = pd_by_score(card) or {}
    lowest = card.score_range.minimum
    pds = np.array([float(by_score[lowest + step]) for step in range(len(by_score))])
    # A probability that rounds to 0 or 1 has no log odds.
    pds = np.clip(pds, 1e-6, 1 - 1e-6)
    return tuple(
        ScoredPart(name, rows, table.target[rows], score[rows], pds[score[rows] - lowest])
        for name, rows in split.parts().items()
    )


def _measure_parts(
    parts: Sequence[ScoredPart], totals: Int64s, score: Int64s
) -> tuple[Metrics, ...]:
    return tuple(
        measure(
            part.part,
            part.score,
            part.pd,
            part.target,
            float((totals[part.rows] != score[part.rows]).mean()),
        )
        for part in parts
    )


def _find_warnings(
    screening: Sequence[ScreenedFeature], metrics: Sequence[Metrics], parameters: TrainingParameters
) -> tuple[str, ...]:
    found = [
        f"LEAK SUSPECTED: {fate.feature_name} alone has an AUC of {fate.auc:.4f}; it may know the"
        " outcome. Exclude it, or show that it was known before."
        for fate in screening
        if fate.auc is not None and fate.auc > parameters.leak_auc
    ]
    found += [
        f"LEAK SUSPECTED: the card has an AUC of {entry.auc:.4f} on its {entry.part} part; no"
        " honest scorecard has. Look for features that know the outcome."
        for entry in metrics
        if entry.auc > parameters.leak_auc
    ]
    found += [
        f"{entry.clipped_share:.1%} of the {entry.part} rows lie outside"
        f" {parameters.score_minimum}-{parameters.score_maximum} and were clipped; another"
        " base_odds or pdo keeps them apart."
        for entry in metrics
        if entry.clipped_share > _MOST_CLIPPED
    ]
    by_part = {entry.part: entry for entry in metrics}
    found += [
        f"The AUC falls from {by_part[TRAINING].auc:.4f} in training to {entry.auc:.4f} on the"
        f" {entry.part} part."
        for entry in metrics
        if by_part[TRAINING].auc - entry.auc > _LARGEST_LOSS
    ]
    protected = [
        fate.feature_name
        for fate in screening
        if fate.is_kept and _PROTECTED.fullmatch(fate.feature_name)
    ]
    if protected:
        found.append(
            f"{', '.join(protected)}: by its name a protected attribute, which many laws forbid to"
            " score by; --exclude it unless you know better."
        )
    return tuple(found)
