"""Ten users whose every figure can be counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scoring.cards.card import Scale
from scoring.cards.comparison import (
    Cell,
    count_migration,
    implied_probability,
    measure_calibration,
    measure_separation,
    measure_stability,
    measure_swap,
)
from scoring.errors import PermanentError

FIRST = np.array([500, 520, 540, 560, 560, 600, 620, 640, 660, 700])
SECOND = np.array([510, 600, 500, 570, 520, 560, 640, 630, 700, 690])
BAD = np.array([1, 0, 1, 1, 0, 0, 0, 1, 0, 0], np.bool_)


def test_separation_counts_pairs_with_ties_as_halves() -> None:
    # Right pairs per bad: 500 beats none of 6 goods above it (6), 540: 5, 560: 4 and a tie, 640: 2.
    found = measure_separation(FIRST, BAD)
    assert (found.good_count, found.bad_count) == (6, 4)
    assert found.auc == (6 + 5 + 4.5 + 2) / 24
    assert found.gini == pytest.approx(2 * 17.5 / 24 - 1)
    # Up to 560 three of four bads and two of six goods: 3/4 - 2/6.
    assert found.ks == pytest.approx(3 / 4 - 2 / 6)


def test_separation_of_the_other_card() -> None:
    # Goods above each bad: 510 -> 6, 500 -> 6, 570 -> 4, 630 -> 3.
    assert measure_separation(SECOND, BAD).auc == (6 + 6 + 4 + 3) / 24


@pytest.mark.parametrize(("outcome", "got"), [(True, "0 good, 10 bad"), (False, "10 good, 0 bad")])
def test_one_outcome_only_is_refused(outcome: bool, got: str) -> None:
    with pytest.raises(
        PermanentError,
        match=rf"^comparison refused for outcomes: expected good and bad users, got {got}\. ",
    ):
        measure_separation(FIRST, np.full(10, outcome))


def test_scores_without_information_have_half_the_pairs_right() -> None:
    found = measure_separation(np.full(10, 600), BAD)
    assert (found.auc, found.gini, found.ks) == (0.5, 0.0, 0.0)


def test_swap_set_at_equal_acceptance() -> None:
    # Five score >= 600 on the first card; the five best of the second are those with 600 or more.
    found = measure_swap(FIRST, SECOND, 600, BAD)
    assert (found.first_cut_off, found.second_cut_off) == (600, 600)
    assert found.both == Cell(4, 1)
    assert found.swapped_out == Cell(1, 0)
    assert found.swapped_in == Cell(1, 0)
    assert found.neither == Cell(4, 3)


def test_swap_set_takes_the_stricter_of_two_equal_cut_offs() -> None:
    # Three accepted; the second card can accept two or four.
    second = np.array([1, 1, 1, 1, 1, 1, 2, 2, 3, 3])
    found = measure_swap(FIRST, second, 640)
    assert found.second_cut_off == 3
    assert found.both == Cell(2, None)
    assert found.swapped_out == Cell(1, None)


def test_swap_set_where_nobody_is_accepted() -> None:
    found = measure_swap(FIRST, SECOND, 800)
    assert (found.second_cut_off, found.neither.user_count) == (701, 10)


def test_scale_doubles_the_odds() -> None:
    scale = Scale(base_score=600, base_odds=15, pdo=50, meaning="fitted")
    found = implied_probability(scale, np.array([600, 650, 550]))
    assert found.tolist() == pytest.approx([1 / 16, 1 / 31, 1 / 8.5])


def test_calibration_by_bins_of_equal_size() -> None:
    probabilities = np.array([0.5, 0.1, 0.5, 0.4, 0.1, 0.1, 0.2, 0.3, 0.2, 0.1])
    found = measure_calibration(probabilities, BAD)
    assert found.expected_rate == pytest.approx(0.25)
    assert found.observed_rate == pytest.approx(0.4)
    assert found.observed_to_expected == pytest.approx(1.6)
    assert [(part.user_count, part.bad_count) for part in found.bins] == [
        (4, 0),  # 0.1
        (2, 0),  # 0.2
        (1, 1),  # 0.3
        (1, 1),  # 0.4
        (2, 2),  # 0.5
    ]
    assert found.bins[1].expected_rate == pytest.approx(0.2)


def test_stability_of_the_same_scores_is_zero() -> None:
    assert measure_stability(FIRST, FIRST[::-1].copy()) == 0.0


def test_stability_by_hand() -> None:
    before = np.array([1] * 5 + [2] * 5)
    now = np.array([1] * 8 + [2] * 2)
    by_hand = (0.8 - 0.5) * math.log(0.8 / 0.5) + (0.2 - 0.5) * math.log(0.2 / 0.5)
    assert measure_stability(before, now) == pytest.approx(by_hand)


def test_stability_counts_an_empty_bin_as_half_a_user() -> None:
    before = np.array([1] * 5 + [2] * 5)
    by_hand = (1.0 - 0.5) * math.log(1.0 / 0.5) + (0.05 - 0.5) * math.log(0.05 / 0.5)
    assert measure_stability(before, np.full(10, 1)) == pytest.approx(by_hand)


def test_stability_takes_scores_beyond_those_of_before() -> None:
    assert measure_stability(FIRST, FIRST - 400) > 1


def test_migration_by_bands() -> None:
    edges = np.array([350, 550, 600, 650, 700])
    first, second = (np.searchsorted(edges, scores, side="right") - 1 for scores in (FIRST, SECOND))
    assert count_migration(first, second, 5) == (
        (2, 0, 1, 0, 0),
        (1, 1, 0, 0, 0),
        (0, 1, 2, 0, 0),
        (0, 0, 0, 0, 1),
        (0, 0, 0, 1, 0),
    )
