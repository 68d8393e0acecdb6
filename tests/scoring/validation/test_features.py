from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from scoring.errors import PermanentError
from scoring.validation.features import measure_features, place_features
from tests.scoring.validation.small_cases import small_card, small_case, small_table

LATE = [0, 0, 0, 0, 2, 2, 2, 5, 5, None] * 12
BAD = [0, 0, 0, 1, 0, 0, 1, 1, 1, 0] * 12


def test_bins_are_counted_and_weighed_by_hand() -> None:
    case = small_case(small_table(LATE, BAD))
    ((feature,), _) = measure_features(case, place_features(case))
    assert [(entry.label, entry.rows, entry.bads, entry.points) for entry in feature.bins] == [
        ("< 1", 48, 12, 20),
        ("1 to < 3", 36, 12, 0),
        (">= 3", 24, 24, -40),
        ("missing", 12, 0, -10),
    ]
    assert feature.reach == (-40, 20)
    # Every bin here has fewer than fifty rows: its weight is not shown ...
    assert [dict(entry.woe) for entry in feature.bins] == [{}] * 4
    # ... and with a lower floor it is ln((36.5 / 12.5) / (72 / 48)).
    case = dataclasses.replace(case, floor_rows=20)
    ((feature,), _) = measure_features(case, place_features(case))
    assert feature.bins[0].woe["new_data"] == pytest.approx(np.log(36.5 / 12.5 / 1.5))
    assert feature.bins[3].woe == {}
    weights = [
        np.log((g + 0.5) / (b + 0.5) / 1.5) for g, b in ((36, 12), (24, 12), (0, 24), (12, 0))
    ]
    shares = [36 / 72 - 12 / 48, 24 / 72 - 12 / 48, -24 / 48, 12 / 72]
    expected = sum(share * weight for share, weight in zip(shares, weights, strict=True))
    assert feature.iv == pytest.approx(expected)


def test_stability_by_hand() -> None:
    """Shares of the bins 0.5, 0.5 in training and 0.6, 0.4 held out: 0.1 ln 1.2 - 0.1 ln 0.8."""
    late = [0] * 50 + [2] * 50 + [0] * 60 + [2] * 40
    bad = [0, 1] * 100
    parts = {"training": range(100), "held_out": range(100, 200)}
    case = small_case(small_table(late, bad), parts)
    ((feature,), _) = measure_features(case, place_features(case))
    assert feature.psi == {"held_out": pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))}


def test_coefficient_of_a_feature_alone_is_about_one() -> None:
    late = [0] * 400 + [2] * 400 + [5] * 400
    bad = ([0] * 9 + [1]) * 40 + ([0] * 7 + [1] * 3) * 40 + ([0] * 4 + [1] * 6) * 40
    case = small_case(small_table(late, bad))
    ((feature,), correlations) = measure_features(case, place_features(case))
    assert feature.coefficient == pytest.approx(1, abs=0.01)
    assert feature.standard_error is not None
    assert 0 < feature.standard_error < 0.1
    assert feature.p_value is not None
    assert feature.p_value < 1e-6
    assert correlations.tolist() == [[pytest.approx(1)]]


def test_one_class_has_no_weights_and_no_fit() -> None:
    table = small_table([*LATE, 0], [*BAD, 0])
    good = [row for row, bad in enumerate(table.target) if not bad]
    case = small_case(table, {"new_data": good})
    ((feature,), _) = measure_features(case, place_features(case))
    assert (feature.iv, feature.coefficient) == (None, None)
    assert sum(entry.rows for entry in feature.bins) == len(good)


def test_value_beyond_a_closed_end_is_outside_the_bins() -> None:
    content = small_card().model_dump(mode="json")["features"]
    content[0]["bins"][0]["lower"] = "0"
    content[0]["bins"][2]["upper"] = "10"
    content[0]["unseen"]["points"] = -5
    case = small_case(
        small_table([-1, 0, 9.999999, 10, None], [0, 1, 0, 1, 0]), card=small_card(features=content)
    )
    (placed,) = place_features(case)
    assert placed.place.tolist() == [4, 0, 2, 4, 3]
    assert case.score.tolist() == [595, 620, 560, 595, 590]


def test_scores_that_do_not_add_up_are_refused() -> None:
    case = small_case(small_table(LATE, BAD))
    wrong = dataclasses.replace(case, score=case.score + (np.arange(120) == 3))
    with pytest.raises(
        PermanentError,
        match=r"^validation report not made for small_v1: expected points added up .*, got 1 of 120"
        r" rows with another\. ",
    ):
        place_features(wrong)
