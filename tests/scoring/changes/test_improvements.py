"""What would help: the smallest changes, and never a perverse one."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.changes.actionable import Action, read_actions
from scoring.changes.improvements import find_improvement, rescore
from scoring.marts.documents import read_catalog
from tests.scoring.cards.drafts import make_card

CARD = make_card()
UNITS = {
    "late_payment_count_365d": "count",
    "payment_ratio_180d": "ratio",
    "spend_amount_90d": "cny",
    "revolving_utilisation_ratio": "ratio",
}
VALUES = {
    "late_payment_count_365d": Decimal(1),
    "payment_ratio_180d": Decimal("0.2"),
    "spend_amount_90d": Decimal(50),
    "revolving_utilisation_ratio": Decimal("0.8"),
}
BETTER = {"raise": "higher_is_better", "lower": "lower_is_better"}


def action(name: str, change: str) -> Action:
    return Action.model_validate(
        {"feature_name": name, "change": change, "advice_zh": "中", "advice_en": "en"}
    )


ACTIONS = {
    "payment_ratio_180d": action("payment_ratio_180d", "raise"),
    "revolving_utilisation_ratio": action("revolving_utilisation_ratio", "lower"),
}
# By hand: 600 - 10 (late) - 30 (paid share) + 0 (spent) - 12 (used share) = 548.
START = 548


def test_one_feature_and_the_fewest_bins_that_reach_it() -> None:
    found = find_improvement(CARD, VALUES, UNITS, ACTIONS, START + 24)
    (move,) = found.moves
    assert (move.feature_name, move.bin, move.target_bin) == (
        "payment_ratio_180d",
        "0..0.5",
        "0.5..1",
    )
    assert (move.gain, move.distance, move.target) == (30, 1, Decimal("0.5"))
    assert (found.score, found.is_reached) == (START + 30, True)


def test_more_bins_of_one_feature_before_another_feature() -> None:
    found = find_improvement(CARD, VALUES, UNITS, ACTIONS, START + 31)
    (move,) = found.moves
    assert (move.target_bin, move.distance) == ("1..1.000001", 2)
    assert found.score == START + 55


def test_two_features_when_one_is_not_enough() -> None:
    found = find_improvement(CARD, VALUES, UNITS, ACTIONS, START + 56)
    assert [move.feature_name for move in found.moves] == list(ACTIONS)
    # Lower means the greatest value below the edge, in the feature's unit.
    assert found.moves[1].target == Decimal("0.499999")
    assert found.score == START + 79


def test_out_of_reach_says_how_far_everything_goes() -> None:
    found = find_improvement(CARD, VALUES, UNITS, ACTIONS, 900)
    assert (found.score, found.is_reached) == (START + 79, False)


def test_nothing_to_act_on_gives_no_moves() -> None:
    found = find_improvement(CARD, VALUES, UNITS, {}, 600)
    assert (found.moves, found.score, found.is_reached) == ((), START, False)


def test_feature_without_value_is_not_moved() -> None:
    values = {**VALUES, "payment_ratio_180d": None}
    found = find_improvement(CARD, values, UNITS, ACTIONS, 900)
    assert [move.feature_name for move in found.moves] == ["revolving_utilisation_ratio"]


def test_direction_that_is_not_advised_is_never_taken() -> None:
    wrong = {"revolving_utilisation_ratio": action("revolving_utilisation_ratio", "raise")}
    values = {**VALUES, "revolving_utilisation_ratio": Decimal("0.1")}
    assert find_improvement(CARD, values, UNITS, wrong, 900).moves == ()


@settings(max_examples=40)
@given(
    paid=st.decimals(0, 1, places=3),
    used=st.decimals(0, 1, places=3),
    late=st.integers(0, 5),
    wanted=st.integers(560, 660),
)
def test_no_smaller_change_reaches_it(paid: Decimal, used: Decimal, late: int, wanted: int) -> None:
    values = {
        **VALUES,
        "payment_ratio_180d": paid,
        "revolving_utilisation_ratio": used,
        "late_payment_count_365d": Decimal(late),
    }
    found = find_improvement(CARD, values, UNITS, ACTIONS, wanted)
    changed = {**values, **{move.feature_name: move.target for move in found.moves}}
    assert found.score == rescore(CARD, changed)
    assert found.score == rescore(CARD, values) + sum(move.gain for move in found.moves)
    tries = {
        "payment_ratio_180d": [v for v in map(Decimal, ("0.5", "1")) if v > paid],
        "revolving_utilisation_ratio": [Decimal("0.499999")] if used >= Decimal("0.5") else [],
    }
    fewer = [
        dict(zip(names, chosen, strict=True))
        for number in range(len(found.moves) if found.is_reached else len(tries) + 1)
        for names in combinations(tries, number)
        for chosen in product(*(tries[name] for name in names))
    ]
    assert all(rescore(CARD, {**values, **change}) < wanted for change in fewer)


@pytest.mark.parametrize("name", sorted(read_actions()))
def test_advice_is_in_the_direction_that_the_catalogue_calls_better(name: str) -> None:
    catalog = {row["feature_name"]: row for row in read_catalog()}
    assert BETTER[read_actions()[name].change] == catalog[name]["direction"]


def test_nobody_is_told_to_spend_borrow_or_wait() -> None:
    catalog = {row["feature_name"]: row for row in read_catalog()}
    offered = read_actions().values()
    assert not [a for a in offered if catalog[a.feature_name]["dimension"] == "spending"]
    # More of money or of accounts is never advised.
    raised = {catalog[a.feature_name]["unit"] for a in offered if a.change == "raise"}
    assert raised == {"ratio", "count"}
    counted = {a.feature_name for a in offered if catalog[a.feature_name]["unit"] == "count"}
    assert all("streak" in name or name == "past_due_count" for name in counted)


def test_expert_card_never_gains_from_its_worse_direction() -> None:
    card = load_card(CARDS_FOLDER / "expert_v1.json", read_catalog_seed())
    monotone = {"raise": "increasing", "lower": "decreasing"}
    for feature in card.features:
        offered = read_actions().get(feature.feature_name)
        assert offered is None or feature.monotone == monotone[offered.change]
