from __future__ import annotations

import json
import os
import re
import shutil
import time
from datetime import timedelta

import pytest

from scoring.clock import utc_now
from scoring.errors import ConfigurationError, PermanentError
from scoring.publish.published import generation_file, published_content_hash
from scoring.publish.rollback import rollback
from scoring.publish.step import publish_night
from scoring.settings import Settings, load_settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.publish.handmade import FIRST, SECOND, THIRD, Handmade, Scored

STATES = "select generation, state from ops.generations order by generation"
NIGHTS = "select distinct as_of_date from scores order by as_of_date"


@pytest.fixture
def three(handmade: Handmade) -> Handmade:
    """Three published nights, a generation each."""
    for number, day in enumerate((FIRST, SECOND, THIRD)):
        handmade.publish(day, {1: Scored(600 + number), 2: Scored(700)})
    return handmade


def test_rollback_returns_to_the_previous_generation_in_under_a_second(three: Handmade) -> None:
    started = time.process_time()
    report = rollback(three.settings, reason="a wrong feed")
    assert time.process_time() - started < 1
    assert report.summary == (
        "generation 2 is shown again instead of 3; the nights that came after it are withdrawn "
        "until they are published again"
    )
    assert three.ask(NIGHTS) == [(FIRST,), (SECOND,)]
    assert three.ask("select distinct as_of_date from scores_latest") == [(SECOND,)]
    assert three.ops(STATES) == [(1, "kept"), (2, "current"), (3, "withdrawn")]
    current = (three.settings.published / "CURRENT.json").read_text(encoding="utf-8")
    assert json.loads(current)["generation"] == 2
    changes = "select generation, state, reason from ops.generation_changes order by changed_at"
    assert three.ops(changes)[-2:] == [
        (3, "withdrawn", "rollback: a wrong feed"),
        (2, "current", "rollback: a wrong feed"),
    ]
    assert three.ops("select state from ops.runs where last_step = 'rollback'") == [("succeeded",)]


def test_withdrawn_night_stays_away_until_published_again(three: Handmade) -> None:
    before = published_content_hash(three.settings)
    files = sorted(three.settings.published.rglob("*.parquet"))
    rollback(three.settings, 1)
    report = three.publish(THIRD, {1: Scored(602), 2: Scored(700)})
    assert report.row_counts["generation"] == 4
    assert three.ask(NIGHTS) == [(FIRST,), (THIRD,)]
    previous = "select distinct previous_as_of_date from score_changes where as_of_date = '{}'"
    assert three.ask(previous.format(THIRD)) == [(FIRST,)]
    three.publish(SECOND, {1: Scored(601), 2: Scored(700)})
    assert published_content_hash(three.settings) == before
    assert three.ask(previous.format(THIRD)) == [(SECOND,)]
    assert three.ops(STATES) == [
        *((1, "kept"), (2, "withdrawn"), (3, "withdrawn")),
        *((4, "kept"), (5, "current")),
    ]
    added = set(three.settings.published.rglob("*.parquet")) - set(files)
    assert {path.parents[2].name for path in added} == {"score_changes"}
    # the value was published at generation 3, whatever brought it back
    origin = "select distinct published_at_generation from scores_history where as_of_date = '{}'"
    assert three.ask(origin.format(THIRD)) == [(3,)]


def test_rollback_skips_withdrawn_generations(three: Handmade) -> None:
    rollback(three.settings, 2)
    three.publish(THIRD, {1: Scored(650)})
    report = rollback(three.settings)
    assert report.row_counts == {"generation": 2}


@pytest.mark.parametrize(
    ("number", "got"), [(3, "the one that is shown"), (9, "one that is not kept")]
)
def test_generation_that_is_not_earlier_and_kept_is_refused(
    three: Handmade, number: int, got: str
) -> None:
    message = (
        f"rollback refused for generation {number}: expected an earlier kept generation (2, 1), "
        f"got {got}. Name one of them with --to; nothing was changed."
    )
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        rollback(three.settings, number)
    assert three.ask("select generation from publication") == [(3,)]


def test_single_generation_has_nothing_to_return_to(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: Scored()})
    with pytest.raises(PermanentError, match="generation 1: expected an earlier kept generation"):
        rollback(handmade.settings)
    assert handmade.ask("select generation from publication") == [(1,)]


def test_nothing_published_is_refused_without_creating_anything(settings: Settings) -> None:
    with pytest.raises(PermanentError, match="got nothing was published yet"):
        rollback(settings)
    assert not settings.root.exists()


