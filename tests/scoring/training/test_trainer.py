from __future__ import annotations

import itertools
import json
import logging
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from scoring.cards.canonical import dump_card
from scoring.cards.loader import load_card
from scoring.errors import ConfigurationError, DataRefusedError
from scoring.score.tables import score_table
from scoring.training import extras
from scoring.training.parameters import TrainingParameters, make_parameters
from scoring.training.texts import texts_of_columns
from tests.scoring.training.tables import QUICK, made_table, trained, with_column

MADE = made_table()
RESULT = trained(MADE)


def test_two_runs_give_the_same_bytes() -> None:
    assert dump_card(trained(made_table()).card) == dump_card(RESULT.card)


def test_another_seed_gives_another_card() -> None:
    other = trained(MADE, QUICK.model_copy(update={"seed": 8}))
    assert dump_card(other.card) != dump_card(RESULT.card)


def test_row_order_does_not_matter_where_rows_have_ids() -> None:
    shuffled = MADE.take(np.random.default_rng(3).permutation(MADE.num_rows))
    assert trained(shuffled).card.features == RESULT.card.features


def test_exported_loaded_and_exported_again_is_byte_identical(tmp_path: Path) -> None:
    path = tmp_path / "made_v1.json"
    path.write_text(dump_card(RESULT.card), encoding="utf-8")
    assert dump_card(load_card(path, {}, any_source=True)) == path.read_text(encoding="utf-8")


def test_card_of_a_table_is_refused_where_a_night_loads_it(tmp_path: Path) -> None:
    path = tmp_path / "made_v1.json"
    path.write_text(dump_card(RESULT.card), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"at data_source: expected warehouse, .* table"):
        load_card(path, {})


def test_card_of_a_table_may_name_only_its_own_columns(tmp_path: Path) -> None:
    content = json.loads(dump_card(RESULT.card))
    content["features"][0]["feature_name"] = "shoe_size"
    path = tmp_path / "made_v1.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"features\.shoe_size: expected a feature of training\.columns"
    ):
        load_card(path, {}, any_source=True)


def test_points_follow_the_truth() -> None:
    by_name = {feature.feature_name: feature for feature in RESULT.card.features}
    assert by_name["income"].monotone == "increasing"
    assert by_name["late"].monotone == "decreasing"
    assert by_name["income"].missing.points < 0
    held = next(entry for entry in RESULT.metrics if entry.part == "held_out")
    assert 0.70 < held.auc < 0.85
    # Calibrated on these rows and on three times as many that the weights did not see either.
    assert held.calibration_slope == pytest.approx(1, abs=0.15)
    assert held.observed_to_expected == pytest.approx(1, abs=0.1)


def test_scored_table_agrees_with_what_was_fitted() -> None:
    scored = score_table(RESULT.card, MADE)
    score = scored.column("score").to_numpy()
    for part in RESULT.parts:
        assert np.array_equal(score[part.rows], part.score)
        pd = np.array([float(value) for value in scored.column("pd").to_pylist()])
        assert np.allclose(pd[part.rows], part.pd, atol=1e-6)


def test_counts_of_bins_are_those_of_the_training_rows() -> None:
    training = next(part for part in RESULT.parts if part.part == "training")
    for feature in RESULT.features:
        assert sum(part.rows for part in feature.bins) == training.rows.size
        assert sum(part.bads for part in feature.bins) == int(training.target.sum())
    assert RESULT.features[0].bins[0].goods + RESULT.features[0].bins[0].bads > 0


def test_leaked_label_is_said_loudly(caplog: pytest.LogCaptureFixture) -> None:
    outcome = np.asarray(MADE.column("y"))
    leak = outcome + np.random.default_rng(1).normal(0, 0.05, outcome.size)
    with caplog.at_level(logging.WARNING, logger="scoring"):
        result = trained(with_column(MADE, "spy", leak.round(3)))
    assert result.warnings[0].startswith("LEAK SUSPECTED: spy alone has an AUC of")
    assert "LEAK SUSPECTED" in caplog.text
    assert result.card.training is not None
    assert result.card.training["warnings"] == list(result.warnings)


def test_card_that_is_too_good_is_said_loudly() -> None:
    outcome = np.asarray(MADE.column("y"))
    random = np.random.default_rng(1)
    table = MADE
    for name in ("spy_a", "spy_b", "spy_c", "spy_d"):
        table = with_column(table, name, (outcome + random.normal(0, 0.4, outcome.size)).round(2))
    result = trained(table)
    said = "LEAK SUSPECTED: the card has an AUC of"
    assert any(text.startswith(said) for text in result.warnings)


def test_honest_data_warns_of_nothing() -> None:
    assert RESULT.warnings == ()


def test_protected_column_is_pointed_at() -> None:
    result = trained(with_column(MADE, "Sex", np.asarray(MADE.column("late"))).drop_columns("late"))
    assert any(text.startswith("Sex: by its name a protected") for text in result.warnings)


def test_newest_dates_are_kept_out_of_time() -> None:
    result = trained(MADE, date_column="day", exclude=[])
    assert [entry.part for entry in result.metrics] == ["training", "held_out", "out_of_time"]
    days = MADE.column("day").to_numpy()
    late = next(part for part in result.parts if part.part == "out_of_time")
    early = next(part for part in result.parts if part.part == "training")
    assert days[late.rows].min() > days[early.rows].max()
    assert late.rows.size >= MADE.num_rows // 4


