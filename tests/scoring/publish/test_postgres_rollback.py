"""Going back, and who is shown, in both sinks."""

from __future__ import annotations

import re

import pytest

from scoring.errors import ConfigurationError, TransientError
from scoring.publish.rollback import rollback
from scoring.status import read_status
from tests.scoring.publish.handmade import FIRST, NO_CONSENT, SECOND, THIRD, Scored
from tests.scoring.publish.in_postgres import InPostgres

ALL = {1: Scored(610), 2: Scored(620), 3: Scored(630)}
GENERATION = "select generation from publication"
TABLES = ("scores", "scores_latest", "scores_history", "score_points", "features_latest")


@pytest.fixture
def three(in_postgres: InPostgres) -> InPostgres:
    """Three nights, one generation each."""
    in_postgres.handmade.publish(FIRST, {1: Scored(600), 2: Scored(700)})
    in_postgres.handmade.publish(SECOND, {1: Scored(601), 2: Scored(700)})
    in_postgres.handmade.publish(THIRD, {1: Scored(602), 2: Scored(700)})
    return in_postgres


def test_rollback_moves_every_sink(three: InPostgres) -> None:
    rollback(three.settings)
    assert three.ask(GENERATION) == three.handmade.ask(GENERATION) == [(2,)]
    three.require_equal_sinks()
    status = read_status(three.settings)
    assert status.sinks["PostgreSQL"] == status.sinks["creditloop.duckdb"] == 2
    assert status.sinks_agree
    # the night that was withdrawn is copied anew, or found again
    three.handmade.publish(THIRD, {1: Scored(602), 2: Scored(700)})
    three.require_equal_sinks()


def test_rollback_says_which_sink_did_not_move_and_how_to_move_it(three: InPostgres) -> None:
    three.server.stop()
    message = (
        "rollback half done for generation 2: expected every sink to show it, got the published "
        "file only, not PostgreSQL (no answer, or a lost connection). Repeat as `creditloop "
        "rollback --to 2` when it answers; the next publication does the same."
    )
    try:
        with pytest.raises(TransientError, match=re.escape(message)):
            rollback(three.settings)
    finally:
        three.server.start()
    assert (three.ask(GENERATION), three.handmade.ask(GENERATION)) == ([(3,)], [(2,)])
    assert (
        "sinks DISAGREE: PostgreSQL 3, creditloop.duckdb 2" in read_status(three.settings).render()
    )
    rollback(three.settings, 2)
    three.require_equal_sinks()
    with pytest.raises(ConfigurationError, match="got the one that is shown"):
        rollback(three.settings, 2)


def test_sinks_that_disagree_meet_at_the_next_publication(three: InPostgres) -> None:
    three.server.stop()
    try:
        with pytest.raises(TransientError, match="half done"):
            rollback(three.settings, 1)
    finally:
        three.server.start()
    three.handmade.publish(SECOND, {1: Scored(601), 2: Scored(700)})
    three.require_equal_sinks()
    assert three.ask("select generation, night_count from publication") == [(4, 2)]


def test_generation_that_is_not_kept_is_gone(three: InPostgres) -> None:
    three.use(generations_kept=2)
    three.handmade.publish(THIRD, {1: Scored(650)})
    assert three.admin("select generation from creditloop_store.generations order by 1") == [
        (3,),
        (4,),
    ]
    left = "select relname from pg_class where relkind = 'r' and relname ~ 'scores_latest_g'"
    assert [name[-2:] for (name,) in three.admin(left)] == ["03", "04"]


def test_users_who_revoke_are_withheld_and_may_come_back(in_postgres: InPostgres) -> None:
    handmade = in_postgres.handmade
    handmade.land_consents(FIRST, {1: "granted", 2: "granted"})
    handmade.publish(FIRST, ALL)
    in_postgres.require_equal_sinks()
    handmade.land_consents(SECOND, {2: "revoked"})
    handmade.publish(SECOND, {1: Scored(), 2: NO_CONSENT})
    in_postgres.require_equal_sinks()
    for table in TABLES:
        assert in_postgres.ask(f"select distinct user_key from {table}") == [(1,)]
    handmade.land_consents(THIRD, {2: "granted"})
    handmade.publish(THIRD, {1: Scored()})
    in_postgres.require_equal_sinks()
    assert in_postgres.ask("select as_of_date from scores where user_key = 2") == [(FIRST,)]


def test_rollback_keeps_users_withheld_who_revoked_since(in_postgres: InPostgres) -> None:
    handmade = in_postgres.handmade
    handmade.land_consents(FIRST, {1: "granted", 2: "granted"})
    handmade.publish(FIRST, ALL)
    handmade.land_consents(SECOND, {2: "revoked", 3: "granted"})
    handmade.publish(SECOND, {1: Scored(), 3: Scored()})
    rollback(in_postgres.settings)
    in_postgres.require_equal_sinks()
    for table in TABLES:
        assert in_postgres.ask(f"select distinct user_key from {table}") == [(1,)]


def test_first_consents_feed_is_asked_from_then_on(in_postgres: InPostgres) -> None:
    in_postgres.handmade.publish(FIRST, ALL)
    in_postgres.handmade.land_consents(SECOND, {2: "granted"})
    in_postgres.handmade.publish(SECOND, ALL)
    in_postgres.require_equal_sinks()
    assert in_postgres.ask("select distinct user_key from scores_history") == [(2,)]
