from __future__ import annotations

import re
from datetime import date, datetime
from itertools import product

import pytest

from scoring.errors import ConfigurationError
from scoring.releases import decisions
from scoring.releases.decisions import Circumstances
from scoring.releases.ledger import ALLOWED, FIRST_DAY, STATES, Ledger, State, check_transition

HOW = Circumstances("why", datetime(2025, 1, 1), "committee", "0.1.0")  # noqa: DTZ001 - naive UTC
MARCH, APRIL, MAY, JUNE = (date(2025, month, 1) for month in (3, 4, 5, 6))
FOUNDED = Ledger((decisions.found("expert_v1", "h1", "report-1", HOW),))


def entered(ledger: Ledger, *card_ids: str) -> Ledger:
    for card_id in card_ids:
        ledger = ledger.with_(*decisions.register(ledger, card_id, f"hash of {card_id}", HOW))
    return ledger


def promoted(ledger: Ledger, card_id: str, to: State, day: date) -> Ledger:
    return ledger.with_(*decisions.promote(ledger, card_id, to, day, HOW, f"report of {card_id}"))


def crowned(ledger: Ledger, card_id: str, day: date) -> Ledger:
    """Registered, challenger and champion from ``day`` on."""
    return promoted(
        promoted(entered(ledger, card_id), card_id, "challenger", day), card_id, "champion", day
    )


def champions(ledger: Ledger, *days: date) -> list[str]:
    return [ledger.champion(day).card_id for day in days]


def test_founding_card_is_champion_of_every_night() -> None:
    assert champions(FOUNDED, FIRST_DAY, date.max) == ["expert_v1", "expert_v1"]
    assert FOUNDED.champion(MARCH).report_sha256 == "report-1"


def test_past_nights_keep_the_champion_they_had() -> None:
    ledger = crowned(crowned(FOUNDED, "a_v1", APRIL), "b_v1", JUNE)
    days = (date(2025, 3, 31), APRIL, date(2025, 5, 31), JUNE)
    assert champions(ledger, *days) == ["expert_v1", "a_v1", "a_v1", "b_v1"]


def test_promotion_retires_whoever_it_displaces() -> None:
    ledger = crowned(FOUNDED, "a_v1", APRIL)
    displaced = ledger.require("expert_v1")
    assert (displaced.state, displaced.action, displaced.valid_from) == (
        "retired",
        "displaced",
        APRIL,
    )
    assert [entry.entry for entry in ledger.releases] == [1, 2, 3, 4, 5]


def test_promotion_into_the_past_displaces_later_champions_too() -> None:
    ledger = crowned(crowned(FOUNDED, "a_v1", MAY), "b_v1", APRIL)
    assert champions(ledger, MARCH, APRIL, MAY, JUNE) == ["expert_v1", "b_v1", "b_v1", "b_v1"]
    assert {ledger.require(card_id).state for card_id in ("expert_v1", "a_v1")} == {"retired"}


def test_challengers_score_from_their_day_on() -> None:
    ledger = promoted(entered(FOUNDED, "a_v1", "b_v1"), "a_v1", "challenger", APRIL)
    assert ledger.in_state("challenger", MARCH) == ()
    assert [entry.card_id for entry in ledger.in_state("challenger", APRIL)] == ["a_v1"]
    assert [entry.card_id for entry in ledger.in_state("draft", APRIL)] == ["b_v1"]


def test_retired_challenger_scores_no_more() -> None:
    ledger = promoted(entered(FOUNDED, "a_v1"), "a_v1", "challenger", APRIL)
    ledger = ledger.with_(*decisions.retire(ledger, "a_v1", JUNE, HOW))
    assert [len(ledger.in_state("challenger", day)) for day in (APRIL, MAY, JUNE)] == [1, 1, 0]


def test_rollback_returns_to_the_champion_before() -> None:
    ledger = crowned(crowned(FOUNDED, "a_v1", APRIL), "b_v1", MAY)
    back = decisions.roll_back(ledger, JUNE, HOW)
    assert [(entry.card_id, entry.state, entry.action) for entry in back] == [
        ("a_v1", "champion", "restored"),
        ("b_v1", "retired", "withdrawn"),
    ]
    assert back[0].report_sha256 == "report of a_v1"
    ledger = ledger.with_(*back)
    assert champions(ledger, MARCH, APRIL, MAY, JUNE) == ["expert_v1", "a_v1", "b_v1", "a_v1"]


