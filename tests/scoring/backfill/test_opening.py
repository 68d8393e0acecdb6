"""Opening a backfill: what is refused, what goes on, and what is noted before anything changes."""

from __future__ import annotations

from datetime import date

import pytest

from scoring.backfill import opening
from scoring.backfill.ledger import mark_days, read_days
from scoring.backfill.opening import abandon_backfill, open_backfill
from scoring.backfill.request import Request
from scoring.errors import ConfigurationError
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.backfill.stretch import AFTER, DAYS, REQUEST, make_stretch
from tests.scoring.publish.handmade import Handmade


@pytest.fixture
def handmade(settings: Settings) -> Handmade:
    return make_stretch(settings, [])


def test_same_request_goes_on_with_the_unfinished_one(handmade: Handmade) -> None:
    first = open_backfill(handmade.settings, REQUEST)
    assert open_backfill(handmade.settings, REQUEST) == first
    assert (first.state, first.reason, first.generation) == ("running", "test", None)
    assert first.started_by
    assert handmade.ops("select count(*) from ops.backfills") == [(1,)]


@pytest.mark.parametrize(
    "request_",
    [
        Request(DAYS[1], AFTER),
        Request(DAYS[0], DAYS[-1], "latest"),
        Request(DAYS[0], DAYS[-1], "latest", "affected"),
    ],
)
def test_another_request_for_its_days_is_refused_until_it_is_given_up(
    handmade: Handmade, request_: Request
) -> None:
    first = open_backfill(handmade.settings, REQUEST)
    with pytest.raises(ConfigurationError, match=f"--abandon {first.backfill_id}"):
        open_backfill(handmade.settings, request_)
    abandon_backfill(handmade.settings, first.backfill_id)
    assert open_backfill(handmade.settings, request_).backfill_id != first.backfill_id


def test_days_apart_do_not_disturb_each_other(handmade: Handmade) -> None:
    open_backfill(handmade.settings, Request(DAYS[0], DAYS[0]))
    assert open_backfill(handmade.settings, Request(DAYS[1], DAYS[2])).state == "running"


def test_only_an_unfinished_one_can_be_given_up(handmade: Handmade) -> None:
    with pytest.raises(ConfigurationError, match=r"expected the id of an unfinished backfill"):
        abandon_backfill(handmade.settings, "backfill-none")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request(DAYS[1], DAYS[0]), "Swap --from and --to"),
        (Request(DAYS[0], DAYS[1], "original", "affected"), "Add --known-on latest"),
        (Request(DAYS[0], date(2999, 1, 1)), "no date after today"),
    ],
)
def test_a_request_without_sense_is_refused(
    handmade: Handmade, request_: Request, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        open_backfill(handmade.settings, request_)
    assert handmade.ops("select count(*) from ops.backfills") == [(0,)]


def test_latest_knows_the_newest_batch_even_if_more_lands_meanwhile(handmade: Handmade) -> None:
    newest = date(2025, 2, 20)
    handmade.land_users(newest, [1])
    request = Request(DAYS[0], DAYS[1], "latest")
    backfill = open_backfill(handmade.settings, request)
    handmade.land_users(date(2025, 2, 21), [1])
    assert open_backfill(handmade.settings, request) == backfill
    with open_warehouse(handmade.settings) as connection:
        days = read_days(connection, backfill.backfill_id)
    assert [day.night.known_on for day in days] == [newest, newest]


def test_other_code_starts_anew(handmade: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    backfill = open_backfill(handmade.settings, REQUEST)
    with open_warehouse(handmade.settings) as connection:
        mark_days(
            connection, [day.night for day in read_days(connection, backfill.backfill_id)], "staged"
        )
    monkeypatch.setattr(opening, "code_version", lambda: "0.1.0+other")
    again = open_backfill(handmade.settings, REQUEST)
    assert again.backfill_id == backfill.backfill_id
    assert handmade.ops(
        "select distinct backfill_days.state, code_version from ops.backfill_days"
        " inner join ops.backfills using (backfill_id)"
    ) == [("planned", "0.1.0+other")]
