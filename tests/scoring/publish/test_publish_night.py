from __future__ import annotations

import json
import re
import stat
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.errors import PermanentError
from scoring.nights import make_night
from scoring.publish.published import CURRENT_NAME, generation_file, published_content_hash
from scoring.publish.step import publish_night
from scoring.settings import Settings, load_settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.publish.handmade import (
    FIRST,
    SECOND,
    THIRD,
    UNSCORED,
    Handmade,
    Scored,
)

GOOD = Scored(600, 10, 20, 5, 5, 0)
WORSE = Scored(600, 12, -10, 5, 5, 0)
LATER = date(2025, 2, 10)


def test_first_night_shows_every_table(handmade: Handmade) -> None:
    report = handmade.publish(FIRST, {1: GOOD, 2: UNSCORED})

    assert report.summary == (
        "generation 1 shows 1 nights, 2025-01-30 (known on 2025-01-30) with 2 users"
    )
    columns = "user_key, as_of_date, known_on, score, score_status, band_code, points_repayment"
    expected = [
        (1, FIRST, FIRST, 640, "scored", "all", 20),
        (2, FIRST, FIRST, None, "insufficient_history", None, None),
    ]
    for table in ("scores", "scores_latest"):
        assert handmade.ask(f"select {columns} from {table} order by user_key") == expected
    assert handmade.ask(
        "select user_key, code_version, published_at_generation, is_current from scores_history "
        "order by user_key"
    ) == [(1, "0.1.0+test", 1, True), (2, "0.1.0+test", 1, True)]
    assert handmade.ask("select * from score_points order by feature_name desc") == [
        (1, FIRST, FIRST, "spend_amount_90d", Decimal(100), "[100, 200)", 10),
        (1, FIRST, FIRST, "payment_ratio_180d", None, "missing", 20),
    ]
    assert handmade.ask("select user_key, reason_rank, reason_zh from score_reasons") == [
        (1, 1, "还款")
    ]
    assert handmade.ask(
        "select user_key, as_of_date, known_on, current_dpd_days, income_amount_90d "
        "from features_latest order by user_key"
    ) == [(1, FIRST, FIRST, 2, Decimal(3)), (2, FIRST, FIRST, 2, Decimal(3))]
    assert handmade.ask("select count(*) from feature_catalog") == [(4,)]
    assert handmade.ask("select band_code from score_bands") == [("all",)]


def test_publication_row_says_what_it_rests_on(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD, 2: UNSCORED})
    (row,) = handmade.ask(
        "select generation, as_of_date, known_on, card_id, scores_row_count, "
        "score_points_row_count, score_changes_row_count, withheld_row_count, gate_results, "
        "known_basis, consent_basis from publication"
    )
    gates = {gate: {"passed": 1} for gate in ("landing", "marts", "scores")}
    assert row == (
        *(1, FIRST, FIRST, "expert_v1", 2, 2, 2, 0),
        *(json.dumps(gates), "landed", "outside_system"),
    )


def test_assumed_history_is_said_in_the_publication(handmade: Handmade) -> None:
    with open_warehouse(handmade.settings) as connection:
        connection.execute("update ops.batches set known_basis = 'assumed'")
    handmade.publish(FIRST, {1: GOOD})
    assert handmade.ask("select known_basis, known_basis_statement from publication") == [
        (
            "assumed",
            "history was loaded at once: when its rows became known is assumed, not recorded",
        )
    ]


def test_changes_add_up_and_are_empty_when_a_side_is_unscored(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD, 2: UNSCORED, 3: GOOD})
    handmade.publish(SECOND, {1: WORSE, 2: GOOD, 3: UNSCORED})

    parts = "change_base, change_spending, change_repayment, change_history, change_linkage"
    rows = handmade.ask(
        f"select user_key, previous_as_of_date, score_change, {parts}, change_clipped "
        "from score_changes where as_of_date = date '2025-01-31' order by user_key"
    )
    nothing = (None,) * 7
    assert rows == [
        (1, FIRST, -28, 0, 2, -30, 0, 0, 0),
        (2, FIRST, *nothing),
        (3, FIRST, *nothing),
    ]
    assert handmade.ask(
        "select distinct previous_as_of_date, score_change from score_changes "
        "where as_of_date = date '2025-01-30'"
    ) == [(None, None)]


def test_nights_published_in_any_order_show_the_same(tmp_path: Path) -> None:
    nights = {
        FIRST: {1: GOOD, 2: UNSCORED},
        SECOND: {1: WORSE, 2: GOOD, 3: GOOD},
        THIRD: {1: GOOD, 3: WORSE},
    }
    shown = []
    for number, order in enumerate(([FIRST, SECOND, THIRD], [THIRD, FIRST, SECOND])):
        deployment = Handmade(load_settings(home=tmp_path / str(number)))
        deployment.land_users(FIRST, [1, 2, 3])
        for day in order:
            deployment.publish(day, nights[day])
        shown.append(
            [
                published_content_hash(deployment.settings),
                deployment.ask("from scores_latest order by all"),
                deployment.ask("from score_changes order by all"),
                deployment.ask("from features_latest order by all"),
                deployment.ask("select content_hash from publication"),
            ]
        )
    assert shown[0] == shown[1]
    assert [row[:4] for row in shown[0][1]] == [
        (1, THIRD, THIRD, 640),
        (2, SECOND, SECOND, 640),
        (3, THIRD, THIRD, 612),
    ]


def test_same_night_again_makes_no_generation(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD})
    before = sorted(handmade.settings.published.rglob("*"))
    report = handmade.publish(FIRST, {1: GOOD}, code_version="0.2.0+other")
    assert report.summary == (
        "nothing new in 2025-01-30 (known on 2025-01-30): generation 1 shows it already"
    )
    assert sorted(handmade.settings.published.rglob("*")) == before
    assert handmade.ops("select generation, state from ops.generations") == [(1, "current")]