def test_second_rollback_goes_one_further_back() -> None:
    ledger = crowned(crowned(FOUNDED, "a_v1", APRIL), "b_v1", MAY)
    ledger = ledger.with_(*decisions.roll_back(ledger, JUNE, HOW))
    ledger = ledger.with_(*decisions.roll_back(ledger, JUNE, HOW))
    assert champions(ledger, JUNE) == ["expert_v1"]
    with pytest.raises(
        ConfigurationError,
        match=r"^card rollback refused for expert_v1: expected a champion before it, got none\. ",
    ):
        decisions.roll_back(ledger, JUNE, HOW)


def test_rolled_back_card_comes_back_by_way_of_challenger() -> None:
    ledger = crowned(FOUNDED, "a_v1", APRIL)
    ledger = ledger.with_(*decisions.roll_back(ledger, MAY, HOW))
    ledger = promoted(promoted(ledger, "a_v1", "challenger", MAY), "a_v1", "champion", JUNE)
    assert champions(ledger, APRIL, MAY, JUNE) == ["a_v1", "expert_v1", "a_v1"]


def in_state(state: State) -> Ledger:
    """A ledger in which ``a_v1`` is in that state."""
    ledger = entered(FOUNDED, "a_v1")
    if state in ("challenger", "champion"):
        ledger = promoted(ledger, "a_v1", "challenger", APRIL)
    if state == "champion":
        ledger = promoted(ledger, "a_v1", "champion", APRIL)
    if state == "retired":
        ledger = ledger.with_(*decisions.retire(ledger, "a_v1", APRIL, HOW))
    return ledger


LEADS_TO = {
    "challenger": "draft | retired",
    "champion": "challenger",
    "retired": "draft | challenger",
}
ILLEGAL = [
    (before, after) for before, after in product(STATES, LEADS_TO) if after not in ALLOWED[before]
]


def test_seven_transitions_are_illegal() -> None:
    assert ILLEGAL == [
        ("draft", "champion"),
        ("challenger", "challenger"),
        ("champion", "challenger"),
        ("champion", "champion"),
        ("champion", "retired"),
        ("retired", "champion"),
        ("retired", "retired"),
    ]


@pytest.mark.parametrize(("before", "after"), ILLEGAL)
def test_illegal_transition_is_refused(before: State, after: State) -> None:
    ledger = in_state(before)
    since = FIRST_DAY if before == "draft" else APRIL
    expected = (
        f"card not made {after} for a_v1: expected a card in state {LEADS_TO[after]}, "
        f"got state {before} since {since}. "
    )
    with pytest.raises(ConfigurationError, match="^" + re.escape(expected)):
        decide(ledger, after)


def decide(ledger: Ledger, to: State) -> None:
    if to == "retired":
        decisions.retire(ledger, "a_v1", MAY, HOW)
    else:
        decisions.promote(ledger, "a_v1", to, MAY, HOW)


@pytest.mark.parametrize("before", STATES)
def test_nothing_becomes_a_draft_again(before: State) -> None:
    with pytest.raises(ConfigurationError, match=r"^card not made draft for a_v1"):
        check_transition(in_state(before).require("a_v1"), "draft")


def test_draft_is_told_to_score_in_the_shadow_first() -> None:
    with pytest.raises(ConfigurationError, match=r"card promote a_v1 --to challenger"):
        decisions.promote(in_state("draft"), "a_v1", "champion", MAY, HOW)


def test_unknown_card_is_refused() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^card refused for z_v1: expected a registered card \(expert_v1\), got an unknown "
        r"one\. Register it first: creditloop card register CARD\.json$",
    ):
        decisions.promote(FOUNDED, "z_v1", "challenger", MAY, HOW)


def test_second_card_of_one_id_is_refused_and_the_same_changes_nothing() -> None:
    ledger = entered(FOUNDED, "a_v1")
    assert decisions.register(ledger, "a_v1", "hash of a_v1", HOW) == ()
    with pytest.raises(
        ConfigurationError,
        match=r"^card not registered for a_v1 at hash: expected hash of a_v1, with which this id "
        r"is registered, got other\. A changed card is another card: give it the next name_vN\.$",
    ):
        decisions.register(ledger, "a_v1", "other", HOW)


def test_ledger_with_two_champions_is_refused() -> None:
    twice = FOUNDED.with_(decisions.found("a_v1", "h", "r", HOW))
    with pytest.raises(
        ConfigurationError,
        match=r"expected exactly one champion on 2025-03-01 in ops\.card_releases, "
        r"got expert_v1, a_v1\. ",
    ):
        twice.champion(MARCH)
