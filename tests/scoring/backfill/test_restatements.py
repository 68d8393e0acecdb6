"""Which records came too late for which nights, by hand; and again when staging is made anew."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from scoring.backfill.building import update_staging
from scoring.backfill.planner import plan_backfill
from scoring.backfill.request import Request
from scoring.backfill.restatements import examine_staging
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.raw_world import RawWorld, Row, noon
from tests.scoring.marts.warehouses import make_settings

pytestmark = pytest.mark.slow

OLDEST = date(2025, 2, 1)
FIRST, SECOND = "2025-03-01", "2025-03-06"
(
    CONFIRMED, REFUNDED, REFUNDED_LATE, LATE, AMOUNT, WITHDRAWN, PAYER, CLOSER, BORROWER, DISPUTER,
    MERGED, SURVIVOR, REVOKER, NEWCOMER,
) = range(1, 15)  # fmt: skip
"""One user each: what becomes known of them with the second batch."""

EXPECTED = {
    ("transactions", REFUNDED_LATE, "2025-03-03", SECOND, "corrected"),
    ("transactions", LATE, "2025-02-27", SECOND, "late"),
    ("transactions", AMOUNT, "2025-02-25", SECOND, "corrected"),
    ("transactions", WITHDRAWN, "2025-02-25", SECOND, "withdrawn"),
    ("repayments", PAYER, "2025-02-20", SECOND, "corrected"),
    ("installments", BORROWER, "2025-02-10", SECOND, "corrected"),
    ("disputes", DISPUTER, "2025-02-26", SECOND, "dispute"),
    ("users", MERGED, "1970-01-01", SECOND, "merge"),
    ("consents", REVOKER, "2025-03-04", SECOND, "consent"),
}
"""Nothing else: what was confirmed, refunded or closed on the day of the batch is news."""


def _purchase(key: int, **more: object) -> Row:
    return {
        "transaction_id": f"t{key}",
        "user_key": key,
        "occurred_at": noon("2025-02-25"),
        "amount": "10.00",
    } | more


def _payment(**more: object) -> Row:
    return {
        "repayment_id": "r1",
        "user_key": PAYER,
        "loan_id": "l1",
        "paid_at": noon("2025-02-20"),
        "amount": "5.00",
    } | more


def _loan(key: int, **more: object) -> Row:
    return {
        "loan_id": f"l{key}",
        "user_key": key,
        "product": "jiebei",
        "disbursed_at": noon("2025-02-10"),
        "principal": "100.00",
    } | more


def _installment(key: int, amount: str) -> Row:
    return {
        "loan_id": f"l{key}",
        "installment_no": 1,
        "user_key": key,
        "due_date": date(2025, 3, 10),
        "amount_due": amount,
    }


def _consent(key: int, day: str, state: str) -> Row:
    return {
        "user_key": key,
        "purpose": "credit_scoring",
        "changed_at": noon(day),
        "state": state,
    }


def _land(world: RawWorld, dt: str, rows: Mapping[str, list[Row]]) -> None:
    for feed, each in rows.items():
        world.land(feed, dt, *each)


def _land_first(world: RawWorld) -> None:
    bought = (CONFIRMED, REFUNDED, REFUNDED_LATE, AMOUNT, WITHDRAWN)
    known = range(CONFIRMED, NEWCOMER)
    _land(
        world,
        FIRST,
        {
            "users": [{"user_key": key, "registered_at": noon("2024-01-01")} for key in known],
            "transactions": [_purchase(key) for key in bought],
            "repayments": [_payment()],
            "loans": [_loan(CLOSER), _loan(BORROWER)],
            "installments": [_installment(BORROWER, "100.00")],
            "consents": [_consent(key, "2025-01-01", "granted") for key in known],
        },
    )


def _land_second(world: RawWorld) -> None:
    refunded = {"status": "refunded", "confirmed_at": noon(SECOND)}
    _land(
        world,
        SECOND,
        {
            "users": [
                {"user_key": NEWCOMER, "registered_at": noon(SECOND)},
                {
                    "user_key": MERGED,
                    "registered_at": noon("2024-01-01"),
                    "merged_into_key": SURVIVOR,
                },
            ],
            "transactions": [
                _purchase(CONFIRMED, confirmed_at=noon(SECOND)),
                _purchase(REFUNDED, status_at=noon(SECOND), **refunded),
                _purchase(REFUNDED_LATE, status_at=noon("2025-03-03"), **refunded),
                _purchase(LATE, occurred_at=noon("2025-02-27")),
                _purchase(AMOUNT, amount="11.00"),
                {"transaction_id": f"t{WITHDRAWN}", "user_key": WITHDRAWN, "is_deleted": True},
                _purchase(NEWCOMER, occurred_at=noon(SECOND)),
            ],
            "repayments": [_payment(status="reversed")],
            "loans": [
                _loan(
                    CLOSER,
                    closed_at=noon(SECOND),
                    close_reason="repaid",
                    status_at=noon(SECOND),
                ),
                _loan(NEWCOMER, disbursed_at=noon(SECOND)),
            ],
            "installments": [_installment(BORROWER, "101.00"), _installment(NEWCOMER, "9.00")],
            "disputes": [
                {
                    "dispute_id": "d1",
                    "user_key": DISPUTER,
                    "record_kind": "statement",
                    "record_id": "s1",
                    "opened_at": noon("2025-02-26"),
                }
            ],
            "consents": [
                _consent(REVOKER, "2025-03-04", "revoked"),
                _consent(NEWCOMER, SECOND, "granted"),
            ],
        },
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = make_settings(tmp_path_factory.mktemp("restated") / "home")
    raw = RawWorld(settings)
    _land_first(raw)
    update_staging(settings)
    assert _records(settings) == set()  # nothing is published that could be restated
    with open_warehouse(settings) as connection:
        examine_staging(connection, OLDEST)
    _land_second(raw)
    update_staging(settings)
    return settings


def _records(settings: Settings) -> set[tuple[object, ...]]:
    with open_warehouse(settings) as connection:
        return set(
            connection.execute(
                "select feed, user_key, restated_from::varchar, changed_on::varchar, cause"
                " from ops.restated_records"
            ).fetchall()
        )


def _told_by(settings: Settings, batch: str) -> set[tuple[object, ...]]:
    return {record for record in _records(settings) if record[3] == batch}


def test_only_what_tells_of_earlier_days_restates_them(world: Settings) -> None:
    assert _told_by(world, SECOND) == EXPECTED
    # What the first batch told of February is late for nights before it.
    assert {record[4] for record in _told_by(world, FIRST)} == {"late", "consent"}


def test_looking_again_finds_the_same(world: Settings) -> None:
    before = _records(world)
    with open_warehouse(world) as connection:
        assert examine_staging(connection, OLDEST) == len(before)
        # A replaced batch makes it look at everything again.
        connection.execute("update ops.restatement_marks set identity = 'other'")
        assert examine_staging(connection, OLDEST) == len(before)
    assert _records(world) == before


def test_plan_counts_users_by_cause_for_what_the_reading_did_not_know(world: Settings) -> None:
    night, later = date(2025, 3, 3), date.fromisoformat(SECOND)
    with open_warehouse(world) as connection:
        rows = connection.execute(
            "select cause, count(distinct user_key) from ops.restated_records"
            " where restated_from <= ? and changed_on > ? group by cause",
            [night, night],
        ).fetchall()
    expected = {"late": 1, "corrected": 4, "withdrawn": 1, "dispute": 1, "merge": 1}
    assert dict(rows) == expected
    plan = plan_backfill(world, Request(night, night, "latest"))
    assert [(day.known_on, day.causes) for day in plan.days] == [(later, ("missing",))]
