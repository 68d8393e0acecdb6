from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from scoring.cards.canonical import dump_card
from scoring.errors import ConfigurationError
from scoring.releases.actions import (
    Decision,
    promote_card,
    register_card,
    retire_card,
    roll_back_card,
)
from scoring.releases.overview import list_cards
from scoring.releases.store import read_ledger
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse
from tests.scoring.cards.drafts import make_card
from tests.scoring.releases.deployments import set_published, write_card

FIRST = date(2025, 3, 1)
NIGHTS = tuple(FIRST + timedelta(days=number) for number in range(3))


def promote(settings: Settings, card_id: str, to: str, day: date | None = None) -> Decision:
    return promote_card(settings, card_id, to, reason="it ranks better", day=day)  # type: ignore[arg-type]


def champion(settings: Settings, day: date) -> str:
    with open_warehouse(settings) as connection:
        return read_ledger(connection).champion(day).card_id


@pytest.fixture
def demo(settings: Settings, tmp_path: Path) -> Settings:
    """A deployment with three published nights and a registered card with its report."""
    set_published(settings, *NIGHTS)
    register_card(settings, write_card(tmp_path / "new", "demo_v2"))
    return settings


def test_fresh_store_has_the_expert_card_as_champion(settings: Settings) -> None:
    with open_warehouse(settings) as connection:
        (entry,) = read_ledger(connection).releases
    assert (entry.card_id, entry.state, entry.action) == ("expert_v1", "champion", "founded")
    assert entry.valid_from == date(1970, 1, 1)
    assert entry.report_sha256 is not None


def test_registered_card_and_report_lie_in_the_home(demo: Settings) -> None:
    assert (demo.cards / "demo_v2.json").read_text() == dump_card(make_card(card_id="demo_v2"))
    assert (demo.cards / "demo_v2.report.html").is_file()
    assert (demo.cards / "demo_v2.report.json").is_file()


def test_registering_the_same_card_again_changes_nothing(demo: Settings, tmp_path: Path) -> None:
    decision = register_card(demo, tmp_path / "new" / "demo_v2.json")
    assert decision.summary == "registered already; nothing changed"
    assert decision.releases == ()


def test_another_card_of_the_same_id_is_refused(demo: Settings, tmp_path: Path) -> None:
    before = (demo.cards / "demo_v2.json").read_bytes()
    path = write_card(tmp_path / "other", "demo_v2", base_points=610)
    with pytest.raises(ConfigurationError, match=r"^card not registered for demo_v2 at hash"):
        register_card(demo, path)
    assert (demo.cards / "demo_v2.json").read_bytes() == before


