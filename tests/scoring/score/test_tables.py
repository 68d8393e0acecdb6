from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from scoring.cards.calibration import pd_by_score
from scoring.cards.canonical import dump_card
from scoring.cards.seal import seal_card
from scoring.errors import ConfigurationError, DataRefusedError
from scoring.score.table_files import read_table
from scoring.score.tables import score_table
from tests.scoring.cards.drafts import CATALOG, draft, make_card

CALIBRATION = {
    "method": "logistic",
    "intercept": "0",
    "slope": "-0.01",
    "fitted_on": "held_out",
    "rows": 10,
    "bads": 2,
    "outcome": "test",
}
CARD = make_card()
TABLE = pa.table(
    {
        "late_payment_count_365d": [0, None, 5],
        "payment_ratio_180d": [1.0, 0.2, 0.7],
        "spend_amount_90d": [50, 500, 5000],
        "revolving_utilisation_ratio": [0.1, 0.9, None],
        "evidence_days": [30, 30, 2],
    }
)


def calibrated_card(**changes: str) -> object:
    fields = draft(kind="trained", calibration=CALIBRATION | changes, training={})
    return seal_card(fields, "demo_v1.json", CATALOG)


def test_points_add_up_and_unscorable_rows_stay_empty() -> None:
    first, second, third = score_table(CARD, TABLE).to_pylist()
    assert (first["score"], first["points_base"]) == (657, 600)
    assert (first["points_late_payment_count_365d"], first["points_payment_ratio_180d"]) == (20, 25)
    assert (first["points_spend_amount_90d"], first["reason_1"]) == (0, "S")
    assert second["score"] == 600 + 0 - 30 + 15 - 12
    assert second["reason_1"] == "P"
    assert (third["score"], third["score_status"]) == (None, "insufficient_history")
    assert third["reason_1"] is None
    assert first["pd"] is None


def test_probability_is_the_logistic_of_the_score() -> None:
    card = calibrated_card(intercept="6")
    by_score = pd_by_score(card)
    assert by_score is not None
    assert str(by_score[600]) == "0.500000"
    assert str(by_score[700]) == "0.268941"
    assert list(by_score) == list(range(350, 951))
    scored = score_table(card, TABLE)
    assert scored.column("pd").to_pylist()[:2] == [by_score[657], by_score[573]]


def test_calibration_is_exact_decimals_or_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"at calibration\.slope: expected a decimal of"):
        calibrated_card(slope="1e-3")
    card = calibrated_card(slope="-0.0139")
    assert json.loads(dump_card(card))["calibration"]["slope"] == "-0.0139"


def test_consent_column_is_honoured() -> None:
    table = TABLE.append_column("has_scoring_consent", pa.array([True, False, True]))
    statuses = score_table(CARD, table).column("score_status").to_pylist()
    assert statuses == ["scored", "no_consent", "insufficient_history"]


def test_column_that_would_be_doubled_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"no column named as one .*, got score"):
        score_table(CARD, TABLE.append_column("score", pa.array([1, 2, 3])))


def test_lacking_column_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"spend_amount_90d"):
        score_table(CARD, TABLE.drop_columns(["spend_amount_90d"]))


def test_type_of_a_csv_column_is_told_from_all_its_values(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("a,b\n" + "1,x\n" * 500_000 + "1.5,\n", encoding="utf-8")
    table = read_table(path)
    assert table.column("a").type == pa.float64()
    assert table.column("b").null_count == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,a\n1,2\n", r"expected each column name once, got a"),
        ("a,b\n", r"expected at least one row, got 0 rows"),
        ("", r"expected a whole \.csv file"),
        ("a,b\n1\n", r"expected a whole \.csv file"),
    ],
)
def test_broken_file_is_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "broken.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataRefusedError, match=message):
        read_table(path)
