"""Doctor finds what would stop a run, and mistakes no running night for an illness."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from scoring.doctor import Finding, examine
from scoring.landing.identity import attach_vault
from scoring.releases.actions import promote_card, register_card
from scoring.settings import Settings, load_settings
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.scoring.other_writer import other_writer
from tests.scoring.releases.deployments import write_card


def find(settings: Settings, subject: str) -> Finding:
    (finding,) = (each for each in examine(settings) if each.subject == subject)
    return finding


@pytest.fixture
def with_vault(settings: Settings) -> Settings:
    """A deployment whose vault was made with the settings' key."""
    with open_warehouse(settings) as connection, attach_vault(connection, settings):
        pass
    return settings


def test_stored_files_are_read_only_when_asked_for(with_vault: Settings) -> None:
    """To read them takes as long as they are large, and a night waits for it."""
    subjects = [finding.subject for finding in examine(with_vault)]
    asked = [finding.subject for finding in examine(with_vault, read_files=True)]
    assert [subject for subject in asked if subject not in subjects] == ["stored files"]


def test_the_vaults_own_key_is_recognised(with_vault: Settings) -> None:
    finding = find(with_vault, "identity key")
    assert (finding.is_ok, finding.detail) == (True, "set, the vault's own")


def test_another_key_than_the_vaults_is_a_finding(with_vault: Settings) -> None:
    other = load_settings(home=with_vault.root, identity_key=f"{TEST_KEY}-changed")
    finding = find(other, "identity key")
    assert not finding.is_ok
    assert "expected the key that the vault was made with, got another one" in finding.detail


def test_home_that_is_a_file_is_a_finding(settings: Settings) -> None:
    settings.root.write_text("not a folder")
    finding = find(settings, "home folder")
    assert not finding.is_ok
    assert "is no writable folder; set CREDITLOOP_HOME" in finding.detail


def test_running_night_is_no_finding(with_vault: Settings, tmp_path: Path) -> None:
    with other_writer(with_vault, tmp_path / "ready"):
        finding = find(with_vault, "warehouse")
    assert finding.is_ok
    assert finding.detail.startswith("in use, not looked into (a lock held by process ")


def test_expert_card_is_looked_at_before_there_is_a_store(settings: Settings) -> None:
    finding = find(settings, "cards")
    assert (finding.is_ok, finding.detail) == (True, "expert_v1 will be champion")
    assert not settings.root.exists()


def test_champion_and_challengers_are_named(settings: Settings, tmp_path: Path) -> None:
    register_card(settings, write_card(tmp_path / "new", "demo_v2"))
    promote_card(settings, "demo_v2", "challenger", reason="test", day=date(2025, 1, 1))
    finding = find(settings, "cards")
    assert (finding.is_ok, finding.detail) == (True, "champion expert_v1, challengers demo_v2")


def test_champion_whose_report_was_changed_is_a_finding(settings: Settings, tmp_path: Path) -> None:
    register_card(settings, write_card(tmp_path / "new", "demo_v2"))
    for state in ("challenger", "champion"):
        promote_card(settings, "demo_v2", state, reason="test", day=date(2025, 1, 1))
    (settings.cards / "demo_v2.report.html").unlink()
    finding = find(settings, "cards")
    assert not finding.is_ok
    assert "validation report refused for demo_v2.report.html" in finding.detail


def test_running_night_keeps_the_cards_from_being_looked_at(
    with_vault: Settings, tmp_path: Path
) -> None:
    with other_writer(with_vault, tmp_path / "ready"):
        finding = find(with_vault, "cards")
    assert (finding.is_ok, finding.detail) == (True, "not looked into (TransientError)")
