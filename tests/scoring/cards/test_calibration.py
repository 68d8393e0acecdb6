from __future__ import annotations

import math

import numpy as np
import pytest

from scoring.cards.calibration import calibration_formula, stated_probability
from scoring.errors import ConfigurationError
from tests.scoring.cards.drafts import make_card

FITTED = {
    "method": "logistic",
    "intercept": "6",
    "slope": "-0.01",
    "fitted_on": "held_out",
    "rows": 10,
    "bads": 2,
    "outcome": "default",
}
BENT = {
    "method": "beta",
    "intercept": "1",
    "bad_weight": "0.5",
    "good_weight": "2",
    **{name: FITTED[name] for name in ("fitted_on", "rows", "bads", "outcome")},
}


def test_calibrated_card_states_its_own_probability() -> None:
    card = make_card(kind="trained", training={"rows": 1}, calibration=FITTED)
    # Log odds 0 and -1: 1 / 2 and 1 / (1 + e).
    assert stated_probability(card, np.array([600, 700])).tolist() == [0.5, 0.268941]


def test_card_whose_odds_bend_states_its_own_probability() -> None:
    """At 600 points q is 1 / 16: log odds 1 + 0.5 ln(1 / 16) - 2 ln(15 / 16), by hand."""
    card = make_card(kind="trained", training={"rows": 1}, calibration=BENT)
    assert (card.scale.base_score, card.scale.base_odds) == (600, 15)
    log_odds = 1 + 0.5 * math.log(1 / 16) - 2 * math.log(15 / 16)
    assert stated_probability(card, np.array([600]))[0] == round(1 / (1 + math.exp(-log_odds)), 6)


def test_bent_probability_falls_with_every_point() -> None:
    card = make_card(kind="trained", training={"rows": 1}, calibration=BENT)
    limits = card.score_range
    stated = stated_probability(card, np.arange(limits.minimum, limits.maximum + 1))
    assert (np.diff(stated) < 0).all()


def test_equal_weights_are_the_logistic_formula() -> None:
    """An intercept of ln 15 less than 0 per log odds of the scale: log odds -ln 15 at 600."""
    even = BENT | {"intercept": "0", "bad_weight": "1", "good_weight": "1"}
    card = make_card(kind="trained", training={"rows": 1}, calibration=even)
    stated = stated_probability(card, np.array([600, 650]))
    assert stated == pytest.approx([1 / 16, 1 / 31], abs=1e-6)


@pytest.mark.parametrize("weight", ["bad_weight", "good_weight"])
def test_weight_that_lets_risk_rise_with_points_is_refused(weight: str) -> None:
    wrong = BENT | {weight: "-0.1"}
    with pytest.raises(ConfigurationError, match=weight):
        make_card(kind="trained", training={"rows": 1}, calibration=wrong)


def test_formula_of_a_card_gives_its_probability() -> None:
    for fitted in (FITTED, BENT):
        card = make_card(kind="trained", training={"rows": 1}, calibration=fitted)
        formula, _, where = str(calibration_formula(card)).partition(" with q = ")
        names = {"score": 640, "exp": math.exp, "ln": math.log}
        if where:
            names["q"] = eval(where.replace("^", "**"), names)
        found = eval(formula.removeprefix("pd = "), names)
        assert found == pytest.approx(stated_probability(card, np.array([640]))[0], abs=1e-6)


def test_card_without_calibration_states_what_its_scale_implies() -> None:
    card = make_card()
    odds = card.scale.base_odds
    scores = np.array([card.scale.base_score, card.scale.base_score + card.scale.pdo])
    stated = stated_probability(card, scores)
    assert stated == pytest.approx([1 / (1 + odds), 1 / (1 + 2 * odds)])
