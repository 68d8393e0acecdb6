from __future__ import annotations

import numpy as np
import pytest

from scoring.cards.calibration import stated_probability
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


def test_calibrated_card_states_its_own_probability() -> None:
    card = make_card(kind="trained", training={"rows": 1}, calibration=FITTED)
    # Log odds 0 and -1: 1 / 2 and 1 / (1 + e).
    assert stated_probability(card, np.array([600, 700])).tolist() == [0.5, 0.268941]


def test_card_without_calibration_states_what_its_scale_implies() -> None:
    card = make_card()
    odds = card.scale.base_odds
    scores = np.array([card.scale.base_score, card.scale.base_score + card.scale.pdo])
    stated = stated_probability(card, scores)
    assert stated == pytest.approx([1 / (1 + odds), 1 / (1 + 2 * odds)])