def test_special_value_has_a_bin_of_its_own() -> None:
    income = [-1.0 if value is None else value for value in MADE.column("income").to_pylist()]
    parameters = QUICK.model_copy(update={"special_values": {"income": (Decimal(-1),)}})
    result = trained(with_column(MADE, "income", income), parameters)
    income_bins = next(f for f in result.features if f.feature_name == "income").bins
    special = [part for part in income_bins if part.lower == "-1" and part.upper == "-0.999999"]
    assert [part.label for part in special] == ["= -1"]
    assert special[0].rows == sum(
        1
        for row in next(p for p in result.parts if p.part == "training").rows
        if income[row] == -1.0
    )
    assert special[0].points < 0


def test_missing_never_seen_in_training_earns_an_average() -> None:
    late = next(feature for feature in RESULT.card.features if feature.feature_name == "late")
    assert late.missing.points == 0
    assert "No training row" in late.missing.reason
    assert late.unseen.points == 0


def test_noise_alone_is_refused() -> None:
    table = MADE.select(["id", "noise", "y"])
    with pytest.raises(DataRefusedError, match=r"expected at least one feature that separates"):
        trained(table, QUICK.model_copy(update={"minimum_iv": 0.5}), exclude=[])


def test_number_of_features_can_be_limited() -> None:
    result = trained(MADE, QUICK.model_copy(update={"maximum_features": 1}))
    assert [feature.feature_name for feature in result.card.features] == ["income"]
    assert "weakest of too many" in {feature.rule for feature in result.dropped}


def test_few_bad_rows_carry_few_features_and_no_endless_points() -> None:
    """Thirty columns of noise beside fifty bads would otherwise separate them by chance."""
    random = np.random.default_rng(6)
    table = made_table(400, seed=2)
    for number in range(30):
        table = with_column(table, f"noise_{number}", random.normal(0, 1, 400).round(2))
    result = trained(
        table,
        QUICK.model_copy(update={"minimum_iv": 0, "cross_check": -9}),
    )
    assert len(result.card.features) <= result.metrics[0].bads ** 0.5
    assert "weakest of too many" in {feature.rule for feature in result.dropped}
    assert all(abs(part.points) < 200 for f in result.card.features for part in f.bins)


def test_noise_is_told_from_information_on_other_rows() -> None:
    random = np.random.default_rng(6)
    table = made_table(400, seed=2)
    for number in range(30):
        table = with_column(table, f"noise_{number}", random.normal(0, 1, 400).round(2))
    kept = {fate.feature_name for fate in trained(table).screening if fate.is_kept}
    assert kept >= {"late", "income"}
    assert len(kept) <= 2 + 30 * 0.25


def test_regression_weighs_by_coefficient_times_evidence() -> None:
    result = trained(MADE, QUICK.model_copy(update={"weights": "regression"}))
    assert result.rounds is None
    for feature in result.features:
        ordinary = feature.bins[:-1]
        steps = {
            (later.weight - before.weight) / (later.woe - before.woe)
            for before, later in itertools.pairwise(ordinary)
        }
        for step in steps:
            assert step == pytest.approx(feature.slope)
        assert feature.agreement > 0.99


def test_boosting_ends_where_left_out_rows_say_so() -> None:
    quick, slow = (
        trained(MADE, QUICK.model_copy(update={"learning_rate": rate})) for rate in (0.4, 0.05)
    )
    assert quick.rounds is not None
    assert slow.rounds is not None
    assert 0 < quick.rounds < slow.rounds < 3_000
    aucs = [result.metrics[1].auc for result in (quick, slow)]
    assert aucs[0] == pytest.approx(aucs[1], abs=0.02)


def test_missing_extra_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(extras.importlib, "import_module", nothing)
    with pytest.raises(ConfigurationError, match=r"extra \[train\], got no optbinning\. Install"):
        trained(MADE)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"luck": "1"}, r"parameter refused for luck: expected held_out_share \|"),
        ({"pdo": "0"}, r"parameter refused for pdo: expected Input should be greater than 0"),
        ({"score_minimum": "950"}, r"score_minimum must be below score_maximum"),
    ],
)
def test_wrong_parameter_is_refused(given: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make_parameters(given, seed=1, special_values={})


def test_every_parameter_says_what_it_means() -> None:
    assert all(field.description for field in TrainingParameters.model_fields.values())


def test_texts_file_gives_words_and_directions(tmp_path: Path) -> None:
    path = tmp_path / "texts.csv"
    path.write_text("feature_name,direction,title_zh\nlate,lower_is_better,逾期\n", "utf-8")
    texts = texts_of_columns(["late", "income"], path)
    assert (texts["late"].direction, texts["late"].title_zh) == ("lower_is_better", "逾期")
    assert texts["late"].reasons("decreasing")[0] == "逾期:偏高。"
    assert (texts["income"].dimension, texts["income"].title_en) == ("table", "income")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("feature_name,luck\nlate,1\n", r"line 2: expected feature_name and any of"),
        ("feature_name,direction\nlate,up\n", r"line 2: expected higher_is_better \|"),
        ("feature_name\nshoes\n", r"expected columns of the table, got shoes"),
        ("feature_name\nlate\nlate\n", r"line 3: expected each feature once, got late"),
    ],
)
def test_wrong_texts_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "texts.csv"
    path.write_text(content, "utf-8")
    with pytest.raises(ConfigurationError, match=message):
        texts_of_columns(["late"], path)
