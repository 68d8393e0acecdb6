from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scoring.cards.canonical import dump_card, hash_card
from scoring.cards.loader import load_card, parse_card, read_catalog_seed
from scoring.cards.seal import main, seal_card
from scoring.errors import ConfigurationError
from tests.scoring.cards.drafts import (
    CATALOG,
    EVIDENCE,
    bins,
    draft,
    draft_features,
    make_card,
    rule,
)

CORRECT = r"\. Correct the card, have it reviewed and seal it: python -m scoring\.cards\.seal FILE$"


def write_card(folder: Path, **changes: object) -> Path:
    card = make_card(**changes)
    path = folder / f"{card.card_id}.json"
    path.write_text(dump_card(card), encoding="utf-8")
    return path


def test_load_then_dump_gives_the_same_bytes(tmp_path: Path) -> None:
    path = write_card(tmp_path)
    assert dump_card(load_card(path, CATALOG)).encode() == path.read_bytes()


def test_hash_follows_content_and_ignores_itself() -> None:
    card = make_card()
    assert card.hash == hash_card(card)
    assert hash_card(card.model_copy(update={"hash": "other"})) == card.hash
    assert hash_card(card.model_copy(update={"base_points": 601})) != card.hash


def test_edges_are_written_without_trailing_zeros() -> None:
    features = draft_features()
    features[1]["bins"] = bins(("0.000", "0.50", -30), ("0.5", "1.000001", 0))
    text = dump_card(make_card(features=features))
    assert '{"lower": "0", "upper": "0.5", "points": -30, "label": "0.000..0.50"}' in text


def test_tampered_card_is_refused_by_its_hash(tmp_path: Path) -> None:
    path = write_card(tmp_path)
    sealed = path.read_text(encoding="utf-8")
    path.write_text(sealed.replace('"points": 20', '"points": 21'), encoding="utf-8")
    with pytest.raises(
        ConfigurationError,
        match=r"^card refused for demo_v1\.json at hash: expected sha256:[0-9a-f]{64} "
        r"\(of what the card says now\), got sha256:[0-9a-f]{64}\. "
        r"Restore the released file; a changed card gets a new name_vN and a review\.$",
    ):
        load_card(path, CATALOG)


def test_file_name_and_card_id_must_agree(tmp_path: Path) -> None:
    path = write_card(tmp_path).rename(tmp_path / "other_v1.json")
    with pytest.raises(
        ConfigurationError,
        match=r"other_v1\.json at card_id: expected 'other_v1', got 'demo_v1'" + CORRECT,
    ):
        load_card(path, CATALOG)


def change_bins(*parts: tuple[str | None, str | None, int]) -> Callable[[dict[str, Any]], None]:
    def change(card: dict[str, Any]) -> None:
        card["features"][0]["bins"] = bins(*parts)

    return change


