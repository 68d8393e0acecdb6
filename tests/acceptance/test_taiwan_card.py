"""The whole way on real data: train on the Taiwan set, and judge on rows kept apart."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.cards.card import Card
from scoring.cards.comparison import measure_separation
from scoring.score.table_files import read_table
from scoring.score.tables import score_table
from scoring.training.files import train_on_file
from tests.acceptance.sources import real_source

TARGET = "default.payment.next.month"
PROTECTED = ["SEX", "EDUCATION", "MARRIAGE", "AGE"]


@pytest.mark.slow
def test_card_without_protected_columns_separates_and_is_calibrated() -> None:
    path = real_source("uci_taiwan_default") / "UCI_Credit_Card.csv"
    result = train_on_file(
        path, target=TARGET, card_id="taiwan_v1", exclude=PROTECTED, id_column="ID"
    )
    held = next(part for part in result.metrics if part.part == "held_out")
    assert (held.rows, held.bads) == (7500, 1659)
    # The set's own spread between splits is about 0.006; the mean over ten is 0.77.
    assert held.auc > 0.755
    assert 0.99 < held.observed_to_expected < 1.01
    assert not any("LEAK" in text for text in result.warnings)
    assert not {feature.feature_name for feature in result.card.features} & {*PROTECTED, "ID"}
    table = read_table(path)
    scored = score_table(result.card, table)
    assert scored.column("ID").to_pylist() == table.column("ID").to_pylist()
    score = scored.column("score").to_numpy()
    rows = next(part for part in result.parts if part.part == "held_out").rows
    assert (
        measure_separation(score[rows], table.column(TARGET).to_numpy()[rows] == 1).auc == held.auc
    )
    assert np.array_equal(score, _sum_of_points(result.card, scored))


def _sum_of_points(card: Card, scored: object) -> np.ndarray:
    names = ["base", "clipped", *(feature.feature_name for feature in card.features)]
    return sum(scored.column(f"points_{name}").to_numpy() for name in names)