def test_id_of_a_shipped_card_is_taken(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^card not registered for expert_v1 at hash"):
        register_card(settings, write_card(tmp_path / "new", "expert_v1"))


def test_file_of_that_name_that_says_something_else_is_refused(
    settings: Settings, tmp_path: Path
) -> None:
    write_card(settings.cards, "demo_v2", base_points=610)
    with pytest.raises(
        ConfigurationError,
        match=r"^card not registered for demo_v2\.json in cards/: expected no file of this name, "
        r"or this very card, got another one\. ",
    ):
        register_card(settings, write_card(tmp_path / "new", "demo_v2"))
    with open_warehouse(settings) as connection:
        assert read_ledger(connection).cards() == ("expert_v1",)


def test_promotion_counts_from_the_night_after_the_newest_published(demo: Settings) -> None:
    promote(demo, "demo_v2", "challenger")
    decision = promote(demo, "demo_v2", "champion")
    assert decision.summary == ("demo_v2 is champion from 2025-03-04 on; expert_v1 is retired")
    assert champion(demo, NIGHTS[-1]) == "expert_v1"
    assert champion(demo, date(2025, 3, 4)) == "demo_v2"


def test_promotion_into_published_nights_says_which_to_score_again(demo: Settings) -> None:
    promote(demo, "demo_v2", "challenger")
    decision = promote(demo, "demo_v2", "champion", NIGHTS[1])
    assert decision.restated == NIGHTS[1:]
    assert decision.summary.endswith(
        "to be scored and published again, in this order: 2025-03-02, 2025-03-03 "
        "(creditloop nightly --date … --from-step score)"
    )
    assert [champion(demo, night) for night in NIGHTS] == ["expert_v1", "demo_v2", "demo_v2"]


def test_without_a_published_night_the_day_must_be_named(
    settings: Settings, tmp_path: Path
) -> None:
    register_card(settings, write_card(tmp_path / "new", "demo_v2"))
    with pytest.raises(
        ConfigurationError,
        match=r"^option refused for card promote demo_v2: expected --from DATE while no night is "
        r"published, got no date\. ",
    ):
        promote(settings, "demo_v2", "challenger")


def test_card_without_report_becomes_challenger_but_not_champion(
    settings: Settings, tmp_path: Path
) -> None:
    register_card(settings, write_card(tmp_path / "new", "demo_v2", has_report=False))
    promote(settings, "demo_v2", "challenger", FIRST)
    with pytest.raises(
        ConfigurationError,
        match=r"^validation report refused for demo_v2\.report\.json: expected a validation "
        r"report with its seal, got none\. ",
    ):
        promote(settings, "demo_v2", "champion", FIRST)
    assert champion(settings, FIRST) == "expert_v1"


def test_card_with_a_changed_report_is_not_promoted(demo: Settings) -> None:
    promote(demo, "demo_v2", "challenger")
    report = demo.cards / "demo_v2.report.html"
    report.chmod(0o644)
    report.write_text("better", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"demo_v2\.report\.json at report_sha256"):
        promote(demo, "demo_v2", "champion")


@pytest.mark.parametrize("is_resealed", [True, False])
def test_changed_card_is_not_promoted(demo: Settings, is_resealed: bool) -> None:
    path = demo.cards / "demo_v2.json"
    path.chmod(0o644)
    changed = make_card(card_id="demo_v2", base_points=650)
    text = dump_card(changed)
    registered = make_card(card_id="demo_v2").hash
    path.write_text(text if is_resealed else text.replace(changed.hash, registered))
    place = (
        f"{registered}, with which it is registered" if is_resealed else r"sha256:[0-9a-f]+ \(of"
    )
    with pytest.raises(
        ConfigurationError, match=rf"^card refused for demo_v2\.json at hash: expected {place}"
    ):
        promote(demo, "demo_v2", "challenger")


def test_rollback_is_recorded_and_names_the_nights(demo: Settings) -> None:
    promote(demo, "demo_v2", "challenger")
    promote(demo, "demo_v2", "champion", NIGHTS[0])
    decision = roll_back_card(
        demo, reason="complaints rose", day=NIGHTS[2], decided_by="the committee"
    )
    assert decision.restated == (NIGHTS[2],)
    with open_warehouse(demo) as connection:
        rows = connection.execute(
            "select card_id, state, action, reason, decided_by from ops.card_releases "
            "order by entry desc limit 2"
        ).fetchall()
    assert rows == [
        ("demo_v2", "retired", "withdrawn", "complaints rose", "the committee"),
        ("expert_v1", "champion", "restored", "complaints rose", "the committee"),
    ]


def test_retiring_a_challenger(demo: Settings) -> None:
    promote(demo, "demo_v2", "challenger")
    decision = retire_card(demo, "demo_v2", reason="superseded")
    assert decision.summary == "demo_v2 is retired from 2025-03-04 on"
    with pytest.raises(ConfigurationError, match=r"^card not made retired for expert_v1"):
        retire_card(demo, "expert_v1", reason="superseded")


def test_list_tells_state_and_report(demo: Settings, tmp_path: Path) -> None:
    register_card(demo, write_card(tmp_path / "new", "demo_v3", has_report=False))
    (demo.cards / "demo_v2.json").unlink()
    with open_warehouse(demo) as connection:
        rows = list_cards(connection, demo)
    assert [(row["card_id"], row["state"], row["report"]) for row in rows] == [
        ("expert_v1", "champion", "ok"),
        ("demo_v2", "draft", "not looked at"),
        ("demo_v3", "draft", "none"),
    ]
    assert "got FileNotFoundError" in str(rows[1]["card_file"])
