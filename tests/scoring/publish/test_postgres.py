"""Published tables in PostgreSQL: the same rows as in the file, one generation at a time."""

from __future__ import annotations

import re
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from scoring.errors import ConfigurationError, PermanentError
from scoring.nights import make_night
from scoring.publish.published import published_file
from scoring.publish.step import publish_night
from scoring.settings import load_settings
from scoring.warehouse.store import open_warehouse
from tests.postgres_server import WRITER
from tests.scoring.publish.handmade import FIRST, SECOND, THIRD, UNSCORED, Handmade, Scored
from tests.scoring.publish.in_postgres import InPostgres

psycopg = pytest.importorskip("psycopg")

GOOD = Scored(600, 10, 20, 5, 5, 0)
WORSE = Scored(600, 12, -10, 5, 5, 0)


def test_every_table_holds_the_same_rows_as_the_file(in_postgres: InPostgres) -> None:
    in_postgres.handmade.publish(FIRST, {1: GOOD, 2: UNSCORED})
    in_postgres.require_equal_sinks()
    in_postgres.handmade.publish(SECOND, {1: WORSE, 2: GOOD, 3: GOOD})
    in_postgres.require_equal_sinks()
    in_postgres.handmade.publish(FIRST, {1: WORSE}, known_on=THIRD)
    in_postgres.require_equal_sinks()
    assert in_postgres.ask("select generation, night_count from publication") == [(3, 2)]


def file_ids(in_postgres: InPostgres) -> dict[str, int]:
    """Published file -> the id its rows were copied under."""
    rows = in_postgres.admin("select file, file_id from creditloop_store.files")
    return {str(file): int(file_id) for file, file_id in rows}


def test_night_is_copied_once_whatever_comes_after_it(in_postgres: InPostgres) -> None:
    # the cost of a publication does not grow with history
    seen: dict[str, int] = {}
    for day in (FIRST, SECOND, THIRD):
        in_postgres.handmade.publish(day, {1: GOOD, 2: WORSE, 3: GOOD})
        now = file_ids(in_postgres)
        assert seen.items() <= now.items()
        assert len(now) - len(seen) == 4
        seen = now
    assert in_postgres.admin(
        "select relname from pg_class where relname like 'score_points_2%' and relkind = 'r' "
        "order by relname"
    ) == [("score_points_202501",), ("score_points_202502",)]


def test_same_content_again_touches_nothing(in_postgres: InPostgres) -> None:
    in_postgres.handmade.publish(FIRST, {1: GOOD})
    before = in_postgres.admin("select *, xmin from creditloop_store.current_generation")
    in_postgres.handmade.publish(FIRST, {1: GOOD}, code_version="0.2.0+other")
    assert in_postgres.admin("select *, xmin from creditloop_store.current_generation") == before


def test_first_publication_to_postgres_brings_all_of_history(
    in_postgres: InPostgres,
) -> None:
    dsn = in_postgres.settings.postgres_dsn
    in_postgres.use(postgres_dsn=None)
    in_postgres.handmade.publish(FIRST, {1: GOOD, 2: GOOD})
    in_postgres.handmade.publish(SECOND, {1: WORSE})
    assert in_postgres.admin("select to_regclass('creditloop.scores')") == [(None,)]
    in_postgres.use(postgres_dsn=dsn)
    in_postgres.handmade.publish(THIRD, {1: GOOD})
    in_postgres.require_equal_sinks()
    assert in_postgres.ask("select count(distinct as_of_date) from scores") == [(3,)]


def test_reader_in_one_transaction_keeps_its_generation(in_postgres: InPostgres) -> None:
    query = b"select (select generation from publication), max(as_of_date) from scores"
    in_postgres.handmade.publish(FIRST, {1: GOOD})
    with in_postgres.connect() as early, in_postgres.connect() as late:
        early.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        late.prepare_threshold = 0
        with early.transaction():
            early.execute("select 1")  # its snapshot is taken, no table was opened
            assert late.execute(query).fetchall() == [(1, FIRST)]
            in_postgres.handmade.publish(SECOND, {1: WORSE})
            assert early.execute(query).fetchall() == [(1, FIRST)]
            assert late.execute(query).fetchall() == [(2, SECOND)]  # a prepared statement
        assert early.execute(query).fetchall() == [(2, SECOND)]


def test_reader_with_an_open_transaction_does_not_stop_the_switch(in_postgres: InPostgres) -> None:
    in_postgres.use(generations_kept=2)
    deployment = in_postgres.handmade
    deployment.publish(FIRST, {1: GOOD})
    with in_postgres.connect() as reader, reader.transaction():
        reader.execute("select count(*) from scores, features_latest")  # holds locks on both
        for base in range(3):
            deployment.publish(SECOND, {1: Scored(610 + base)})
        assert in_postgres.ask("select generation from publication") == [(4,)]
    tables = (
        "select count(*) from pg_class where relkind = 'r' and relname like 'features_latest_g%'"
    )
    assert in_postgres.admin(tables) == [(4,)]
    # what was in use goes with the next publication
    deployment.publish(SECOND, {1: Scored(630)})
    assert in_postgres.admin(tables) == [(2,)]
    in_postgres.require_equal_sinks()