def change_feature(field: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(card: dict[str, Any]) -> None:
        card["features"][0][field] = value

    return change


def drop_feature_field(field: str) -> Callable[[dict[str, Any]], None]:
    def change(card: dict[str, Any]) -> None:
        del card["features"][0][field]

    return change


def change_card(field: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(card: dict[str, Any]) -> None:
        card[field] = value

    return change


def change_evidence(**changes: object) -> Callable[[dict[str, Any]], None]:
    return change_card("evidence", EVIDENCE | changes)


LATE = r"features\.late_payment_count_365d"
REFUSALS = {
    "gap": (
        change_bins(("0", "1", 20), ("2", None, -60)),
        LATE + r"\.bins\[1\]\.lower: expected 1, where the bin before ends, got 2 \(a gap\)",
    ),
    "overlap": (
        change_bins(("0", "2", 20), ("1", None, -60)),
        LATE + r"\.bins\[1\]\.lower: expected 2, where the bin before ends, got 1 \(an overlap\)",
    ),
    "open end inside": (
        change_bins(("0", None, 20), ("1", None, -60)),
        LATE + r"\.bins\[1\]\.lower: expected an open end only at the last bin, got 1",
    ),
    "open start inside": (
        change_bins(("0", "1", 20), (None, None, -60)),
        LATE + r"\.bins\[1\]\.lower: expected 1, where the bin before ends, got an open start",
    ),
    "empty bin": (
        change_bins(("1", "1", 20)),
        LATE + r"\.bins\[0\]: expected lower below upper, got 1 to 1",
    ),
    "no bins": (
        change_feature("bins", []),
        LATE + r"\.bins: expected Tuple should have at least 1 item.*, got \[\]",
    ),
    "label twice": (
        change_feature(
            "bins",
            [
                {"lower": "0", "upper": "1", "points": 2, "label": "x"},
                {"lower": "1", "upper": None, "points": 1, "label": "x"},
            ],
        ),
        LATE
        + r"\.bins\[1\]\.label: expected a label used once, and none of missing \| unseen, got 'x'",
    ),
    "unknown feature": (
        change_feature("feature_name", "shoe_size"),
        r"features\.shoe_size: expected a feature of feature_catalog, got 'shoe_size'",
    ),
    "feature twice": (
        change_feature("feature_name", "payment_ratio_180d"),
        r"features\.payment_ratio_180d\.dimension: expected 'repayment', as in .*, got 'history'",
    ),
    "unknown dimension": (
        change_feature("dimension", "mood"),
        LATE + r"\.dimension: expected one of the card's dimensions with a points column "
        r"\(spending \| repayment \| history \| linkage\), got 'mood'",
    ),
    "not decreasing": (
        change_bins(("0", "1", 20), ("1", "3", 21), ("3", None, -60)),
        LATE + r"\.bins\[1\]\.points: expected at most 20, as monotone is decreasing, got 21",
    ),
    "points with decimals": (
        change_bins(("0", "1", 20.5), ("1", None, -60)),  # type: ignore[arg-type]
        LATE + r"\.bins\[0\]\.points: expected a whole number, got 20\.5",
    ),
    "whole points written as a decimal": (
        change_bins(("0", "1", 20.0), ("1", None, -60)),  # type: ignore[arg-type]
        LATE + r"\.bins\[0\]\.points: expected a whole number, got 20\.0",
    ),
    "no missing rule": (
        drop_feature_field("missing"),
        LATE + r"\.missing: expected a rule or value here, got nothing",
    ),
    "no unseen rule": (
        drop_feature_field("unseen"),
        LATE + r"\.unseen: expected a rule or value here, got nothing",
    ),
    "unknown field": (
        change_feature("weight", 3),
        LATE + r"\.weight: expected only fields that docs/score\.md lists, got 3",
    ),
    "edge too fine": (
        change_bins(("0", "0.0000001", 20), ("0.0000001", None, -60)),
        LATE + r'\.bins\[0\]\.upper: expected a DECIMAL\(18,6\) written as text, such as "0\.5", '
        r"got '0\.0000001'",
    ),
    "edge as a number": (
        change_bins(("0", 1.5, 20), (1.5, None, -60)),  # type: ignore[arg-type]
        LATE + r'\.bins\[0\]\.upper: expected a DECIMAL\(18,6\) written as text, such as "0\.5", '
        r"got 1\.5",
    ),
    "range upside down": (
        change_card("score_range", {"minimum": 950, "maximum": 350}),
        r"score_range: expected minimum below maximum, got 950 to 350",
    ),
    "expert card with training": (
        change_card("training", {"rows": 3}),
        r"calibration, training: expected null in an expert card, which .*, got a value",
    ),
    "trained card without training": (
        change_card("kind", "trained"),
        r"training: expected the training data's facts in a trained card, got null",
    ),
    "strengths out of order": (
        change_evidence(levels=[*reversed(EVIDENCE["levels"])]),
        r"evidence\.levels: expected thin \| moderate \| strong, got strong \| moderate \| thin",
    ),
    "stronger with less": (
        change_evidence(
            levels=[*EVIDENCE["levels"][:2], EVIDENCE["levels"][2] | {"evidence_days": 9}]
        ),
        r"evidence\.levels\[2\]\.evidence_days: expected at least 20, got 9",
    ),
    "window of a feature that is not in the card": (
        change_evidence(window_months={"evidence_days": 3}),
        r"evidence\.window_months\.evidence_days: expected a feature of the card, got another one",
    ),
    "window of no month": (
        change_evidence(window_months={"payment_ratio_180d": 0}),
        r"evidence\.window_months\.payment_ratio_180d: expected .* or equal to 1, got 0",
    ),
    "calibration error without calibration": (
        change_evidence(calibration_error_points=5),
        r"evidence\.calibration_error_points: expected 0 in a card without calibration, got 5",
    ),
    "scorability by an unknown feature": (
        change_card("scorability", [rule(0, "N") | {"feature_name": "luck", "minimum": "1"}]),
        r"scorability\[0\]\.points: expected only fields that docs/score\.md lists, got 0",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_broken_card_is_refused_with_its_place(name: str) -> None:
    change, message = REFUSALS[name]
    broken = draft()
    change(broken)
    with pytest.raises(
        ConfigurationError, match=r"^card refused for demo_v1\.json at " + message + CORRECT
    ):
        seal_card(broken, "demo_v1.json", CATALOG)


def test_increasing_feature_may_not_fall() -> None:
    features = draft_features()
    features[1]["bins"] = bins(("0", "0.5", 1), ("0.5", "1", 0))
    with pytest.raises(
        ConfigurationError,
        match=r"payment_ratio_180d\.bins\[1\]\.points: expected at least 1, "
        r"as monotone is increasing, got 0",
    ):
        make_card(features=features)


def test_second_entry_of_a_feature_is_refused() -> None:
    features = draft_features()
    with pytest.raises(
        ConfigurationError,
        match=r"features\.late_payment_count_365d: expected each feature once, got a second entry",
    ):
        make_card(features=[*features, features[0]])


def test_scorability_by_an_uncatalogued_feature_is_refused() -> None:
    entry = draft()["scorability"][0] | {"feature_name": "luck"}  # type: ignore[index]
    with pytest.raises(
        ConfigurationError,
        match=r"at scorability\.luck: expected a feature of feature_catalog, got 'luck'",
    ):
        make_card(scorability=[entry])


def test_broken_json_is_refused() -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^card refused for x_v1\.json at the file: .*, got broken JSON\. ",
    ):
        parse_card('{"card_id": ', "x_v1.json")


def test_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^card refused for none_v1\.json at the file: expected a readable UTF-8 file, "
        r"got FileNotFoundError\. Check the path; shipped cards are in scoring/cards/\.$",
    ):
        load_card(tmp_path / "none_v1.json", CATALOG)


def test_catalog_seed_is_read_by_name_and_dimension(tmp_path: Path) -> None:
    path = tmp_path / "catalog.csv"
    path.write_text("feature_name,mart,dimension\na,fct_x,spending\n", encoding="utf-8")
    assert read_catalog_seed(path) == {"a": "spending"}


def test_sealing_a_file_reports_the_refusal_and_leaves_it_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scoring.cards.seal.read_catalog_seed", lambda: CATALOG)
    path = tmp_path / "demo_v1.json"
    path.write_text(json.dumps(draft(base_points=600.5)), encoding="utf-8")
    before = path.read_bytes()
    assert main([str(path)]) == 2
    assert "base_points: expected a whole number, got 600.5" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_sealing_a_file_makes_it_loadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("scoring.cards.seal.read_catalog_seed", lambda: CATALOG)
    path = tmp_path / "demo_v1.json"
    path.write_text(json.dumps(draft()), encoding="utf-8")
    assert main([str(path)]) == 0
    assert load_card(path, CATALOG).hash in capsys.readouterr().out


def test_seal_without_a_file_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert capsys.readouterr().err == "usage: python -m scoring.cards.seal FILE\n"


def test_pdo_doubles_the_odds() -> None:
    scale = make_card().scale  # 600 points for 15 to 1, 50 points to double
    assert [scale.odds_at(score) for score in (550, 600, 650, 700, 800)] == [7.5, 15, 30, 60, 240]
    assert scale.odds_at(625) == pytest.approx(15 * 2**0.5)


def test_part_that_a_card_need_not_have_is_not_written() -> None:
    assert '"evidence"' not in dump_card(make_card())
    with_evidence = make_card(evidence=EVIDENCE)
    assert parse_card(dump_card(with_evidence), "demo_v1.json") == with_evidence
    assert hash_card(with_evidence) != hash_card(make_card())
