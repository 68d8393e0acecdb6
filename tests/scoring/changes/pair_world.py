"""A few users between two nights, each with one thing that changes; a new card in between."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from scoring.cards import loader
from scoring.cards.canonical import dump_card
from scoring.cards.card import Card
from scoring.cards.seal import seal_card
from scoring.marts.build import build_nights
from scoring.nights import Night
from scoring.publish.step import publish_night
from scoring.releases.actions import promote_card, register_card
from scoring.releases.ledger import State
from scoring.score.step import score_night
from scoring.settings import Settings
from tests.scoring.cards.drafts import CATALOG, bins, draft, feature
from tests.scoring.marts.raw_world import RawWorld, Row, noon
from tests.scoring.marts.warehouses import make_settings
from tests.scoring.publish.handmade import Handmade
from tests.scoring.releases.deployments import write_report
from tests.scoring.score.night_tables import found_with

EARLIER = Night(date(2025, 3, 31), date(2025, 3, 31), "earlier")
LATER = Night(date(2025, 4, 10), date(2025, 4, 10), "later")
BETWEEN = "2025-04-06"
AGED, CORRECTED, DISPUTED, BUYER, OVERDUE, PAYER, STILL, NEWCOMER = range(1, 9)
"""One user each: what moves their score, if anything does."""

CATALOGUED = {
    "late_payment_count_90d": "history",
    "spend_amount_30d": "spending",
    "current_dpd_days": "history",
    "application_count_90d": "history",
}
"""Features of the cards that the small card lacks, with their dimension."""


class _Landing(Handmade):
    """The publisher's helper over a warehouse whose marts are real."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings


def make_pair_world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Both nights built, the earlier one scored and published; the later one to be scored."""
    for name, dimension in CATALOGUED.items():
        monkeypatch.setitem(CATALOG, name, dimension)
    settings = make_settings(folder / "home")
    release_cards(settings, folder / "cards", monkeypatch)
    _land(RawWorld(settings))
    build_nights(settings, [EARLIER, LATER])
    score_and_publish(settings, EARLIER)
    return settings


def score_and_publish(settings: Settings, night: Night) -> None:
    """The night's last steps, its gates taken as open."""
    score_night(settings, night)
    _Landing(settings).set_gates(night)
    publish_night(settings, night)


def release_cards(settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One card is champion since ever, another one from 5 April 2025 on."""
    folder.mkdir()
    monkeypatch.setattr(loader, "CARDS_FOLDER", folder)
    first, second = (_make_card(number) for number in (1, 2))
    found_with(settings, first, folder)
    path = folder / f"{second.card_id}.json"
    path.write_text(dump_card(second), encoding="utf-8")
    write_report(folder, second)
    register_card(settings, path)
    steps: tuple[State, ...] = ("challenger", "champion")
    for state in steps:
        promote_card(settings, second.card_id, state, reason="test", day=date(2025, 4, 5))


def _make_card(number: int) -> Card:
    name = f"demo_v{number}"
    fields = draft(
        card_id=name,
        base_points=600 - 10 * (number - 1),
        scorability=[],
        features=_features(number),
    )
    return seal_card(fields, f"{name}.json", CATALOG)


def _features(number: int) -> list[dict[str, object]]:
    """The second card pays 5 more for spending, and knows applications instead of days past due."""
    spent = bins((None, "100", 0), ("100", None, 10 + 5 * number))
    late = bins(("0", "1", 20), ("1", None, -30))
    last = (
        ("current_dpd_days", bins(("0", "1", 0), ("1", None, -40)))
        if number == 1
        else ("application_count_90d", bins(("0", "1", 7), ("1", None, 0)))
    )
    parts = [
        ("late_payment_count_90d", "decreasing", late),
        ("spend_amount_30d", "increasing", spent),
        (last[0], "decreasing", last[1]),
    ]
    return [
        feature(name, monotone, name[0].upper(), parted, missing=0, unseen=0)
        for name, monotone, parted in parts
    ]


def _land(world: RawWorld) -> None:
    world.land(
        "users",
        "2025-03-01",
        *({"user_key": key, "registered_at": noon("2024-01-15")} for key in range(1, NEWCOMER)),
    )
    world.land("users", BETWEEN, {"user_key": NEWCOMER, "registered_at": noon("2025-04-04")})
    world.land(
        "statements",
        "2025-03-01",
        _bill(AGED, "2025-01-05"),
        _bill(CORRECTED, "2025-02-10"),
        _bill(DISPUTED, "2025-02-10"),
        _bill(OVERDUE, "2025-04-05"),
        _bill(PAYER, "2025-04-05"),
    )
    world.land(
        "repayments",
        "2025-03-01",
        _payment(AGED, "2025-01-08"),
        _payment(CORRECTED, "2025-02-20"),
        _payment(DISPUTED, "2025-02-20"),
    )
    # From here on only the later night knows.
    world.land(
        "repayments", BETWEEN, _payment(CORRECTED, "2025-02-09"), _payment(PAYER, "2025-04-04")
    )
    world.land(
        "disputes",
        BETWEEN,
        {
            "dispute_id": "d1",
            "user_key": DISPUTED,
            "record_kind": "statement",
            "record_id": f"s{DISPUTED}",
            "opened_at": noon("2025-03-01"),
            "resolved_at": noon("2025-03-20"),
            "outcome": "upheld",
        },
    )
    world.land(
        "transactions",
        BETWEEN,
        {
            "transaction_id": "t1",
            "user_key": BUYER,
            "occurred_at": noon("2025-04-03"),
            "amount": "500.00",
        },
    )


def _bill(key: int, due: str) -> Row:
    due_date = date.fromisoformat(due)
    return {
        "statement_id": f"s{key}",
        "user_key": key,
        "product": "huabei",
        "statement_date": date.fromordinal(due_date.toordinal() - 40),
        "due_date": due_date,
        "amount_due": "100.00",
    }


def _payment(key: int, paid: str) -> Row:
    return {
        "repayment_id": f"r{key}",
        "user_key": key,
        "statement_id": f"s{key}",
        "paid_at": noon(paid),
        "amount": "100.00",
    }
