"""The same, from what the real score step and the real publisher made."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from scoring.errors import ConfigurationError
from scoring.explain.explain import explain
from scoring.publish.step import publish_night
from scoring.score.step import score_night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.cards.drafts import EVIDENCE
from tests.scoring.publish.handmade import Handmade
from tests.scoring.score.batches import make_row
from tests.scoring.score.night_tables import NIGHT, fill_marts, make_deployment


class Landing(Handmade):
    """The publisher's own helper, over a warehouse whose marts exist already."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings


def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **card_changes: object) -> Settings:
    settings = make_deployment(tmp_path, monkeypatch, **card_changes)
    with open_warehouse(settings) as connection:
        connection.execute(
            "alter table marts.dim_user_night add column has_gated_consent boolean default false"
        )
        connection.execute(
            "update marts.feature_catalog set unit = 'ratio' where feature_name like '%ratio%'"
        )
    landing = Landing(settings)
    landing.land_users(NIGHT.as_of_date, [1, 2])
    fill_marts(settings, make_row(1), make_row(2, evidence=3))
    score_night(settings, NIGHT)
    landing.set_gates(NIGHT)
    publish_night(settings, NIGHT)
    return settings


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return publish(tmp_path, monkeypatch)


def test_published_score_is_explained_as_scored(published: Settings) -> None:
    found = explain(published, user_key=1)
    lines = {line.feature_name: line.points for part in found.dimensions for line in part.lines}
    assert lines == {
        "late_payment_count_365d": 20,
        "payment_ratio_180d": 0,
        "spend_amount_90d": 15,
        "revolving_utilisation_ratio": -12,
    }
    assert (found.points_base, found.score, found.band_code) == (600, 623, "good")
    assert [reason.reason_code for reason in found.reasons] == ["P", "U"]
    assert " 600 +15 +0 +20 -12 +0 = 623" in found.render().splitlines()


def test_published_status_is_explained(published: Settings) -> None:
    found = explain(published, NIGHT.as_of_date, user_key=2)
    assert found.score_status == "insufficient_history"
    assert "记录太少 / Too few records" in found.render()


def test_strength_and_range_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # late: 20 of -60..20 over 24 months, of which 12 are known: 40 points are open downwards.
    windows = {"late_payment_count_365d": 24}
    settings = publish(tmp_path, monkeypatch, evidence=EVIDENCE | {"window_months": windows})
    scored, unscored = (explain(settings, NIGHT.as_of_date, user_key=key) for key in (1, 2))
    evidence = scored.evidence
    assert (evidence.score_low, scored.score, evidence.score_high) == (583, 623, 623)
    lines = scored.render().splitlines()
    assert "  依据强度 Strength: 薄弱 thin" in lines
    assert "  证据补全后可能的分数 Score if missing evidence came in: 583 – 623" in lines
    assert (unscored.evidence.strength, unscored.evidence.score_low) == ("none", None)
    assert "  依据强度 Strength: 无 none" in unscored.render().splitlines()


def test_card_without_evidence_tells_neither(published: Settings) -> None:
    found = explain(published, user_key=1)
    assert (found.evidence.strength, found.evidence.score_low) == (None, None)
    assert "Strength" not in found.render()


def test_what_would_help_reaches_the_next_band_by_rescoring(published: Settings) -> None:
    found = explain(published, user_key=1, what_would_help=True)
    assert found.help is not None
    # From 623: 24 by using less of the limit, 25 by repaying everything; 650 takes both.
    assert [(line.feature_name, line.gain) for line in found.help.lines] == [
        ("payment_ratio_180d", 25),
        ("revolving_utilisation_ratio", 24),
    ]
    assert (found.help.wanted, found.help.score, found.help.is_reached) == (650, 672, True)
    text = found.render()
    assert "怎样会更好 What would help" in text
    assert "If only these values changed, the score would be 672" in text


def test_help_for_a_user_without_a_score_is_none(published: Settings) -> None:
    assert explain(published, user_key=2, what_would_help=True).help is None


def test_night_that_is_not_published_cannot_be_compared_with(published: Settings) -> None:
    with pytest.raises(ConfigurationError, match="scores not compared for scores@2024-02-01"):
        explain(published, user_key=1, versus=date(2024, 2, 1))
