from __future__ import annotations

import numpy as np
import pytest

from scoring.validation.calibration import calibrate_part, observed_to_expected, share_of


def test_share_has_the_interval_of_wilson() -> None:
    """(p + z²/2n ± z sqrt(p(1 - p)/n + z²/4n²)) / (1 + z²/n) with p = 0.1, n = 100, z = 1.96."""
    found = share_of(10, 100)
    assert found.value == 0.1
    assert (found.low, found.high) == (
        pytest.approx(0.05522914, abs=1e-7),
        pytest.approx(0.17436566, abs=1e-7),
    )


def test_no_bad_row_at_all_still_leaves_doubt() -> None:
    found = share_of(0, 40)
    assert found.low == pytest.approx(0, abs=1e-12)
    assert found.high == pytest.approx(1.959964**2 / (40 + 1.959964**2), abs=1e-6)


def test_observed_to_expected_counts_bads_over_probabilities() -> None:
    found = observed_to_expected(np.array([0.1, 0.2, 0.3, 0.4]), np.array([0, 1, 0, 1], np.int8))
    assert found.value == pytest.approx(2.0)
    assert found.low < 1 < found.high


def test_right_probabilities_have_slope_one_and_intercept_zero() -> None:
    pd = np.repeat([0.1, 0.5, 0.8], 100)
    target = np.concatenate([np.arange(100) < 100 * p for p in (0.1, 0.5, 0.8)]).astype(np.int8)
    found = calibrate_part(pd, target)
    assert found.slope is not None
    assert found.intercept is not None
    assert found.slope.value == pytest.approx(1, abs=1e-6)
    assert found.intercept.value == pytest.approx(0, abs=1e-6)
    assert found.slope.low < 1 < found.slope.high
    assert [(entry.rows, entry.bads) for entry in found.bins] == [(100, 10), (100, 50), (100, 80)]
    assert not any(entry.is_off for entry in found.bins)
    assert found.brier == pytest.approx((0.1 * 0.9 + 0.5 * 0.5 + 0.8 * 0.2) / 3)


def test_probabilities_that_are_too_extreme_have_a_slope_below_one() -> None:
    target = np.tile([0, 0, 0, 1, 0, 1, 1, 1], 50).astype(np.int8)
    pd = np.tile([0.01] * 4 + [0.99] * 4, 50)
    found = calibrate_part(pd, target)
    assert found.slope is not None
    # log odds of 1/4 and 3/4 over those of 1/100 and 99/100
    assert found.slope.value == pytest.approx(np.log(3) / np.log(99), abs=1e-6)
    assert all(entry.is_off for entry in found.bins)


@pytest.mark.parametrize("outcome", [0, 1])
def test_one_class_has_bins_and_no_line(outcome: int) -> None:
    found = calibrate_part(np.linspace(0.1, 0.9, 30), np.full(30, outcome, np.int8))
    assert (found.slope, found.intercept) == (None, None)
    assert sum(entry.rows for entry in found.bins) == 30


def test_outcomes_that_the_probability_parts_perfectly_have_no_line() -> None:
    pd = np.linspace(0.05, 0.95, 40)
    assert calibrate_part(pd, (pd > 0.5).astype(np.int8)).slope is None
