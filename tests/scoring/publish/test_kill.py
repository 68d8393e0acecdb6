"""``kill -9`` at each moment of a publication, then the same call again."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date

import pytest

from scoring.publish.published import published_content_hash
from scoring.publish.rollback import rollback
from scoring.publish.step import publish_night
from scoring.settings import PROJECT_ROOT, load_settings
from tests.scoring.publish.handmade import FIRST, SECOND, THIRD, Handmade, Scored

MOMENTS = [
    ("before", "scoring.publish.night_files.settle"),
    ("after", "scoring.publish.night_files.settle"),
    ("after", "scoring.publish.step.write_night_files"),
    ("after", "scoring.publish.generation.create_views"),
    ("before", "scoring.publish.step.settle"),
    ("after", "scoring.publish.step.settle"),
    ("after", "scoring.publish.files.make_link"),
    ("after", "scoring.publish.registry.point_to"),
    ("after", "scoring.publish.registry.write_current"),
    ("before", "scoring.publish.registry.insert_rows"),
    ("after", "scoring.publish.step.record_current"),
    ("after", "scoring.publish.step.sweep"),
]
SHOWN_BEFORE_THE_SWITCH = {function for _, function in MOMENTS[:7]}

NIGHT = {1: Scored(610), 2: Scored(550, -5)}


def kill(handmade: Handmade, day: date, when: str, function: str, what: str = "night") -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.scoring.publish.kill_at"),
            *(str(handmade.settings.root), str(day), when, function, what),
        ],
        cwd=PROJECT_ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.fixture(scope="module")
def expected_hash(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What two nights look like when nothing is killed."""
    undisturbed = Handmade(load_settings(home=tmp_path_factory.mktemp("undisturbed")))
    undisturbed.land_users(FIRST, [1, 2])
    undisturbed.publish(FIRST, {1: Scored(), 2: Scored()})
    undisturbed.publish(SECOND, NIGHT)
    return published_content_hash(undisturbed.settings)


@pytest.mark.parametrize(("when", "function"), MOMENTS)
def test_killed_publication_ends_with_equal_content(
    handmade: Handmade, expected_hash: str, when: str, function: str
) -> None:
    handmade.publish(FIRST, {1: Scored(), 2: Scored()})
    night = handmade.add_night(SECOND, NIGHT)
    kill(handmade, SECOND, when, function)
    # readers see one whole generation at any moment
    count, newest = (1, FIRST) if function in SHOWN_BEFORE_THE_SWITCH else (2, SECOND)
    assert handmade.ask("select night_count, newest_as_of_date from publication") == [
        (count, newest)
    ]
    assert handmade.ask("select count(distinct as_of_date) from scores") == [(count,)]

    publish_night(handmade.settings, night)
    assert published_content_hash(handmade.settings) == expected_hash
    ((number,),) = handmade.ask("select generation from publication")
    assert handmade.ops("select generation, state from ops.generations order by all") == [
        (1, "kept"),
        (number, "current"),
    ]
    assert not [path for path in handmade.settings.published.rglob(".*") if path.is_file()]


def test_kill_before_the_switch_then_another_night_first(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(), 2: Scored()})
    night = handmade.add_night(SECOND, NIGHT)
    kill(handmade, SECOND, "before", "scoring.publish.step.settle")
    handmade.publish(THIRD, {1: Scored(), 2: Scored()})
    publish_night(handmade.settings, night)
    # the killed run's files said generation 2; nobody ever saw them
    assert handmade.ask(
        "select distinct as_of_date, published_at_generation from scores_history order by all"
    ) == [(FIRST, 1), (SECOND, 3), (THIRD, 2)]


@pytest.mark.parametrize(
    "function",
    [
        "scoring.publish.registry.point_to",
        "scoring.publish.registry.write_current",
        "scoring.publish.rollback.record_current",
    ],
)
def test_killed_rollback_has_happened_once_readers_see_it(
    handmade: Handmade, function: str
) -> None:
    handmade.publish(FIRST, {1: Scored(), 2: Scored()})
    night = handmade.add_night(SECOND, NIGHT)
    publish_night(handmade.settings, night)
    kill(handmade, SECOND, "after", function, "rollback")
    assert handmade.ask("select generation from publication") == [(1,)]
    report = publish_night(handmade.settings, night)
    assert report.row_counts["generation"] == 3
    assert handmade.ops("select generation, state from ops.generations order by all") == [
        (1, "kept"),
        (2, "withdrawn"),
        (3, "current"),
    ]


def test_rollback_killed_before_the_switch_changes_nothing(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored(), 2: Scored()})
    handmade.publish(SECOND, NIGHT)
    kill(handmade, SECOND, "before", "scoring.publish.rollback.switch_readers", "rollback")
    assert handmade.ask("select generation from publication") == [(2,)]
    rollback(handmade.settings)
    assert handmade.ask("select generation from publication") == [(1,)]
