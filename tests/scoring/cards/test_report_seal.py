from __future__ import annotations

import json
from pathlib import Path

import pytest

from scoring.cards.loader import (
    CARDS_FOLDER,
    load_card,
    read_catalog_seed,
    shipped_card_files,
)
from scoring.cards.report_seal import main, read_report_seal, seal_path
from scoring.errors import ConfigurationError
from tests.scoring.cards.drafts import make_card
from tests.scoring.releases.deployments import write_card, write_report

CARD = make_card(card_id="demo_v2")


def test_report_of_this_very_card_holds(tmp_path: Path) -> None:
    path = write_report(tmp_path, CARD)
    seal = read_report_seal(CARD, tmp_path)
    assert path == tmp_path / "demo_v2.report.json"
    assert (seal.card_hash, seal.report) == (CARD.hash, "demo_v2.report.html")


@pytest.mark.parametrize("path", shipped_card_files(), ids=lambda p: p.stem)
def test_shipped_card_has_its_report(path: Path) -> None:
    card = load_card(path, read_catalog_seed())
    assert read_report_seal(card, CARDS_FOLDER).card_hash == card.hash


def test_card_without_report_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^validation report refused for demo_v2\.report\.json: expected a validation report "
        r"with its seal, got none\. Make the report of this very card",
    ):
        read_report_seal(CARD, tmp_path)


def test_report_of_another_card_is_refused(tmp_path: Path) -> None:
    write_report(tmp_path, CARD)
    other = make_card(card_id="demo_v2", base_points=601)
    with pytest.raises(
        ConfigurationError,
        match=rf"^validation report refused for demo_v2\.report\.json at card_hash: expected "
        rf"{other.hash} \(the card's\), got {CARD.hash}\. ",
    ):
        read_report_seal(other, tmp_path)


def test_changed_report_is_refused(tmp_path: Path) -> None:
    write_report(tmp_path, CARD)
    (tmp_path / "demo_v2.report.html").write_text("<p>better</p>", encoding="utf-8")
    with pytest.raises(
        ConfigurationError,
        match=r"demo_v2\.report\.json at report_sha256: expected sha256:[0-9a-f]{64} \(of "
        r"demo_v2\.report\.html as it is now\), got sha256:[0-9a-f]{64}\. ",
    ):
        read_report_seal(CARD, tmp_path)


def test_missing_report_behind_a_seal_is_refused(tmp_path: Path) -> None:
    write_report(tmp_path, CARD)
    (tmp_path / "demo_v2.report.html").unlink()
    with pytest.raises(ConfigurationError, match=r"demo_v2\.report\.html.*got FileNotFoundError"):
        read_report_seal(CARD, tmp_path)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"report": "../elsewhere.html"}, "report"),
        ({"report_sha256": "md5"}, "report_sha256"),
        ({"more": 1}, "more"),
        ({"card_id": "demo_v3"}, "card_id"),
    ],
)
def test_tampered_seal_is_refused_at_its_place(
    tmp_path: Path, change: dict[str, object], place: str
) -> None:
    path = write_report(tmp_path, CARD)
    seal = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(seal | change), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"demo_v2\.report\.json at {place}: expected "):
        read_report_seal(CARD, tmp_path)


def test_written_report_is_sealed_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_card(tmp_path, "demo_v2", has_report=False)
    report = tmp_path / "demo_v2.md"
    report.write_text("Why it says what it says.", encoding="utf-8")
    assert main([str(path), str(report)]) == 0
    assert capsys.readouterr().out == "demo_v2.report.json written\n"
    assert read_report_seal(CARD, tmp_path).report == "demo_v2.md"
    assert seal_path("demo_v2", tmp_path).is_file()


def test_sealing_refuses_as_the_card_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err.startswith("usage: ")
    assert main([str(tmp_path / "none_v1.json"), "r"]) == 2
    assert "card refused for none_v1.json at the file" in capsys.readouterr().err
