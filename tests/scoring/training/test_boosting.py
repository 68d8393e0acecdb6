"""Weights of bins that are boosted together."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.errors import DataRefusedError
from scoring.training.binning import Binning, make_binning
from scoring.training.boosting import fit_boosted
from scoring.training.parameters import TrainingParameters
from scoring.training.split import fold_numbers
from scoring.training.table import Column
from scoring.training.weights import FittedWeights, TrainingRows

ROWS = 8_000
MILLION = 10**6
PARAMETERS = TrainingParameters(learning_rate=0.2)
RANDOM = np.random.default_rng(11)
VALUES = RANDOM.integers(0, 4, ROWS)
OTHERS = np.clip(VALUES + RANDOM.integers(0, 2, ROWS), 0, 4)
FOLDS = fold_numbers([str(row) for row in range(ROWS)], 4, 7)


def outcomes(odds: np.ndarray) -> np.ndarray:
    """1 bad, 0 good, by these log odds of good."""
    return (RANDOM.random(ROWS) > 1 / (1 + np.exp(-odds))).astype(np.int8)


def binning_of(
    name: str, values: np.ndarray, target: np.ndarray, *, missing: np.ndarray, specials: tuple = ()
) -> tuple[Binning, np.ndarray]:
    """One bin per whole number, and the group of every row."""
    column = Column(name, values.astype(np.int64) * MILLION, missing)
    cuts = np.arange(1, 5) * MILLION
    cuts = cuts[cuts <= values.max() * MILLION]
    binning = make_binning(column, target, np.arange(ROWS), cuts, specials)
    return binning, binning.group_of(column)


def fitted(target: np.ndarray, *parts: tuple[Binning, np.ndarray]) -> FittedWeights:
    """Of these features."""
    rows = TrainingRows([group for _, group in parts], target, FOLDS, "made")
    return fit_boosted([binning for binning, _ in parts], rows, PARAMETERS)


NOTHING = np.zeros(ROWS, np.bool_)


def test_steps_come_near_the_odds_the_rows_were_made_with() -> None:
    target = outcomes(1.0 + 0.8 * VALUES)
    found = fitted(target, binning_of("value", VALUES, target, missing=NOTHING))
    steps = np.diff(found.weights.by_group[0][:4])
    assert steps == pytest.approx([0.8, 0.8, 0.8], abs=0.2)
    assert found.weights.by_group[0][VALUES].mean() == pytest.approx(0, abs=1e-9)


def test_feature_that_repeats_another_keeps_its_direction() -> None:
    # Alone the other one rises with the odds; beside the first it would have to fall.
    target = outcomes(1.0 + 1.2 * VALUES - 0.3 * OTHERS)
    value, other = (
        binning_of(name, each, target, missing=NOTHING)
        for name, each in (("value", VALUES), ("other", OTHERS))
    )
    assert (value[0].monotone, other[0].monotone) == ("increasing", "increasing")
    found = fitted(target, value, other)
    for weights in found.weights.by_group:
        assert (np.diff(weights[:-1]) >= -1e-9).all()


def test_missing_and_special_values_have_weights_of_their_own() -> None:
    missing = RANDOM.random(ROWS) < 0.2
    special = (VALUES == 2) & ~missing
    odds = np.where(missing, -1.0, np.where(special, 3.0, 1.0 + 0.2 * VALUES))
    target = outcomes(odds)
    found = fitted(
        target, binning_of("value", VALUES, target, missing=missing, specials=(2 * MILLION,))
    )
    weights = found.weights.by_group[0]
    ordinary = found.binnings[0].ordinary
    assert weights[ordinary] > weights[:ordinary].max() + 0.5
    assert weights[-1] < weights[:ordinary].min() - 0.5


def test_noise_is_the_first_to_go() -> None:
    target = outcomes(1.0 + 0.8 * VALUES)
    noise = RANDOM.integers(0, 4, ROWS)
    parts = [
        binning_of(name, each, target, missing=NOTHING)
        for name, each in (("noise", noise), ("value", VALUES))
    ]
    rows = TrainingRows([group for _, group in parts], target, FOLDS, "made")
    found = fit_boosted(
        [binning for binning, _ in parts],
        rows,
        PARAMETERS.model_copy(update={"maximum_features": 1}),
    )
    assert [binning.name for binning in found.binnings] == ["value"]
    assert [lost.feature_name for lost in found.dropped] == ["noise"]


def test_nothing_screened_in_is_refused() -> None:
    with pytest.raises(DataRefusedError, match="got none of 0 screened ones"):
        fitted(outcomes(np.ones(ROWS)))