def test_restated_night_keeps_the_earlier_value(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD, 2: GOOD})
    handmade.publish(SECOND, {1: GOOD})
    handmade.publish(FIRST, {1: WORSE}, known_on=LATER)

    assert handmade.ask("select user_key, score, known_on from scores order by as_of_date") == [
        (1, 612, LATER),
        (1, 640, SECOND),
    ]
    history = (
        "select user_key, known_on, score, is_current, published_at_generation "
        "from scores_history where as_of_date = date '2025-01-30' order by known_on, user_key"
    )
    assert handmade.ask(history) == [
        (1, FIRST, 640, False, 1),
        (2, FIRST, 640, False, 1),
        (1, LATER, 612, True, 3),
    ]
    assert handmade.ask("select count(*) from score_points") == [(8,)]
    # user 2 has no other night, so the restatement leaves no newest row
    assert handmade.ask("select user_key, as_of_date from scores_latest") == [(1, SECOND)]
    change = "select score_change from score_changes where as_of_date = date '2025-01-31'"
    assert handmade.ask(change) == [(28,)]

    handmade.publish(FIRST, {1: GOOD, 2: GOOD}, known_on=SECOND)
    assert handmade.ask("select score from scores where as_of_date = date '2025-01-30'") == [(612,)]
    assert handmade.ask("select count(*) from scores_history") == [(6,)]


def test_restatement_without_a_user_falls_back_on_an_older_night(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD, 2: GOOD})
    handmade.publish(SECOND, {1: GOOD, 2: WORSE})
    handmade.publish(SECOND, {1: GOOD}, known_on=LATER)
    assert handmade.ask("select user_key, as_of_date, known_on from scores_latest") == [
        (1, SECOND, LATER),
        (2, FIRST, FIRST),
    ]


def test_same_reading_with_another_value_supersedes_and_can_return(handmade: Handmade) -> None:
    query = "select score, is_current from scores_history order by score"
    handmade.publish(FIRST, {1: GOOD})
    handmade.publish(FIRST, {1: WORSE})
    assert handmade.ask(query) == [(612, True), (640, False)]
    assert handmade.ask("select points from score_points order by points") == [(-10,), (12,)]
    handmade.publish(FIRST, {1: GOOD})
    assert handmade.ask(query) == [(612, False), (640, True)]
    assert handmade.ask("select score from scores") == [(640,)]
    assert handmade.ask("select generation from publication") == [(3,)]


def test_files_are_read_only_and_announced(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD})
    handmade.publish(SECOND, {1: WORSE})
    published = handmade.settings.published
    files = [path for path in published.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o444}
    assert not [path for path in files if path.name.startswith(".")]
    current = json.loads((published / CURRENT_NAME).read_text(encoding="utf-8"))
    assert current["file"] == "generations/000002.duckdb"
    assert (published / current["file"]).samefile(published / "creditloop.duckdb")
    assert handmade.ask("select content_hash from publication") == [(current["content_hash"],)]


def test_views_name_absolute_paths_of_exactly_their_files(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD})
    handmade.publish(SECOND, {1: WORSE})
    ((sql,),) = handmade.ask("select sql from duckdb_views() where view_name = 'scores'")
    named = re.findall(r"'(/[^']+\.parquet)'", str(sql))
    assert named == [
        str(path) for path in sorted((handmade.settings.published / "scores_history").rglob("*.p*"))
    ]


def test_contents_are_recorded_in_ops(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD})
    assert handmade.ops(
        "select table_name, row_count from ops.table_contents order by table_name"
    ) == [
        ("published.score_changes", 1),
        ("published.score_points", 1),
        ("published.score_reasons", 1),
        ("published.scores_history", 1),
    ]


def test_file_system_without_links_gets_copies(
    handmade: Handmade, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("scoring.publish.files.os.link", refuse)
    monkeypatch.setattr("pathlib.Path.symlink_to", refuse)
    handmade.publish(FIRST, {1: GOOD})
    handmade.publish(SECOND, {1: WORSE})
    published = handmade.settings.published / "creditloop.duckdb"
    assert not published.samefile(generation_file(handmade.settings, 2))
    assert handmade.ask("select count(*) from scores") == [(2,)]


def test_night_without_scores_is_refused(handmade: Handmade) -> None:
    night = make_night(FIRST)
    handmade.set_gates(night)
    with pytest.raises(PermanentError, match="expected scores of this night in the warehouse"):
        publish_night(handmade.settings, night)
    assert not (handmade.settings.published / "creditloop.duckdb").exists()


def test_catalogued_feature_without_a_column_is_refused(handmade: Handmade) -> None:
    night = handmade.add_night(FIRST, {1: GOOD})
    with open_warehouse(handmade.settings) as connection:
        connection.execute(
            "insert into marts.feature_catalog values "
            "('no_such_feature', 'fct_user_spending_daily', 'spending', 'scoring')"
        )
    with pytest.raises(PermanentError, match=r"got no fct_user_spending_daily\.no_such_feature"):
        publish_night(handmade.settings, night)
    assert not list((handmade.settings.published / "generations").iterdir())


def test_content_hash_without_a_publication_is_refused(settings: Settings) -> None:
    with pytest.raises(PermanentError, match="expected a publication, got none"):
        published_content_hash(settings)


def test_published_at_is_no_part_of_the_content(handmade: Handmade) -> None:
    handmade.publish(FIRST, {1: GOOD})
    ((moment,),) = handmade.ask("select published_at from publication")
    assert isinstance(moment, datetime)
