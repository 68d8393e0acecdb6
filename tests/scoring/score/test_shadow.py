"""Which card scores a night, and challengers beside it that never get in its way."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from scoring.engines import duckdb as engine
from scoring.errors import ConfigurationError
from scoring.nights import Night
from scoring.releases.actions import promote_card, register_card
from scoring.releases.ledger import State
from scoring.score.compiled import CompiledCard
from scoring.score.scorer import score_batch
from scoring.score.step import score_night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.cards.drafts import draft_features
from tests.scoring.releases.deployments import write_card
from tests.scoring.score.batches import make_row
from tests.scoring.score.night_tables import NIGHT, fill_marts, make_deployment

DAY = NIGHT.as_of_date
LATER = Night(DAY + timedelta(days=1), DAY + timedelta(days=1), "run-2")
ROWS = (make_row(1), make_row(2, consent=False), make_row(3, late=5))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two nights of three users, to be scored by ``demo_v1``."""
    made = make_deployment(tmp_path, monkeypatch)
    for night in (NIGHT, LATER):
        fill_marts(made, *ROWS, night=night)
    return made


def enter(
    settings: Settings, card_id: str, *states: State, day: date = DAY, **changes: object
) -> None:
    """Register a card and promote it through ``states``."""
    register_card(settings, write_card(settings.root.parent / "new", card_id, **changes))
    for state in states:
        promote_card(settings, card_id, state, reason="test", day=day)


def ask(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with open_warehouse(settings) as connection:
        return connection.execute(query).fetchall()


def own_hashes(settings: Settings) -> list[tuple[object, ...]]:
    return ask(
        settings,
        "select table_name, row_count, content_hash from ops.table_contents "
        "where table_name <> 'scores.shadow_scores' order by all",
    )


def runs(settings: Settings) -> list[tuple[object, ...]]:
    return ask(
        settings, "select card_id, role, state, scored_count, message from ops.card_runs order by 1"
    )


def test_challenger_scores_beside_the_champion(settings: Settings) -> None:
    enter(settings, "demo_v2", "challenger", base_points=610)
    report = score_night(settings, NIGHT)
    assert report.summary.endswith("; in the shadow: demo_v2")
    columns = (
        "user_key, as_of_date, known_on, card_id, score, score_status, points_base, "
        "points_spending, points_repayment, points_history, points_linkage, points_clipped"
    )
    assert ask(settings, f"select {columns} from scores.shadow_scores order by user_key") == [
        (1, DAY, DAY, "demo_v2", 633, "scored", 610, 15, 0, 20, -12, 0),
        (2, DAY, DAY, "demo_v2", None, "no_consent", *(None,) * 6),
        (3, DAY, DAY, "demo_v2", 553, "scored", 610, 15, 0, -60, -12, 0),
    ]
    assert runs(settings) == [
        ("demo_v1", "champion", "scored", 2, None),
        ("demo_v2", "challenger", "scored", 2, None),
    ]


def test_shadow_leaves_the_champions_content_equal(settings: Settings) -> None:
    score_night(settings, NIGHT)
    alone = own_hashes(settings)
    features = draft_features()[:2]
    enter(settings, "demo_v2", "challenger", features=features)
    enter(settings, "demo_v3", "challenger", base_points=350)
    score_night(settings, NIGHT)
    assert len(alone) == 3
    assert own_hashes(settings) == alone
    assert ask(settings, "select distinct card_id from scores.scores") == [("demo_v1",)]
    assert ask(
        settings, "select card_id, count(*) from scores.shadow_scores group by 1 order by 1"
    ) == [("demo_v2", 3), ("demo_v3", 3)]


def test_shadow_of_a_night_is_replaced_not_added_to(settings: Settings) -> None:
    enter(settings, "demo_v2", "challenger")
    enter(settings, "demo_v3", "challenger")
    query = "select * from scores.shadow_scores order by all"
    for night in (NIGHT, LATER):
        score_night(settings, night)
    once = ask(settings, query)
    score_night(settings, NIGHT)
    assert ask(settings, query) == once
    assert len(once) == 12
    promote_card(settings, "demo_v3", "champion", reason="test", day=DAY)
    score_night(settings, NIGHT)
    assert ask(
        settings, "select as_of_date, card_id from scores.shadow_scores group by all order by all"
    ) == [(DAY, "demo_v2"), (LATER.as_of_date, "demo_v2"), (LATER.as_of_date, "demo_v3")]


def test_night_without_challengers_leaves_no_shadow(settings: Settings) -> None:
    enter(settings, "demo_v2", "challenger", day=LATER.as_of_date)
    score_night(settings, NIGHT)
    assert ask(settings, "select count(*) from scores.shadow_scores") == [(0,)]
    assert ask(
        settings, "select count(*) from ops.table_contents where table_name like '%shadow%'"
    ) == [(0,)]


def test_challenger_that_breaks_does_not_stop_the_night(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    score_night(settings, NIGHT)
    alone = own_hashes(settings)
    enter(settings, "demo_v2", "challenger")
    enter(settings, "demo_v3", "challenger")
    score_night(settings, NIGHT)

    def breaks(compiled: CompiledCard, batch: pa.RecordBatch) -> pa.RecordBatch:
        if compiled.card.card_id == "demo_v2":
            raise ZeroDivisionError("quotes a value")
        return score_batch(compiled, batch)

    monkeypatch.setattr(engine, "score_batch", breaks)
    report = score_night(settings, NIGHT)
    assert report.summary.endswith("; in the shadow: demo_v3; FAILED in the shadow: demo_v2")
    assert own_hashes(settings) == alone
    assert runs(settings) == [
        ("demo_v1", "champion", "scored", 2, None),
        ("demo_v2", "challenger", "failed", None, "ZeroDivisionError"),
        ("demo_v3", "challenger", "scored", 2, None),
    ]
    assert ask(settings, "select distinct card_id from scores.shadow_scores") == [("demo_v3",)]


def test_champion_that_breaks_leaves_the_night_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(settings, "demo_v2", "challenger")
    score_night(settings, NIGHT)
    query = "select * from scores.shadow_scores order by all"
    before = (own_hashes(settings), ask(settings, query), runs(settings))

    def breaks(compiled: CompiledCard, batch: pa.RecordBatch) -> pa.RecordBatch:
        if compiled.card.card_id == "demo_v1":
            raise ZeroDivisionError
        return score_batch(compiled, batch)

    monkeypatch.setattr(engine, "score_batch", breaks)
    with pytest.raises(ZeroDivisionError):
        score_night(settings, NIGHT)
    assert (own_hashes(settings), ask(settings, query), runs(settings)) == before


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (
            "alter table marts.fct_user_spending_daily drop column spend_amount_90d",
            "got no spend_amount_90d",
        ),
        (
            "delete from marts.fct_user_spending_daily where user_key = 1",
            "expected one row for each",
        ),
    ],
)
def test_challenger_whose_mart_is_broken_does_not_stop_the_night(
    settings: Settings, break_it: str, message: str
) -> None:
    enter(settings, "demo_v2", "challenger", features=draft_features()[:2])
    enter(settings, "demo_v3", "challenger")
    promote_card(settings, "demo_v2", "champion", reason="test", day=DAY)
    with open_warehouse(settings) as connection:
        connection.execute(break_it.format("fct_user_spending_daily"))
    report = score_night(settings, NIGHT)
    assert report.summary.startswith("3 users by card demo_v2: 2 scored")
    ((state, why),) = ask(
        settings, "select state, message from ops.card_runs where card_id = 'demo_v3'"
    )
    assert state == "failed"
    assert message in str(why)


