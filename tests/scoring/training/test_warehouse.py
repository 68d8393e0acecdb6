from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from scoring.cards.canonical import dump_card
from scoring.cards.loader import load_card, read_catalog_seed
from scoring.errors import DataRefusedError
from scoring.settings import Settings
from scoring.training.labels import LabelRules
from scoring.training.parameters import TrainingParameters
from scoring.training.warehouse import train_on_warehouse
from scoring.warehouse.store import open_warehouse
from tests.scoring.training.ledgers import HISTORY, USERS, create_tables, features_by_mart

DAYS = (date(2023, 4, 30), date(2023, 5, 31), date(2023, 6, 30))
NIGHT = date(2024, 7, 15)
PEOPLE = 900
QUICK = TrainingParameters(maximum_prebins=6, out_of_time_share=0.3)
FEATURE = "worst_dpd_days_365d"


def fill_warehouse(settings: Settings) -> None:
    """Other users on each date; the chance of turning bad grows with ``FEATURE``."""
    random = np.random.default_rng(4)
    with open_warehouse(settings) as connection:
        create_tables(connection)
        for number, day in enumerate(DAYS):
            worst = random.integers(0, 60, PEOPLE)
            people = pa.table(
                {
                    "user_key": np.arange(PEOPLE) + PEOPLE * number,
                    "worst": worst,
                    "is_bad": random.random(PEOPLE) < 0.02 + 0.008 * worst,
                }
            )
            connection.register("people", people)
            connection.execute(
                f"insert into marts.{USERS} select user_key, ?, ?, true, 30 from people", [day, day]
            )
            for mart, names in features_by_mart().items():
                own, values = (
                    (f"{FEATURE}, open_account_count", "worst, 1")
                    if mart == HISTORY
                    else (names[0], "user_key % 7")
                )
                connection.execute(
                    f"insert into marts.{mart} (user_key, as_of_date, known_on, {own})"
                    f" select user_key, ?, ?, {values} from people",
                    [day, day],
                )
            connection.execute(
                "insert into intermediate.int_obligations__late select ?, ?, user_key,"
                " ?::date + 30, ?::date + 31, ?::date + 130 from people where is_bad",
                [NIGHT, NIGHT, day, day, day],
            )
            connection.unregister("people")
        connection.execute(
            "insert into intermediate.int_users__resolved"
            f" select ?, ?, user_key, user_key from marts.{USERS}",
            [NIGHT, NIGHT],
        )


def test_card_of_the_warehouse_is_one_that_a_night_can_load(
    tmp_path: Path, settings: Settings
) -> None:
    fill_warehouse(settings)
    result = train_on_warehouse(settings, card_id="wide_v1", rules=LabelRules(), parameters=QUICK)
    path = tmp_path / "wide_v1.json"
    path.write_text(dump_card(result.card), encoding="utf-8")
    card = load_card(path, read_catalog_seed())
    assert card == result.card
    (feature,) = (entry for entry in card.features if entry.feature_name == FEATURE)
    assert (feature.dimension, feature.monotone) == ("history", "decreasing")
    assert feature.reason_zh.endswith(":偏高。")
    assert [entry.dimension for entry in card.dimensions] == [
        "spending",
        "repayment",
        "history",
        "linkage",
    ]
    assert [rule.feature_name for rule in card.scorability] == ["evidence_days"]
    assert (card.scale.base_score, card.scale.base_odds) == (600, 15)
    assert card.calibration is not None
    assert card.calibration.outcome == "90+ days past due within 12 months"
    assert card.evidence is not None
    assert card.evidence.window_months[FEATURE] == 12
    assert set(card.evidence.window_months) <= {entry.feature_name for entry in card.features}
    assert card.evidence.calibration_error_points > 0


def test_training_says_what_was_known_when(settings: Settings) -> None:
    fill_warehouse(settings)
    result = train_on_warehouse(settings, card_id="wide_v1", rules=LabelRules(), parameters=QUICK)
    assert result.card.training is not None
    data = result.card.training["data"]
    assert isinstance(data, dict)
    assert data["observation_dates"] == [str(day) for day in DAYS]
    assert (data["labels_as_of"], data["labels_known_on"]) == (str(NIGHT), str(NIGHT))
    assert data["label_counts"] == {"bad": data["bads"], "good": data["rows"] - data["bads"]}
    assert data["out_of_time_from"] == str(DAYS[-1])
    assert data["known_basis"] == "landed day by day"
    assert [entry.part for entry in result.metrics] == ["training", "held_out", "out_of_time"]


def test_more_rows_than_wanted_are_sampled_by_user(settings: Settings) -> None:
    fill_warehouse(settings)
    parameters = QUICK.model_copy(update={"minimum_bads": 20})
    result = train_on_warehouse(
        settings, card_id="wide_v1", rules=LabelRules(), parameters=parameters, maximum_rows=900
    )
    rows = result.data["rows"]
    assert isinstance(rows, int)
    assert 750 < rows < 1050


def test_nobody_to_learn_from_is_refused(settings: Settings) -> None:
    fill_warehouse(settings)
    with open_warehouse(settings) as connection:
        connection.execute(f"update marts.{USERS} set has_scoring_consent = false")
    with pytest.raises(DataRefusedError, match=r"outcome is known, got 2,700 no consent"):
        train_on_warehouse(settings, card_id="wide_v1", rules=LabelRules(), parameters=QUICK)