def test_expired_generations_are_refused_and_gone(three: Handmade) -> None:
    settings = load_settings(home=three.settings.home, generations_kept=2)
    publish_night(settings, three.add_night(THIRD, {1: Scored(650)}))
    assert three.ops(STATES) == [(1, "expired"), (2, "expired"), (3, "kept"), (4, "current")]
    assert not generation_file(settings, 2).exists()
    with pytest.raises(PermanentError, match=r"expected an earlier kept generation \(3\)"):
        rollback(settings, 2)


def test_rollback_keeps_users_withheld_who_revoked_since(handmade: Handmade) -> None:
    handmade.land_consents(FIRST, {1: "granted", 2: "granted"})
    handmade.publish(FIRST, {1: Scored(), 2: Scored()})
    handmade.land_consents(SECOND, {2: "revoked", 3: "granted"})
    handmade.publish(SECOND, {1: Scored(), 3: Scored()})
    rollback(handmade.settings)
    for table in ("scores", "scores_latest", "scores_history", "score_points", "features_latest"):
        assert handmade.ask(f"select distinct user_key from {table}") == [(1,)]
    assert handmade.ask(
        "select generation, scores_latest_row_count, consent_known_on from publication"
    ) == [(1, 1, SECOND)]
    ((shown,),) = handmade.ask("select content_hash from publication")
    assert handmade.ops("select content_hash from ops.generations where generation = 1") == [
        (shown,)
    ]


def test_unreadable_published_file_can_be_rolled_back(three: Handmade) -> None:
    published = three.settings.published / "creditloop.duckdb"
    published.unlink()
    published.write_bytes(b"not a database")
    night = three.add_night(THIRD, {1: Scored(650)})
    with pytest.raises(PermanentError, match=r"published file not read.*creditloop rollback"):
        publish_night(three.settings, night)
    rollback(three.settings)
    assert three.ask("select generation from publication") == [(2,)]
    publish_night(three.settings, night)
    assert three.ask("select generation from publication") == [(4,)]


def test_files_go_after_the_grace_and_not_before(three: Handmade) -> None:
    files = set(three.settings.published.rglob("*.parquet"))
    rollback(three.settings, 1)
    three.publish(SECOND, {1: Scored(500)})
    assert files <= set(three.settings.published.rglob("*.parquet"))

    past = utc_now() - timedelta(days=8)
    with open_warehouse(three.settings) as connection:
        connection.execute(
            "update ops.generation_changes set changed_at = ? where generation in (2, 3)", [past]
        )
    for path in files:
        os.utime(path, (past.timestamp(), past.timestamp()))
    three.publish(SECOND, {1: Scored(501)})
    # generations 2 and 3 are forgotten with what only they named; 1 and 4 are kept
    with open_warehouse(three.settings) as connection:
        named = connection.execute("select distinct file from ops.generation_nights").fetchall()
    shown = {three.settings.published / str(name) for (name,) in named}
    assert shown == set(three.settings.published.rglob("*.parquet"))
    assert len(files - shown) == 8
    assert not list((three.settings.published / "scores_history").glob(f"as_of_date={THIRD}"))
    rollback(three.settings, 1)
    assert three.ask(NIGHTS) == [(FIRST,)]


def test_emptied_published_folder_starts_anew(three: Handmade) -> None:
    shutil.rmtree(three.settings.published)
    three.publish(THIRD, {1: Scored(650)})
    assert three.ask("select generation, night_count from publication") == [(4, 1)]
    assert three.ops(STATES) == [
        *((1, "expired"), (2, "expired"), (3, "expired"), (4, "current")),
    ]


def test_lost_published_name_is_restored(three: Handmade) -> None:
    (three.settings.published / "creditloop.duckdb").unlink()
    report = three.publish(THIRD, {1: Scored(602), 2: Scored(700)})
    assert "generation 3 shows it already" in report.summary
    assert three.ask("select generation from publication") == [(3,)]


def test_warehouse_made_anew_learns_from_the_published_file(three: Handmade) -> None:
    three.settings.warehouse_file.unlink()
    anew = Handmade(three.settings)
    anew.land_users(FIRST, [1, 2, 3])
    anew.publish(FIRST, {1: Scored(600), 2: Scored(701)})
    assert anew.ask("select generation from publication") == [(4,)]
    assert anew.ask(NIGHTS) == [(FIRST,), (SECOND,), (THIRD,)]
    assert anew.ops(STATES) == [(3, "kept"), (4, "current")]
