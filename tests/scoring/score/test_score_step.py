from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.errors import ConfigurationError, PermanentError
from scoring.nights import Night
from scoring.score import marts
from scoring.score.step import score_night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.cards.drafts import draft, make_card
from tests.scoring.score.batches import make_row
from tests.scoring.score.night_tables import NIGHT, TABLES, fill_marts, found_with, make_deployment


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return make_deployment(tmp_path, monkeypatch)


def read(settings: Settings, table: str, columns: str = "*") -> list[tuple[object, ...]]:
    with open_warehouse(settings) as connection:
        return connection.execute(f"select {columns} from scores.{table} order by all").fetchall()


def contents(settings: Settings) -> list[tuple[object, ...]]:
    with open_warehouse(settings) as connection:
        return connection.execute(
            "select table_name, as_of_date, known_on, row_count, content_hash "
            "from ops.table_contents order by all"
        ).fetchall()


def test_night_is_scored_into_the_three_tables(settings: Settings) -> None:
    fill_marts(settings, make_row(1), make_row(2, consent=False), make_row(3, evidence=2))
    report = score_night(settings, NIGHT)
    assert report.row_counts == {
        "users": 3,
        "scored": 1,
        "no_consent": 1,
        "insufficient_history": 1,
        "moved": 0,
    }
    assert report.summary == (
        "3 users by card demo_v1: 1 scored, 1 no_consent, 1 insufficient_history; "
        "no scores of an earlier night to compare with"
    )
    columns = (
        "user_key, as_of_date, known_on, score, score_status, band_code, pd_12m, points_base, "
        "points_spending, points_repayment, points_history, points_linkage, points_clipped, "
        "card_id, months_on_book, evidence_days"
    )
    day = NIGHT.as_of_date
    nothing = (None,) * 6
    assert read(settings, "scores", columns) == [
        (1, day, day, 623, "scored", "good", None, 600, 15, 0, 20, -12, 0, "demo_v1", 12, 10),
        (2, day, day, None, "no_consent", None, None, *nothing, "demo_v1", 12, 10),
        (3, day, day, None, "insufficient_history", None, None, *nothing, "demo_v1", 12, 2),
    ]
    assert read(settings, "score_points") == [
        (
            1,
            day,
            day,
            [
                "late_payment_count_365d",
                "payment_ratio_180d",
                "spend_amount_90d",
                "revolving_utilisation_ratio",
            ],
            [Decimal(0), Decimal("0.75"), Decimal(250), Decimal("0.5")],
            ["0..1", "0.5..1", "100..1000", "0.5..None"],
            [20, 0, 15, -12],
        )
    ]
    assert read(settings, "score_reasons") == [
        (1, day, day, 1, "payment_ratio_180d", "repayment", 0, 25, "P", "P 中文", "P English"),
        (
            1,
            day,
            day,
            2,
            "revolving_utilisation_ratio",
            "linkage",
            -12,
            24,
            "U",
            "U 中文",
            "U English",
        ),
    ]


@pytest.mark.parametrize(
    ("late", "paid", "score", "band"),
    [(1, "0.4", 563, "fair"), (3, "0.4", 513, "poor"), (0, "1", 648, "good")],
)
def test_band_follows_the_score(
    settings: Settings, late: int, paid: str, score: int, band: str
) -> None:
    fill_marts(settings, make_row(1, late=late, paid=paid))
    score_night(settings, NIGHT)
    assert read(settings, "scores", "score, band_code") == [(score, band)]


def test_band_that_begins_at_the_score_holds_it(settings: Settings) -> None:
    fill_marts(settings, make_row(1))
    with open_warehouse(settings) as connection:
        connection.execute("update marts.score_bands set upper_bound = 623 where upper_bound = 650")
        connection.execute("update marts.score_bands set lower_bound = 623 where lower_bound = 650")
    score_night(settings, NIGHT)
    assert read(settings, "scores", "score, band_code") == [(623, "top")]


def test_bands_count_from_their_own_date(settings: Settings) -> None:
    fill_marts(settings, make_row(1))
    with open_warehouse(settings) as connection:
        connection.execute("update marts.score_bands set valid_to = '2024-03-01'")
        connection.execute(
            "insert into marts.score_bands "
            "values ('all', 350, 951, '全', 'All', '2024-03-01', null)"
        )
    score_night(settings, NIGHT)
    assert read(settings, "scores", "band_code") == [("all",)]


