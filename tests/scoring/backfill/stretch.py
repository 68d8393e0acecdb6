"""A stretch of days over handmade scores, so that publishing and judging cost no dbt run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from scoring.backfill.ledger import Backfill, Rule
from scoring.backfill.opening import open_backfill
from scoring.backfill.request import Request
from scoring.changes.night import fill_changes
from scoring.nights import Night
from scoring.publish.gates import GATES
from scoring.publish.published import read_published
from scoring.publish.step import publish_night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.publish.handmade import FIRST, UNSCORED, Handmade, Scored

BEFORE = FIRST
DAYS = [BEFORE + timedelta(days=number) for number in (1, 2, 3)]
AFTER = BEFORE + timedelta(days=4)

NIGHTS: Mapping[date, Mapping[int, Scored]] = {
    BEFORE: {1: Scored(spending=5), 2: Scored(), 3: Scored(history=-20)},
    DAYS[0]: {1: Scored(spending=10), 2: Scored(), 3: Scored(history=-20)},
    DAYS[1]: {1: Scored(spending=10, linkage=3), 2: UNSCORED, 4: Scored()},
    DAYS[2]: {1: Scored(spending=12), 2: Scored(repayment=7)},
    AFTER: {1: Scored(spending=14), 2: Scored(repayment=9)},
}
"""Users come and go: one is there on the first days only, one on a single day in the middle."""

REQUEST = Request(DAYS[0], DAYS[-1], reason="test")


GONE_CARD = "gone_v1"
"""The nights' card is kept no more: changes are compared and stay undivided."""


def make_stretch(settings: Settings, published: Sequence[date] = (BEFORE,)) -> Handmade:
    """Users landed and some of the nights published, each by itself."""
    handmade = Handmade(settings)
    handmade.land_users(BEFORE, [1, 2, 3, 4])
    for day in published:
        publish_by_itself(handmade, day)
    return handmade


def publish_by_itself(handmade: Handmade, day: date) -> None:
    """The last part of the step ``score``, and the step ``publish``, of a night of its own."""
    night = handmade.add_night(day, NIGHTS[day], card_id=GONE_CARD)
    with open_warehouse(handmade.settings) as connection:
        fill_changes(connection, handmade.settings, night)
    publish_night(handmade.settings, night)


def open_stretch(
    handmade: Handmade, rule: Rule = "original", refused: Sequence[date] = ()
) -> tuple[Backfill, list[Night]]:
    """An open backfill of ``DAYS`` with every day computed; on ``refused`` a gate is closed."""
    request = Request(REQUEST.date_from, REQUEST.date_to, rule, "all", "test")
    backfill = open_backfill(handmade.settings, request)
    nights = [
        Night(day, known_on, backfill.backfill_id)
        for day, known_on in handmade.ops(
            "select as_of_date, known_on from ops.backfill_days "
            f"where backfill_id = '{backfill.backfill_id}' order by as_of_date"
        )
    ]  # type: ignore[misc]
    for night in nights:
        handmade.add_night(
            night.as_of_date, NIGHTS[night.as_of_date], known_on=night.known_on, card_id=GONE_CARD
        )
        state = "failed" if night.as_of_date in refused else "passed"
        handmade.set_gates(night, GATES, state=state)
    return backfill, nights


def shown_hash(settings: Settings) -> str:
    """Hash of everything readers see: scores, points, reasons, changes, latest tables."""
    publication = read_published(settings)
    if publication is None:
        raise LookupError("nothing is published")
    return publication.content_hash
