"""Each way in which a feature depends on rows of other users, in a world of a case per user."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from hashlib import md5

import pytest

from scoring.reference.features import compute_features
from scoring.reference.known_world import Question, ask, look_back
from scoring.reference.raw_rows import Raw, RawRows, load_raw
from scoring.reference.sample import Sample, draw_sample, read_sample
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.raw_world import RawWorld, Row, noon
from tests.scoring.marts.warehouses import make_settings

OTHER = 100
CASES = {
    1: "another user's refund of a purchase that is marked as refunded",
    2: "a refund of another user's purchase that was closed",
    3: "a purchase that was sent again under another user",
    4: "a purchase that was withdrawn without naming the user",
    5: "a bill without product on another user's account",
    6: "a payment for an instalment that is another user's row",
    7: "an account that went over to another user",
}
MERGES = {21: 22, 22: 23, 31: 32, 32: 33, 33: 32}
"""A chain, and a ring that a third user leads into: those in and before a ring stay themselves."""
LISTED = {*CASES, OTHER, 23, 31, 32, 33}
AS_OF = date(2025, 3, 31)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The world of cases. Tests only read it."""
    settings = make_settings(tmp_path_factory.mktemp("cases") / "home")
    world = RawWorld(settings)
    users = sorted(LISTED | MERGES.keys())
    registered = {"registered_at": noon("2024-01-01")}
    world.land(
        "users",
        "2025-01-01",
        *({"user_key": key, "merged_into_key": MERGES.get(key), **registered} for key in users),
    )
    consent = {"purpose": "credit_scoring", "changed_at": noon("2025-01-01"), "state": "granted"}
    world.land("consents", "2025-01-01", {"user_key": OTHER, **consent})
    _land_spending(world)
    _land_credit(world)
    return settings


def _buy(number: str, key: int, **more: object) -> Row:
    row = {"transaction_id": number, "user_key": key, "occurred_at": noon("2025-03-20")}
    return row | {"amount": "100.00"} | more


def _land_spending(world: RawWorld) -> None:
    closed = {"status": "closed", "status_at": noon("2025-03-21")}
    world.land(
        "transactions",
        "2025-03-22",
        _buy("t1", 1, status="refunded", status_at=noon("2025-03-21")),
        _buy("r1", OTHER, refund_of="t1", amount="30.00"),
        _buy("t2", OTHER, **closed),
        _buy("r2", 2, refund_of="t2", amount="20.00"),
        _buy("t3", 3),
        _buy("t4", 4),
        *(_buy(f"m{key}", key) for key in MERGES),
    )
    world.land(
        "transactions",
        "2025-03-23",
        _buy("t3", OTHER),
        {"transaction_id": "t4", "is_deleted": True},
    )


def _land_credit(world: RawWorld) -> None:
    account = {"product": "huabei", "status": "active", "credit_limit": "500.00"}
    world.land(
        "accounts",
        "2025-03-01",
        {"account_id": "a5", "user_key": OTHER, "effective_at": noon("2025-01-01"), **account},
        {"account_id": "a7", "user_key": 7, "effective_at": noon("2025-01-01"), **account},
        {"account_id": "a7", "user_key": OTHER, "effective_at": noon("2025-02-01"), **account},
    )
    bill = {"statement_date": "2025-03-01", "due_date": "2025-03-10", "amount_due": "80.00"}
    world.land(
        "statements",
        "2025-03-01",
        {"statement_id": "s5", "user_key": 5} | bill | {"account_id": "a5"},
    )
    world.land(
        "loans",
        "2025-03-01",
        {
            "loan_id": "l6",
            "user_key": 6,
            "product": "jiebei",
            "disbursed_at": noon("2025-02-01"),
            "principal": "200.00",
        },
    )
    due = {"loan_id": "l6", "due_date": "2025-03-05", "amount_due": "100.00"}
    world.land(
        "installments",
        "2025-03-01",
        {"installment_no": 1, "user_key": 6, **due},
        {"installment_no": 2, "user_key": OTHER, **due},
    )
    world.land(
        "repayments",
        "2025-03-04",
        {
            "repayment_id": "p6",
            "user_key": 6,
            "loan_id": "l6",
            "installment_no": 2,
            "paid_at": noon("2025-03-04"),
            "amount": "40.00",
        },
    )


