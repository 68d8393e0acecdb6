"""A gradient-boosting model on the same rows: what the card gives up for being readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.cards.comparison import measure_separation
from scoring.training.extras import require_library
from scoring.training.split import TRAINING
from scoring.training.table import EDGE_DIGITS, Int64s
from scoring.validation.calibration import Interval
from scoring.validation.case import Case, Floats
from scoring.validation.resampling import number_subjects, resample_aucs

ROUNDS = 250
SETTINGS: Mapping[str, object] = {
    "objective": "binary",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 50,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "feature_fraction": 0.8,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
_RISK = {"higher_is_better": -1, "lower_is_better": 1, "increasing": -1, "decreasing": 1}


@dataclass(frozen=True)
class Duel:
    """Card and challenger on one part; ``gap`` is challenger less card.

    It is None in training and with few bads.
    """

    part: str
    card_auc: float
    card_ks: float
    challenger_auc: float
    challenger_ks: float
    gap: Interval | None


@dataclass(frozen=True)
class Challenge:
    """The challenger beside the card.

    Attributes:
        column_count: Columns it was given: every candidate of the card.
        constrained_count: Columns in which its risk may go only one way.
        duels: One per part with good and bad rows.
    """

    column_count: int
    constrained_count: int
    duels: tuple[Duel, ...]


def challenge(case: Case) -> Challenge | None:
    """Train on the card's training rows and judge on the same parts; None without training rows.

    A column's risk goes only in its declared direction, or in the one that the card's points take.
    """
    if not case.has_training:
        return None
    constraints = _constraints(case)
    risk = _predict(case, constraints)
    subjects = number_subjects(case.table)
    duels = [
        _duel(case, name, rows, risk[rows], subjects[rows])
        for name, rows in case.parts.items()
        if 0 < int(case.table.target[rows].sum()) < rows.size
    ]
    return Challenge(len(constraints), sum(way != 0 for way in constraints), tuple(duels))


def _constraints(case: Case) -> Sequence[int]:
    ways = {entry.feature_name: _RISK.get(entry.monotone, 0) for entry in case.card.features}
    ways |= {name: _RISK[way] for name, way in case.directions.items() if way in _RISK}
    return [ways.get(column.name, 0) for column in case.table.columns]


def _predict(case: Case, constraints: Sequence[int]) -> Floats:
    library = require_library("lightgbm")
    columns = case.table.columns
    values = np.empty((case.table.rows, len(columns)), np.float32)
    for number, column in enumerate(columns):
        values[:, number] = column.millionths / 10**EDGE_DIGITS
        values[column.missing, number] = np.nan
    rows = case.parts[TRAINING]
    data = library.Dataset(values[rows], label=case.table.target[rows])
    settings = {**SETTINGS, "monotone_constraints": list(constraints), "seed": case.seed}
    risk: Floats = library.train(settings, data, num_boost_round=ROUNDS).predict(values)
    return risk


def _duel(case: Case, part: str, rows: Int64s, risk: Floats, subjects: Int64s) -> Duel:
    target = case.table.target[rows]
    score = case.score[rows]
    card = measure_separation(score, target == 1)
    other = measure_separation(-risk, target == 1)
    # On its own training rows each model flatters itself: no interval can mend that.
    risks = [-score.astype(np.float64), risk]
    found = None if part == TRAINING else resample_aucs(risks, target, subjects, case.seed)
    gap = None if found is None else found[2]
    return Duel(part, card.auc, card.ks, other.auc, other.ks, gap)