def test_readers_see_one_generation_at_a_time(in_postgres: InPostgres) -> None:
    # every night n gives each of its users the score 500 + n: any mixture shows
    query = b"""
        select publication.generation,
            (select count(distinct as_of_date) from scores) - publication.night_count,
            (select count(*) from scores_latest where score <> 500 + publication.night_count),
            (select count(*) from scores where as_of_date > publication.newest_as_of_date),
            (select count(*) from score_changes where score_change <> 1),
            (select count(*) from features_latest where as_of_date <> newest_as_of_date)
        from publication
    """
    in_postgres.handmade.publish(FIRST, dict.fromkeys((1, 2, 3), Scored(501)))
    stop, rows, slowest = threading.Event(), [], 0.0

    def read() -> None:
        nonlocal slowest
        with in_postgres.connect() as reader:
            while not stop.is_set():
                started = time.perf_counter()
                rows.extend(reader.execute(query).fetchall())
                slowest = max(slowest, time.perf_counter() - started)

    thread = threading.Thread(target=read)
    thread.start()
    try:
        for number in range(2, 7):
            day = FIRST + timedelta(days=number - 1)
            in_postgres.handmade.publish(day, dict.fromkeys((1, 2, 3), Scored(500 + number)))
    finally:
        stop.set()
        thread.join()
    assert {row[1:] for row in rows} == {(0, 0, 0, 0, 0)}
    assert {row[0] for row in rows} >= {1, 6}
    assert len(rows) > 20
    assert slowest < 5


def test_reader_role_sees_the_views_and_nothing_behind_them(in_postgres: InPostgres) -> None:
    in_postgres.handmade.publish(FIRST, {1: GOOD})
    assert in_postgres.ask("select count(*) from scores") == [(1,)]
    for statement in (
        "select * from creditloop_store.scores_history",
        "delete from scores_latest",
        "create table creditloop.mine (n int)",
        "update creditloop_store.current_generation set generation = 1",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            in_postgres.ask(statement)


def test_writer_role_owns_its_schemas_only(in_postgres: InPostgres) -> None:
    in_postgres.handmade.publish(FIRST, {1: GOOD})
    assert in_postgres.admin(
        "select distinct nspname from pg_class inner join pg_namespace on relnamespace = "
        "pg_namespace.oid where relowner = 'creditloop_writer'::regrole "
        "and nspname <> 'pg_toast' order by nspname"
    ) == [("creditloop",), ("creditloop_store",)]
    rights = (
        "select rolsuper, rolcreatedb, rolcreaterole, "
        f"has_database_privilege('{WRITER}', current_database(), 'create') "
        f"from pg_roles where rolname = '{WRITER}'"
    )
    assert in_postgres.admin(rights) == [(False, False, False, False)]


def test_condition_on_one_user_reads_no_whole_table(in_postgres: InPostgres) -> None:
    # a view that hides rows lets only harmless conditions through; these must be among them
    in_postgres.handmade.publish(FIRST, {1: GOOD, 2: GOOD})
    for table in ("scores", "scores_latest", "score_points", "features_latest"):
        with in_postgres.connect() as reader:
            reader.execute("set enable_seqscan = off")
            plan = reader.execute(f"explain select * from {table} where user_key = 1".encode())
            text = "\n".join(line for (line,) in plan)
        assert re.search(r"Index Cond: .*user_key = '?1", text), text


def test_other_deployment_is_kept_out(in_postgres: InPostgres, tmp_path: Path) -> None:
    in_postgres.handmade.publish(FIRST, {1: GOOD})
    other = Handmade(
        load_settings(
            home=tmp_path / "other",
            identity_key="another key that is long enough to be taken",
            postgres_dsn=in_postgres.server.dsn(in_postgres.database),
        )
    )
    other.land_users(FIRST, [1])
    message = (
        "PostgreSQL not written for schema creditloop: expected what this deployment has "
        "published there itself, got the publication of one with another "
        "CREDITLOOP_IDENTITY_KEY. Set another CREDITLOOP_POSTGRES_SCHEMA or another database."
    )
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        other.publish(FIRST, {1: GOOD})
    assert not published_file(other.settings).exists()


def test_missing_reader_role_is_said(in_postgres: InPostgres) -> None:
    in_postgres.use(postgres_reader="nobody_at_all")
    with pytest.raises(ConfigurationError, match=r"got no role nobody_at_all.*docs/postgres\.md"):
        in_postgres.handmade.publish(FIRST, {1: GOOD})


def test_new_feature_is_a_new_column_at_the_end(in_postgres: InPostgres) -> None:
    in_postgres.handmade.publish(FIRST, {1: GOOD})
    with open_warehouse(in_postgres.settings) as connection:
        connection.execute("alter table marts.fct_user_spending_daily add column added_90d bigint")
        connection.execute(
            "insert into marts.feature_catalog values "
            "('added_90d', 'fct_user_spending_daily', 'spending', 'scoring')"
        )
        connection.execute(
            "insert into marts.fct_user_spending_daily values (1, ?, ?, 0, 77)", [SECOND, SECOND]
        )
        connection.execute(
            "update marts.fct_user_spending_daily set added_90d = 77 where as_of_date = ?", [FIRST]
        )
    night = make_night(FIRST)
    in_postgres.handmade.set_gates(night)
    publish_night(in_postgres.settings, night)
    assert in_postgres.ask("select user_key, added_90d from features_latest") == [(1, 77)]
    assert in_postgres.admin(
        "select column_name from information_schema.columns where table_schema = 'creditloop' "
        "and table_name = 'features_latest' order by ordinal_position desc limit 1"
    ) == [("added_90d",)]


def test_changed_type_is_refused(in_postgres: InPostgres) -> None:
    in_postgres.handmade.publish(FIRST, {1: GOOD})
    night = in_postgres.handmade.add_night(FIRST, {1: WORSE})
    with open_warehouse(in_postgres.settings) as connection:
        connection.execute("alter table marts.score_bands alter lower_bound type varchar")
    message = "column score_bands.lower_bound: expected the type it was published with, integer"
    with pytest.raises(PermanentError, match=message):
        publish_night(in_postgres.settings, night)
    assert in_postgres.ask("select generation from publication") == [(1,)]
