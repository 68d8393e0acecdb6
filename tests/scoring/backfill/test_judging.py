"""Days judged in any order and from any process; one generation; the same end after any kill."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path

import pytest

from scoring.backfill.judging import stage_or_complete
from scoring.backfill.ledger import Backfill
from scoring.errors import ConfigurationError, GateClosedError
from scoring.nights import Night
from scoring.publish.step import publish_night
from scoring.settings import PROJECT_ROOT, Settings, load_settings
from tests.scoring.backfill.kill_at import judge_all
from tests.scoring.backfill.stretch import (
    AFTER,
    BEFORE,
    DAYS,
    make_stretch,
    open_stretch,
    publish_by_itself,
    shown_hash,
)
from tests.scoring.publish.handmade import Handmade

pytestmark = pytest.mark.slow

DAY_STATES = "select state from ops.backfill_days order by as_of_date"
ENDED = "select state, generation from ops.backfills"

MOMENTS = [
    ("before", "scoring.backfill.judging.mark_days"),
    ("after", "scoring.backfill.judging.judge"),
    ("before", "scoring.backfill.judging.complete"),
    ("after", "scoring.backfill.judging.fill_missing_pairs"),
    ("after", "scoring.publish.step.write_night_files"),
    ("before", "scoring.publish.sinks.switch_readers"),
    ("after", "scoring.publish.registry.point_to"),
    ("after", "scoring.backfill.judging.publish_nights"),
    ("before", "scoring.backfill.judging._close"),
    ("before", "scoring.backfill.judging.end_backfill"),
    ("before", "scoring.backfill.judging.prune_marts"),
]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the days show when each is published by itself, in order, the one after being there."""
    apart = make_stretch(load_settings(home=tmp_path_factory.mktemp("apart")), [BEFORE, AFTER])
    for day in DAYS:
        publish_by_itself(apart, day)
    return shown_hash(apart.settings)


@pytest.mark.parametrize("order", list(permutations(range(3)))[::2])
def test_any_order_of_days_gives_one_generation(
    settings: Settings, expected: str, order: tuple[int, ...]
) -> None:
    handmade = make_stretch(settings, [BEFORE, AFTER])
    _, nights = open_stretch(handmade)
    reports = []
    for number in order:
        assert handmade.ask("select generation from publication") == [(2,)]
        reports.append(stage_or_complete(settings, nights[number]))
    assert [report.row_counts.get("waiting") for report in reports] == [2, 1, None]
    assert handmade.ask("select generation, night_count from publication") == [(3, 5)]
    assert shown_hash(settings) == expected
    assert handmade.ops(ENDED) == [("complete", 3)]
    assert handmade.ops(DAY_STATES) == [("published",)] * 3


def test_day_with_a_closed_gate_is_left_out_and_said(settings: Settings) -> None:
    handmade = make_stretch(settings)
    _, nights = open_stretch(handmade, refused=[DAYS[1]])
    told = [stage_or_complete(settings, night).summary for night in nights]
    assert f"{DAYS[1]} refused: publication refused for landing gate@{DAYS[1]}" in told[1]
    assert handmade.ops(DAY_STATES) == [("published",), ("refused",), ("published",)]
    assert handmade.ops(ENDED) == [("partial", 2)]
    shown = handmade.ask("select distinct as_of_date from scores order by all")
    assert shown == [(BEFORE,), (DAYS[0],), (DAYS[2],)]
    compared = handmade.ask(
        f"select distinct previous_as_of_date from score_changes where as_of_date = '{DAYS[2]}'"
    )
    assert compared == [(DAYS[0],)]


def test_all_days_refused_publish_nothing(settings: Settings) -> None:
    handmade = make_stretch(settings)
    _, nights = open_stretch(handmade, refused=DAYS)
    for night in nights:
        stage_or_complete(settings, night)
    assert handmade.ops(ENDED) == [("refused", None)]
    assert handmade.ask("select generation from publication") == [(1,)]


def test_refused_day_is_published_by_itself_once_corrected(
    settings: Settings, expected: str
) -> None:
    handmade = make_stretch(settings, [BEFORE, AFTER])
    _, nights = open_stretch(handmade, refused=[DAYS[1]])
    for night in nights:
        stage_or_complete(settings, night)
    with pytest.raises(GateClosedError):
        stage_or_complete(settings, nights[1])
    handmade.set_gates(nights[1])
    assert stage_or_complete(settings, nights[1]).row_counts["generation"] == 4
    assert handmade.ops(DAY_STATES) == [("published",)] * 3
    assert shown_hash(settings) == expected


def test_day_built_again_after_it_was_judged_is_judged_again(settings: Settings) -> None:
    handmade = make_stretch(settings)
    _, nights = open_stretch(handmade)
    stage_or_complete(settings, nights[0])
    handmade.set_gates(nights[0], ["marts"], state="failed")
    for night in nights[1:]:
        stage_or_complete(settings, night)
    assert handmade.ops(DAY_STATES) == [("refused",), ("published",), ("published",)]


