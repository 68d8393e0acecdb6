"""Several nights published as one generation: just what they would show one after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from scoring.errors import GateClosedError
from scoring.landing.sealing import sealed_through
from scoring.publish.step import publish_nights
from scoring.settings import Settings, load_settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.backfill.stretch import (
    AFTER,
    BEFORE,
    DAYS,
    NIGHTS,
    make_stretch,
    shown_hash,
)
from tests.scoring.publish.handmade import Handmade

Make = Callable[..., Handmade]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Deployments of their own, by number."""
    homes = iter(range(9))

    def make_one(*published: object) -> Handmade:
        settings: Settings = load_settings(home=tmp_path / str(next(homes)))
        return make_stretch(settings, published or (BEFORE,))  # type: ignore[arg-type]

    return make_one


@pytest.mark.parametrize("published", [(BEFORE,), (BEFORE, AFTER), (BEFORE, DAYS[1], AFTER)])
def test_together_equals_one_after_the_other(make: Make, published: tuple[object, ...]) -> None:
    apart, together = make(*published), make(*published)
    for day in DAYS:
        apart.publish(day, NIGHTS[day])
    generations = together.ask("select generation from publication")
    nights = [together.add_night(day, NIGHTS[day]) for day in DAYS]
    report = publish_nights(together.settings, nights)
    assert shown_hash(together.settings) == shown_hash(apart.settings)
    assert report.row_counts["generation"] == generations[0][0] + 1  # type: ignore[operator]
    for table in ("scores_latest", "score_changes", "features_latest"):
        query = f"select * from {table} order by all"
        assert together.ask(query) == apart.ask(query) != []


def test_order_of_the_nights_makes_no_difference(make: Make) -> None:
    forward, backward = make(), make()
    for handmade, days in ((forward, DAYS), (backward, DAYS[::-1])):
        publish_nights(handmade.settings, [handmade.add_night(day, NIGHTS[day]) for day in days])
    assert shown_hash(forward.settings) == shown_hash(backward.settings)
    assert forward.ask("select as_of_date, night_count from publication") == [(DAYS[-1], 4)]
    assert backward.ask("select as_of_date, night_count from publication") == [(DAYS[-1], 4)]


def test_first_publication_of_several_nights(make: Make) -> None:
    handmade = Handmade(load_settings(home=make().settings.root / "empty"))
    handmade.land_users(BEFORE, [1, 2, 3, 4])
    publish_nights(handmade.settings, [handmade.add_night(day, NIGHTS[day]) for day in DAYS])
    latest = handmade.ask("select user_key, as_of_date from scores_latest order by all")
    assert latest == [(1, DAYS[2]), (2, DAYS[2]), (3, DAYS[0]), (4, DAYS[1])]


def test_users_without_consent_now_are_withheld_from_every_night(make: Make) -> None:
    apart, together = make(), make()
    for handmade in (apart, together):
        handmade.land_consents(BEFORE, dict.fromkeys([1, 3, 4], "granted") | {2: "revoked"})
    for day in DAYS:
        apart.publish(day, NIGHTS[day])
    publish_nights(together.settings, [together.add_night(day, NIGHTS[day]) for day in DAYS])
    assert shown_hash(together.settings) == shown_hash(apart.settings)
    assert together.ask("select distinct user_key from scores order by all") == [(1,), (3,), (4,)]


def test_one_closed_gate_publishes_none(make: Make) -> None:
    handmade = make()
    before = shown_hash(handmade.settings)
    nights = [handmade.add_night(day, NIGHTS[day]) for day in DAYS]
    handmade.set_gates(nights[1], ["scores"], state="failed")
    with pytest.raises(GateClosedError, match=f"scores gate@{DAYS[1]}.*1 failed"):
        publish_nights(handmade.settings, nights)
    assert shown_hash(handmade.settings) == before


def test_greatest_knowledge_seals_whatever_the_night(make: Make) -> None:
    handmade = make()
    nights = [
        handmade.add_night(DAYS[0], NIGHTS[DAYS[0]], known_on=AFTER),
        handmade.add_night(DAYS[1], NIGHTS[DAYS[1]]),
    ]
    publish_nights(handmade.settings, nights)
    with open_warehouse(handmade.settings) as connection:
        assert sealed_through(connection) == AFTER