def test_second_run_replaces_the_night_with_equal_content(settings: Settings) -> None:
    fill_marts(settings, make_row(1), make_row(2, consent=False))
    score_night(settings, NIGHT)
    before = contents(settings)
    score_night(settings, Night(NIGHT.as_of_date, NIGHT.known_on, "run-2"))
    assert contents(settings) == before
    assert [row[:1] + row[3:4] for row in before] == [
        ("scores.score_points", 1),
        ("scores.score_reasons", 2),
        ("scores.scores", 2),
    ]
    assert len(read(settings, "scores")) == 2


def test_changed_marts_change_the_night_and_its_hash(settings: Settings) -> None:
    fill_marts(settings, make_row(1), make_row(2))
    score_night(settings, NIGHT)
    before = contents(settings)
    with open_warehouse(settings) as connection:
        connection.execute(
            "update marts.fct_user_credit_history_daily set late_payment_count_365d = 1"
        )
        for table in TABLES:
            connection.execute(f"delete from marts.{table} where user_key = 2")
    score_night(settings, NIGHT)
    assert read(settings, "scores", "user_key, score") == [(1, 593)]
    after = contents(settings)
    assert [row[4] for row in after] != [row[4] for row in before]


def test_other_nights_are_not_touched(settings: Settings) -> None:
    other_day = Night(date(2024, 2, 29), date(2024, 2, 29), "run-1")
    restated = Night(NIGHT.as_of_date, date(2024, 3, 5), "run-1")
    for night, late in ((other_day, 0), (NIGHT, 1), (restated, 3)):
        fill_marts(settings, make_row(1, late=late), night=night)
        score_night(settings, night)
    before = read(settings, "scores", "as_of_date, known_on, score")
    assert before == [
        (other_day.as_of_date, other_day.known_on, 623),
        (NIGHT.as_of_date, NIGHT.known_on, 593),
        (NIGHT.as_of_date, restated.known_on, 543),
    ]
    score_night(settings, NIGHT)
    assert read(settings, "scores", "as_of_date, known_on, score") == before
    assert len(contents(settings)) == 9