def _question(settings: Settings) -> Question:
    return ask(settings, AS_OF, AS_OF)


def _read_all(settings: Settings) -> Raw:
    with open_warehouse(settings) as connection:
        return load_raw(connection, settings)


@pytest.mark.parametrize("user", sorted(LISTED))
def test_a_user_read_alone_has_the_features_of_a_reading_of_everything(
    settings: Settings, user: int
) -> None:
    question, everything = _question(settings), _read_all(settings)
    survivors = look_back(everything, question).survivors
    merged = frozenset(key for key, end in survivors.items() if end == user) - {user}
    with open_warehouse(settings) as connection:
        rows = RawRows(connection, settings)
        read = read_sample(rows, Sample(frozenset({user}), merged, frozenset()))
    expected = compute_features(everything, question)
    assert set(expected) == LISTED
    assert compute_features(read, question, {user}) == {user: expected[user]}


@pytest.mark.parametrize("user", CASES, ids=CASES.get)
def test_its_own_rows_alone_would_not_do(settings: Settings, user: int) -> None:
    question, everything = _question(settings), _read_all(settings)
    own = {
        feed: [row for row in found if row["user_key"] == user]
        for feed, found in everything.items()
    }
    own["consents"] = everything["consents"]
    assert compute_features(own, question)[user] != compute_features(everything, question)[user]


def test_a_sample_includes_the_rows_of_merged_users(settings: Settings) -> None:
    with open_warehouse(settings) as connection:
        rows = RawRows(connection, settings)
        read = read_sample(rows, Sample(frozenset({23}), frozenset({21, 22}), frozenset()))
    assert {row["transaction_id"] for row in read["transactions"]} == {"m21", "m22"}
    computed = compute_features(read, _question(settings), {23})
    assert computed[23]["spend_count_30d"] == 2


def test_only_listed_users_are_drawn_with_all_that_are_merged_into_them(
    settings: Settings,
) -> None:
    question = _question(settings)
    drawn = set()
    with open_warehouse(settings) as connection:
        rows = RawRows(connection, settings)
        for days in range(40):
            sample = draw_sample(rows, replace(question, as_of=AS_OF + timedelta(days)), 2)
            assert len(sample.users) == 2
            assert sample.users <= LISTED
            assert sample.merged == ({21, 22} if 23 in sample.users else set())
            assert sample.unlisted <= {21, 22}
            drawn |= sample.users
    assert drawn == LISTED


def test_nobody_is_drawn_before_anybody_is_known(settings: Settings) -> None:
    question = replace(_question(settings), known_on=date(2024, 12, 31))
    with open_warehouse(settings) as connection:
        assert draw_sample(RawRows(connection, settings), question, 5).users == frozenset()


def test_each_night_draws_others_and_the_same_ones_again(settings: Settings) -> None:
    question = _question(settings)
    tomorrow = replace(question, as_of=AS_OF + timedelta(1))
    with open_warehouse(settings) as connection:
        rows = RawRows(connection, settings)
        first, again, other = (
            draw_sample(rows, night, 4) for night in (question, question, tomorrow)
        )
    assert first == again
    assert len(first.users) == len(other.users) == 4
    assert first.users != other.users


def test_the_draw_is_that_of_a_portable_hash(settings: Settings) -> None:
    by_hash = sorted(LISTED, key=lambda key: md5(f"{key}@2025-03-31".encode()).hexdigest())
    with open_warehouse(settings) as connection:
        rows = RawRows(connection, settings)
        for count in (1, 3, 8, 100):
            assert draw_sample(rows, _question(settings), count).users == {*by_hash[:count]}
