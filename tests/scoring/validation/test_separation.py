from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from scoring.validation.resampling import resample_aucs, weighted_auc
from scoring.validation.separation import find_gains, separate_part


def test_ks_and_auc_and_curve_by_hand() -> None:
    """Scores 1 to 4, bad bad good good but for the tie at 2: of 4 pairs 3 are right, 1 tied."""
    score = np.array([1, 2, 2, 3])
    target = np.array([1, 1, 0, 0], np.int8)
    found = separate_part(score, np.array([0.8, 0.6, 0.6, 0.2]), target, None, 7)
    assert found.separation is not None
    assert found.separation.auc == 0.875
    assert found.separation.ks == 0.5
    assert found.curve is not None
    assert found.curve.bads.tolist() == [0, 0.5, 1, 1]
    assert found.curve.goods.tolist() == [0, 0, 0.5, 1]
    assert found.curve.rows.tolist() == [0, 0.25, 0.75, 1]
    assert found.curve.score.tolist() == [1, 1, 2, 3]


def test_gains_by_hand() -> None:
    pd = np.linspace(0.95, 0.05, 20)
    target = np.zeros(20, np.int8)
    target[[0, 1, 2, 19]] = 1
    found = find_gains(pd, target)
    assert [row.rows for row in found] == [2] * 10
    assert [row.bads for row in found] == [2, 1, *[0] * 7, 1]
    assert [row.captured for row in found][:3] == [0.5, 0.75, 0.75]
    # half of the bads in a tenth of the rows; three quarters in a fifth
    assert [row.lift for row in found][:2] == [pytest.approx(5), pytest.approx(3.75)]
    assert (found[-1].captured, found[-1].lift) == (1, pytest.approx(1))


@pytest.mark.parametrize(("outcome", "said"), [(0, "only good rows"), (1, "only bad rows")])
def test_one_class_says_so(outcome: int, said: str) -> None:
    found = separate_part(
        np.array([600, 620]), np.array([0.1, 0.2]), np.full(2, outcome, np.int8), None, 7
    )
    assert found.silence == said
    assert (found.separation, found.curve, found.gains) == (None, None, ())


def test_weighted_auc_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(5)
    rank = random.integers(0, 9, 200)
    target = (random.random(200) < 0.1 + 0.08 * rank).astype(np.int8)
    weights = random.integers(0, 4, 200)
    expected = roc_auc_score(target, rank, sample_weight=weights)
    assert weighted_auc(rank, target, weights) == pytest.approx(expected, abs=1e-12)


def test_interval_holds_the_auc_and_is_the_same_for_a_seed() -> None:
    random = np.random.default_rng(2)
    target = (random.random(300) < 0.3).astype(np.int8)
    risk = random.normal(target, 1)
    first = resample_aucs([risk], target, np.arange(300), 7)
    assert first is not None
    assert first == resample_aucs([risk], target, np.arange(300), 7)
    assert first[0].low < roc_auc_score(target, risk) < first[0].high
    # Hanley and McNeil (1982) put the standard error near 0.03 here.
    assert 0.08 < first[0].high - first[0].low < 0.16


def test_gap_is_paired_and_nothing_between_equal_risks() -> None:
    random = np.random.default_rng(2)
    target = (random.random(300) < 0.3).astype(np.int8)
    risk = random.normal(target, 1)
    found = resample_aucs([risk, 2 * risk], target, np.arange(300), 7)
    assert found is not None
    assert (found[2].value, found[2].low, found[2].high) == (0, 0, 0)


def test_rows_of_one_subject_are_drawn_together() -> None:
    """Every row four times over is no more evidence: the interval must not shrink."""
    random = np.random.default_rng(2)
    target = (random.random(300) < 0.3).astype(np.int8)
    risk = random.normal(target, 1)
    once = resample_aucs([risk], target, np.arange(300), 7)
    repeated = resample_aucs([np.tile(risk, 4)], np.tile(target, 4), np.tile(np.arange(300), 4), 7)
    assert once is not None
    assert repeated is not None
    assert repeated[0].low == pytest.approx(once[0].low, abs=1e-12)


def test_few_subjects_of_a_class_have_no_interval() -> None:
    target = np.zeros(100, np.int8)
    target[:19] = 1
    assert resample_aucs([np.arange(100.0)], target, np.arange(100), 7) is None
