"""``kill -9`` at each moment of a publication, then the same call again."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from scoring.nights import Night
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
    ("before", "scoring.publish.step._record_contents"),
    ("after", "scoring.publish.step.record_current"),
    ("after", "scoring.publish.step.sweep"),
]
SHOWN_BEFORE_THE_SWITCH = {function for _, function in MOMENTS[:7]}

PUBLISHED = ("score_changes", "score_points", "score_reasons", "scores_history")
CONTENTS = (
    "select table_name from ops.table_contents where starts_with(table_name, 'published.score') "
    f"and as_of_date = '{SECOND}' order by all"
)

NIGHT = {1: Scored(610), 2: Scored(550, -5)}


Kill = Callable[..., None]


@pytest.fixture(scope="module")
def kill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kill]:
    """Publishes a night, or rolls back, in a process that is killed at a moment."""
    errors = tmp_path_factory.mktemp("kill") / "stderr"
    with errors.open("wb") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.scoring.publish.kill_at"],
            cwd=PROJECT_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def ask(handmade: Handmade, day: date, when: str, function: str, what: str = "night") -> None:
        assert server.stdin is not None
        assert server.stdout is not None
        order = [str(handmade.settings.root), str(day), when, function, what]
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        assert server.stdout.readline() == f"{-signal.SIGKILL}\n", errors.read_text()

    with server:
        yield ask


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> tuple[Handmade, Night]:
    """One place for every test, as what is published knows where it lies, and its second night.

    Beside it are kept its states: ``ready`` with the first night published and the second ready to
    be, and ``published`` with both.
    """
    home = tmp_path_factory.mktemp("deployment") / "home"
    handmade = Handmade(load_settings(home=home))
    handmade.land_users(FIRST, [1, 2, 3])
    handmade.publish(FIRST, {1: Scored(), 2: Scored()})
    night = handmade.add_night(SECOND, NIGHT)
    shutil.copytree(home, home.with_name("ready"), symlinks=True)
    publish_night(handmade.settings, night)
    shutil.copytree(home, home.with_name("published"), symlinks=True)
    return handmade, night


def restore(home: Path, state: str) -> None:
    """Put the deployment into one of the states that were kept."""
    shutil.rmtree(home)
    shutil.copytree(home.with_name(state), home, symlinks=True)


@pytest.fixture
def ready(deployment: tuple[Handmade, Night]) -> tuple[Handmade, Night]:
    """The first night is published, the second ready to be."""
    restore(deployment[0].settings.root, "ready")
    return deployment


@pytest.fixture
def published(deployment: tuple[Handmade, Night]) -> tuple[Handmade, Night]:
    """Both nights are published."""
    restore(deployment[0].settings.root, "published")
    return deployment


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
    ready: tuple[Handmade, Night], kill: Kill, expected_hash: str, when: str, function: str
) -> None:
    handmade, night = ready
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
    assert handmade.ops(CONTENTS) == [(f"published.{table}",) for table in PUBLISHED]


def test_kill_before_the_switch_then_another_night_first(
    ready: tuple[Handmade, Night], kill: Kill
) -> None:
    handmade, night = ready
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
    published: tuple[Handmade, Night], kill: Kill, function: str
) -> None:
    handmade, night = published
    kill(handmade, SECOND, "after", function, "rollback")
    assert handmade.ask("select generation from publication") == [(1,)]
    report = publish_night(handmade.settings, night)
    assert report.row_counts["generation"] == 3
    assert handmade.ops("select generation, state from ops.generations order by all") == [
        (1, "kept"),
        (2, "withdrawn"),
        (3, "current"),
    ]


def test_rollback_killed_before_the_switch_changes_nothing(
    published: tuple[Handmade, Night], kill: Kill
) -> None:
    handmade, _ = published
    kill(handmade, SECOND, "before", "scoring.publish.sinks.switch_readers", "rollback")
    assert handmade.ask("select generation from publication") == [(2,)]
    left = handmade.settings.published / ".half.duckdb"
    left.touch()
    rollback(handmade.settings)
    assert handmade.ask("select generation from publication") == [(1,)]
    assert not left.exists()
