"""A night of a scheduler's backfill: joined by name, refused by its own errors and no others."""

from __future__ import annotations

from datetime import date

import pytest

from scoring.backfill import scheduled
from scoring.backfill.scheduled import Membership, join_backfill, run_backfill_step
from scoring.errors import ConfigurationError, DataRefusedError, TransientError
from scoring.nights import Night
from scoring.recording import StepReport
from scoring.settings import Settings
from tests.scoring.backfill.stretch import AFTER, BEFORE, DAYS, GONE_CARD, NIGHTS, make_stretch
from tests.scoring.publish.handmade import Handmade

MEMBERSHIP = Membership("backfill-test", tuple(DAYS))
FACTS = {"subject": "a", "expected": "b", "got": "c", "next_step": "d"}
DAY_STATES = "select state from ops.backfill_days order by as_of_date"


@pytest.fixture
def handmade(settings: Settings) -> Handmade:
    """One night published, and three scored."""
    made = make_stretch(settings, [BEFORE])
    for day in DAYS:
        made.add_night(day, NIGHTS[day], card_id=GONE_CARD)
    return made


def join(handmade: Handmade, day: date, membership: Membership = MEMBERSHIP) -> Night:
    return join_backfill(handmade.settings, membership, day, day)


def fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def run_step(_settings: Settings, _step: str, _night: Night) -> StepReport:
        raise error

    monkeypatch.setattr(scheduled, "run_step", run_step)


def test_every_run_joins_the_same_backfill(handmade: Handmade) -> None:
    assert {join(handmade, day).run_id for day in reversed(DAYS)} == {"backfill-test"}
    assert handmade.ops("select backfill_id, date_from, date_to from ops.backfills") == [
        ("backfill-test", DAYS[0], DAYS[-1])
    ]


def test_days_without_a_run_are_not_waited_for(handmade: Handmade) -> None:
    membership = Membership("backfill-test", (DAYS[0], DAYS[2]))
    for day in membership.days:
        run_backfill_step(handmade.settings, "publish", join(handmade, day, membership))
    assert handmade.ops("select state, generation from ops.backfills") == [("complete", 2)]
    assert handmade.ask("select distinct as_of_date from scores order by all") == [
        (BEFORE,), (DAYS[0],), (DAYS[2],)
    ]  # fmt: skip


@pytest.mark.parametrize("last", DAYS)
def test_day_that_failed_is_left_out_whenever_it_comes(
    handmade: Handmade, monkeypatch: pytest.MonkeyPatch, last: date
) -> None:
    fail_with(monkeypatch, DataRefusedError("batch refused", **FACTS))
    for day in sorted(DAYS, key=lambda day: day == last):
        night = join(handmade, day)
        if day == DAYS[1]:
            with pytest.raises(DataRefusedError):
                run_backfill_step(handmade.settings, "ingest", night)
        else:
            report = run_backfill_step(handmade.settings, "publish", night)
    assert handmade.ops(DAY_STATES) == [("published",), ("refused",), ("published",)]
    assert handmade.ops("select state, generation from ops.backfills") == [("partial", 2)]
    if last != DAYS[1]:
        assert report.summary.endswith(f"; left out: {DAYS[1]}")


@pytest.mark.parametrize(
    "error",
    [
        TransientError("disk full", **FACTS),
        ConfigurationError("setting refused", **FACTS),
        ValueError("a mistake of ours"),
    ],
)
def test_other_trouble_leaves_the_day_waiting(
    handmade: Handmade, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    with monkeypatch.context() as patched:
        fail_with(patched, error)
        night = join(handmade, DAYS[1])
        with pytest.raises(type(error)):
            run_backfill_step(handmade.settings, "score", night)
    for day in (DAYS[0], DAYS[2]):
        run_backfill_step(handmade.settings, "publish", join(handmade, day))
    assert handmade.ops(DAY_STATES) == [("staged",), ("planned",), ("staged",)]
    assert handmade.ask("select generation from publication") == [(1,)]
    run_backfill_step(handmade.settings, "publish", join(handmade, DAYS[1]))
    assert handmade.ops("select state, generation from ops.backfills") == [("complete", 2)]


def test_day_corrected_after_the_end_is_published_by_itself(
    handmade: Handmade, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        fail_with(patched, DataRefusedError("batch refused", **FACTS))
        with pytest.raises(DataRefusedError):
            run_backfill_step(handmade.settings, "ingest", join(handmade, DAYS[0]))
    for day in DAYS[1:]:
        run_backfill_step(handmade.settings, "publish", join(handmade, day))
    run_backfill_step(handmade.settings, "publish", join(handmade, DAYS[0]))
    assert handmade.ask("select generation, night_count from publication") == [(3, 4)]
    assert handmade.ops(DAY_STATES) == [("published",)] * 3


def test_night_outside_its_days_is_refused(handmade: Handmade) -> None:
    with pytest.raises(ConfigurationError, match="expected a night of an open backfill"):
        join(handmade, AFTER)


@pytest.mark.parametrize(
    "param", [None, {}, {"id": "b"}, {"id": "b", "days": []}, {"id": "b", "days": ["today"]}]
)
def test_run_that_does_not_know_its_days_is_refused(param: dict[str, object] | None) -> None:
    with pytest.raises(ConfigurationError, match=r"scoring\.orchestration backfill create"):
        Membership.from_param(param, "backfill__x")