def test_failed_run_leaves_the_earlier_content(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_marts(settings, make_row(1))
    score_night(settings, NIGHT)
    before = read(settings, "scores"), contents(settings)
    with open_warehouse(settings) as connection:
        connection.execute(
            "alter table marts.fct_user_repayment_daily alter payment_ratio_180d type varchar"
        )
    with pytest.raises(ConfigurationError, match="feature column refused for payment_ratio_180d"):
        score_night(settings, NIGHT)
    assert (read(settings, "scores"), contents(settings)) == before


def test_many_batches_give_what_one_batch_gives(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [make_row(key, late=key % 4, consent=key % 7 != 0) for key in range(1, 60)]
    fill_marts(settings, *rows)
    score_night(settings, NIGHT)
    before = contents(settings)
    monkeypatch.setattr(marts, "BATCH_ROWS", 10)
    assert score_night(settings, NIGHT).row_counts["users"] == 59
    assert contents(settings) == before


def test_long_runs_of_unscored_users_and_of_users_without_reasons_are_stored(
    settings: Settings,
) -> None:
    fill_marts(settings, make_row(1, late=0, paid="1", used="0"))
    with open_warehouse(settings) as connection:
        for table in TABLES:
            connection.execute(
                f"insert into marts.{table} select source.* replace (key as user_key) "
                f"from marts.{table} as source cross join range(2, 10001) as keys(key)"
            )
        connection.execute(
            "update marts.dim_user_night set has_scoring_consent = false where user_key <= 5000"
        )
        connection.execute(
            "update marts.fct_user_credit_history_daily set late_payment_count_365d = 1 "
            "where user_key = 10000"
        )
    report = score_night(settings, NIGHT)
    assert report.row_counts["no_consent"] == 5000
    assert report.row_counts["scored"] == 5000
    assert len(read(settings, "score_points")) == 5000
    assert read(settings, "score_reasons", "user_key, reason_rank, reason_code") == [
        (10000, 1, "L")
    ]


def test_night_without_users_is_refused(settings: Settings) -> None:
    with pytest.raises(
        PermanentError,
        match=r"^night not scored for score@2024-03-01: expected feature marts with users for "
        r"known_on 2024-03-01, got 0 rows in marts\.dim_user_night\. "
        r"Build the night first: creditloop build --date 2024-03-01$",
    ):
        score_night(settings, NIGHT)


def test_warehouse_without_marts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        PermanentError,
        match=r"^night not scored for .*, got no table marts\.feature_catalog\. Build",
    ):
        score_night(Settings(home=tmp_path), NIGHT)


def test_user_absent_from_a_mart_is_refused(settings: Settings) -> None:
    fill_marts(settings, make_row(1), make_row(2))
    with open_warehouse(settings) as connection:
        connection.execute("delete from marts.fct_user_repayment_daily where user_key = 2")
    with pytest.raises(
        PermanentError,
        match=r"^night not scored for marts\.fct_user_repayment_daily@2024-03-01: expected one row "
        r"for each of the 2 users of marts\.dim_user_night, got 1 rows, 1 of these users\. "
        r"Build the night again: creditloop build --date 2024-03-01$",
    ):
        score_night(settings, NIGHT)
    assert read(settings, "scores") == []


def test_user_twice_in_a_mart_is_refused(settings: Settings) -> None:
    fill_marts(settings, make_row(1))
    with open_warehouse(settings) as connection:
        connection.execute(
            "insert into marts.fct_user_repayment_daily from marts.fct_user_repayment_daily"
        )
    with pytest.raises(PermanentError, match=r"got 2 rows, 1 of these users"):
        score_night(settings, NIGHT)


@pytest.mark.parametrize(
    ("change", "got"),
    [
        ("delete from marts.score_bands", "none"),
        ("delete from marts.score_bands where band_code = 'fair'", "350-550, 600-650, 650-951"),
        (
            "update marts.score_bands set upper_bound = 950 where band_code = 'top'",
            "350-550, 550-600, 600-650, 650-950",
        ),
        (
            "update marts.score_bands set lower_bound = 540 where band_code = 'fair'",
            "350-550, 540-600, 600-650, 650-951",
        ),
        (
            "update marts.score_bands set lower_bound = 351 where band_code = 'poor'",
            "351-550, 550-600, 600-650, 650-951",
        ),
    ],
)
def test_bands_that_leave_a_score_out_are_refused(
    settings: Settings, change: str, got: str
) -> None:
    fill_marts(settings, make_row(1))
    with open_warehouse(settings) as connection:
        connection.execute(change)
    with pytest.raises(
        PermanentError,
        match=r"^score bands refused for score_bands@2024-03-01: expected half-open bands side by "
        rf"side from 350 to beyond 950, got {re.escape(got)}\. Correct "
        r"dbt_project/seeds/score_bands\.csv and build the night again\.$",
    ):
        score_night(settings, NIGHT)


def test_card_with_fewer_dimensions_fills_the_others_with_zero(
    settings: Settings, tmp_path: Path
) -> None:
    full = draft()
    dimensions = [entry for entry in full["dimensions"] if entry["dimension"] == "history"]  # type: ignore[attr-defined]
    card = make_card(dimensions=dimensions, features=full["features"][:1])  # type: ignore[index]
    found_with(settings, card, tmp_path / "cards")
    fill_marts(settings, make_row(1), make_row(2, consent=False))
    score_night(settings, NIGHT)
    columns = "user_key, score, points_history, points_spending, points_linkage"
    assert read(settings, "scores", columns) == [(1, 620, 20, 0, 0), (2, None, None, None, None)]


def test_night_without_a_champion_is_refused(settings: Settings) -> None:
    fill_marts(settings, make_row(1))
    with open_warehouse(settings) as connection:
        connection.execute("delete from ops.card_releases")
    with pytest.raises(
        ConfigurationError,
        match=r"^champion card not chosen for score@2024-03-01: expected exactly one champion on "
        r"2024-03-01 in ops\.card_releases, got none\. See `creditloop card list`; the ledger is "
        r"only changed by its commands\.$",
    ):
        score_night(settings, NIGHT)
