"""What names something not known yet waits, is counted, and comes in by itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.marts.build import build_night
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.marts.raw_world import RawWorld, noon
from tests.scoring.marts.warehouses import make_settings, read_features

pytestmark = pytest.mark.xdist_group("marts")

BEFORE, AFTER = "2025-03-10", "2025-03-11"


def _held(settings: Settings) -> list[tuple[str, str, int]]:
    with open_warehouse(settings) as connection:
        return connection.execute(
            "select feed, reason, held_count from intermediate.int_held_references order by all"
        ).fetchall()


def _build(settings: Settings, day: str) -> None:
    night = date.fromisoformat(day)
    build_night(settings, Night(night, night, "run"))


def test_payment_and_instalment_wait_for_their_loan(tmp_path: Path) -> None:
    world = RawWorld(make_settings(tmp_path / "home"))
    world.land("users", BEFORE, {"user_key": 1, "registered_at": noon("2025-01-01")})
    world.land(
        "installments",
        BEFORE,
        {
            "loan_id": "l",
            "installment_no": 1,
            "user_key": 1,
            "due_date": "2025-03-09",
            "amount_due": "100.00",
        },
    )
    world.land(
        "repayments",
        BEFORE,
        {
            "repayment_id": "p",
            "user_key": 1,
            "loan_id": "l",
            "installment_no": 1,
            "paid_at": noon("2025-03-09"),
            "amount": "100.00",
        },
    )
    _build(world.settings, BEFORE)
    assert _held(world.settings) == [
        ("installments", "loan_unknown", 1),
        ("repayments", "loan_unknown", 1),
    ]
    waiting = read_features(world.settings, 1, BEFORE, BEFORE)
    assert waiting["repayment_count_30d"] == 0
    assert waiting["repayment_amount_30d"] == 0
    assert waiting["on_time_ratio_365d"] is None

    world.land(
        "loans",
        AFTER,
        {
            "loan_id": "l",
            "user_key": 1,
            "product": "jiebei",
            "disbursed_at": noon("2025-02-09"),
            "principal": "100.00",
        },
    )
    _build(world.settings, AFTER)
    assert _held(world.settings) == []
    found = read_features(world.settings, 1, AFTER, AFTER)
    assert found["repayment_count_30d"] == 1
    assert found["repayment_amount_30d"] == Decimal("100.00")
    assert found["on_time_ratio_365d"] == 1
    # The night before is as it was known then.
    assert read_features(world.settings, 1, BEFORE, BEFORE) == waiting