def test_a_night_of_its_own_meanwhile_does_not_end_the_backfill(settings: Settings) -> None:
    handmade = make_stretch(settings)
    _, nights = open_stretch(handmade)
    stage_or_complete(settings, nights[0])
    publish_by_itself(handmade, AFTER)
    assert handmade.ask("select distinct as_of_date from scores order by all") == [
        (BEFORE,), (AFTER,)
    ]  # fmt: skip
    for night in nights[1:]:
        stage_or_complete(settings, night)
    assert handmade.ops(ENDED) == [("complete", 3)]


def test_unknown_night_is_refused(settings: Settings) -> None:
    handmade = make_stretch(settings)
    backfill, _ = open_stretch(handmade)
    for night in (
        Night(AFTER, AFTER, backfill.backfill_id),
        Night(DAYS[0], AFTER, backfill.backfill_id),
        Night(DAYS[0], DAYS[0], "another"),
    ):
        with pytest.raises(ConfigurationError, match="expected a night of an open backfill"):
            stage_or_complete(settings, night)


def test_restated_days_keep_what_was_published_before(settings: Settings) -> None:
    handmade = make_stretch(settings, [BEFORE, *DAYS, AFTER])
    handmade.land_users(AFTER, [1, 2, 3, 4])
    _, nights = open_stretch(handmade, "latest")
    assert {night.known_on for night in nights} == {AFTER}
    outside = f"select * from scores where as_of_date in ('{BEFORE}', '{AFTER}') order by all"
    before = handmade.ask(outside)
    for night in nights:
        stage_or_complete(settings, night)
    assert handmade.ask(
        "select known_on, bool_and(is_current) from scores_history "
        f"where as_of_date = '{DAYS[0]}' group by all order by all"
    ) == [(DAYS[0], False), (AFTER, True)]
    assert handmade.ask(outside) == before


def test_contents_before_and_after_are_noted(settings: Settings) -> None:
    handmade = make_stretch(settings)
    with_hash = "insert or replace into ops.table_contents values"
    row = f"('scores.scores', '{DAYS[0]}', '{DAYS[0]}', 3, '%s', 'r', 'c', '2025-01-01')"
    handmade.ops(f"{with_hash} {row % 'old'}")
    _, nights = open_stretch(handmade)
    handmade.ops(f"{with_hash} {row % 'new'}")
    for night in nights:
        stage_or_complete(settings, night)
    assert handmade.ops(
        "select as_of_date, known_on_before, content_hash_before, content_hash_after "
        "from ops.backfill_contents"
    ) == [(DAYS[0], DAYS[0], "old", "new")]


Kill = Callable[[Path, str, str], None]


@pytest.fixture(scope="module")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kill]:
    """Judges the days of a deployment in a process that is killed at a moment."""
    errors = tmp_path_factory.mktemp("kill") / "stderr"
    with errors.open("wb") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.scoring.backfill.kill_at"],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def ask(home: Path, when: str, function: str) -> None:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps([str(home), when, function]) + "\n")
        server.stdin.flush()
        assert server.stdout.readline() == f"{-signal.SIGKILL}\n", errors.read_text()

    with server:
        yield ask


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> tuple[Handmade, Path]:
    """One place for every kill, as what is published knows where it lies, and a copy of it."""
    base = tmp_path_factory.mktemp("ready")
    handmade = make_stretch(load_settings(home=base / "home"), [BEFORE, AFTER])
    open_stretch(handmade)
    shutil.copytree(base / "home", base / "kept", symlinks=True)
    return handmade, base / "kept"


@pytest.mark.parametrize(("when", "function"), MOMENTS)
def test_killed_anywhere_and_run_again_ends_the_same(
    ready: tuple[Handmade, Path], kill: Kill, expected: str, when: str, function: str
) -> None:
    handmade, kept = ready
    home = handmade.settings.root
    shutil.rmtree(home)
    shutil.copytree(kept, home, symlinks=True)
    kill(home, when, function)
    # Readers see all of the days or none.
    assert handmade.ask("select count(distinct as_of_date) from scores") in ([(2,)], [(5,)])
    judge_all(str(home))
    assert shown_hash(handmade.settings) == expected
    ((state, generation),) = handmade.ops(ENDED)
    assert (state, handmade.ask("select generation from publication")) == (
        "complete",
        [(generation,)],
    )
    assert handmade.ops(DAY_STATES) == [("published",)] * 3


def test_publishing_a_staged_day_by_hand_leaves_its_backfill_to_end(settings: Settings) -> None:
    handmade = make_stretch(settings)
    backfill, nights = open_stretch(handmade)
    stage_or_complete(settings, nights[0])
    publish_night(settings, nights[0])
    for night in nights[1:]:
        stage_or_complete(settings, night)
    assert isinstance(backfill, Backfill)
    assert handmade.ask("select night_count from publication") == [(4,)]