def test_challenger_with_a_changed_card_is_recorded_as_failed(settings: Settings) -> None:
    enter(settings, "demo_v2", "challenger")
    (settings.cards / "demo_v2.json").unlink()
    score_night(settings, NIGHT)
    assert runs(settings)[1][:3] == ("demo_v2", "challenger", "failed")
    assert "card refused for demo_v2.json at the file" in str(runs(settings)[1][4])


def test_champion_with_a_changed_card_is_refused(settings: Settings) -> None:
    enter(settings, "demo_v2", "challenger", "champion")
    path = settings.cards / "demo_v2.json"
    path.chmod(0o644)
    path.write_text(path.read_text().replace('"base_points": 600', '"base_points": 601'))
    with pytest.raises(ConfigurationError, match=r"^card refused for demo_v2\.json at hash"):
        score_night(settings, NIGHT)


def test_each_night_is_scored_by_its_own_champion(settings: Settings) -> None:
    enter(settings, "demo_v2", "challenger", "champion", day=LATER.as_of_date, base_points=610)
    for night in (LATER, NIGHT):
        score_night(settings, night)
    query = "select as_of_date, card_id, score from scores.scores where user_key = 1 order by 1"
    assert ask(settings, query) == [(DAY, "demo_v1", 623), (LATER.as_of_date, "demo_v2", 633)]
    # Promoted into the past by a later decision: the past night is restated when scored again.
    enter(settings, "demo_v3", "challenger", "champion", base_points=620)
    score_night(settings, NIGHT)
    assert ask(settings, query)[0] == (DAY, "demo_v3", 643)


def test_card_that_is_asked_for_scores_and_is_recorded(settings: Settings) -> None:
    enter(settings, "demo_v2", "challenger", base_points=610)
    report = score_night(settings, Night(DAY, DAY, "run-1", "demo_v2"))
    assert "by card demo_v2: 2 scored" in report.summary
    assert report.summary.endswith("; the card was asked for, the champion is demo_v1")
    assert runs(settings) == [("demo_v2", "requested", "scored", 2, "the champion is demo_v1")]


def test_card_that_is_asked_for_needs_registration_and_report(settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match=r"expected a registered card \(demo_v1\)"):
        score_night(settings, Night(DAY, DAY, "run-1", "demo_v9"))
    enter(settings, "demo_v2", has_report=False)
    with pytest.raises(ConfigurationError, match=r"^validation report refused for demo_v2"):
        score_night(settings, Night(DAY, DAY, "run-1", "demo_v2"))
