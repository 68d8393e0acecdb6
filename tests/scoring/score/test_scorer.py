from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from scoring.cards.seal import seal_card
from scoring.errors import ConfigurationError
from scoring.score import scorer
from scoring.score.compiled import compile_card
from scoring.score.scorer import score_alone, score_batch
from tests.scoring.cards.drafts import bins, draft, draft_features, make_card
from tests.scoring.score.batches import Row, make_batch, make_row

CARD = make_card()


def score_one(row: Row) -> dict[str, object]:
    (result,) = score_batch(CARD, make_batch(row)).to_pylist()
    return dict(result)


def with_column(batch: pa.RecordBatch, name: str, array: pa.Array) -> pa.RecordBatch:
    return batch.set_column(batch.schema.get_field_index(name), name, array)


def test_score_is_the_sum_that_a_pencil_gives() -> None:
    # 600 + 20 (no late payment) + 0 (0.75 paid) + 15 (spent 250) - 12 (half the limit used)
    assert score_one(make_row(7)) == {
        "user_key": 7,
        "score": 623,
        "score_status": "scored",
        "score_status_reason": None,
        "points_base": 600,
        "points_spending": 15,
        "points_repayment": 0,
        "points_history": 20,
        "points_linkage": -12,
        "points_clipped": 0,
        "feature_values": [Decimal(0), Decimal("0.75"), Decimal(250), Decimal("0.5")],
        "bins": ["0..1", "0.5..1", "100..1000", "0.5..None"],
        "points": [20, 0, 15, -12],
        "reason_features": ["payment_ratio_180d", "revolving_utilisation_ratio"],
        "reason_points": [0, -12],
        "reason_points_lost": [25, 24],
        "reason_codes": ["P", "U"],
        "reasons_zh": ["P 中文", "U 中文"],
        "reasons_en": ["P English", "U English"],
        "score_low": None,
        "score_high": None,
        "evidence_strength": None,
    }


def test_null_takes_the_missing_rule_and_says_so() -> None:
    result = score_one(make_row(late=None, paid=None, spend=None, used=None))
    assert result["score"] == 600 + 0 - 3 + 5 + 2
    assert result["bins"] == ["missing"] * 4
    assert result["feature_values"] == [None] * 4
    assert result["reason_codes"] == ["PM", "LM", "SM", "UM"]
    assert result["reason_points_lost"] == [28, 20, 10, 10]


def test_value_beyond_a_closed_end_takes_the_unseen_rule_and_is_shown() -> None:
    result = score_one(make_row(late=-1, paid="1.000001", used="-0.000001"))
    assert result["bins"] == ["unseen", "unseen", "100..1000", "unseen"]
    assert result["points"] == [-5, -4, 15, 0]
    assert result["feature_values"][:2] == [Decimal(-1), Decimal("1.000001")]  # type: ignore[index]


def test_nan_and_infinity_take_the_unseen_rule_without_a_value() -> None:
    values = pa.array([float("nan"), float("inf"), float("-inf"), 1e300, None, 0.75])
    batch = make_batch(*(make_row(key) for key in range(6)))
    result = score_batch(CARD, with_column(batch, "payment_ratio_180d", values)).to_pylist()
    assert [row["bins"][1] for row in result] == ["unseen"] * 4 + ["missing", "0.5..1"]
    assert [row["points"][1] for row in result] == [-4] * 4 + [-3, 0]
    assert [row["feature_values"][1] for row in result] == [None] * 5 + [Decimal("0.75")]


@pytest.mark.parametrize(
    ("paid", "label"),
    [
        ("0.499999", "0..0.5"),
        ("0.500000", "0.5..1"),
        ("0.500001", "0.5..1"),
        ("0.999999", "0.5..1"),
        ("1.000000", "1..1.000001"),
        ("1.000001", "unseen"),
        ("0.000000", "0..0.5"),
        ("-0.000001", "unseen"),
    ],
)
def test_bin_is_exact_at_its_edges(paid: str, label: str) -> None:
    assert score_one(make_row(paid=paid))["bins"][1] == label  # type: ignore[index]


@pytest.mark.parametrize(
    ("spend", "points"), [("99.99", 0), ("100.00", 15), ("999.99", 15), ("1000.00", 10), ("-5", 0)]
)
def test_amount_is_compared_exactly(spend: str, points: int) -> None:
    assert score_one(make_row(spend=spend))["points_spending"] == points


def test_float_is_rounded_to_millionths_once() -> None:
    batch = make_batch(make_row(1), make_row(2), make_row(3))
    values = pa.array([0.1 + 0.2 + 0.2, 0.49999949, 0.4999996])
    result = score_batch(CARD, with_column(batch, "payment_ratio_180d", values)).to_pylist()
    assert [row["feature_values"][1] for row in result] == [
        Decimal("0.500000"),
        Decimal("0.499999"),
        Decimal("0.500000"),
    ]


def test_amounts_up_to_the_type_are_exact_and_larger_ones_unseen() -> None:
    spends = ["999999999999.99", "1000000000000.00", "9999999999999999.99", "-9999999999999999.99"]
    result = score_batch(CARD, make_batch(*(make_row(spend=spend) for spend in spends))).to_pylist()
    assert [row["bins"][2] for row in result] == ["1000..None", "unseen", "unseen", "unseen"]
    assert result[0]["feature_values"][2] == Decimal("999999999999.990000")


def test_wide_decimals_and_counts_beyond_int64_millionths_are_unseen() -> None:
    batch = make_batch(make_row(1), make_row(2), make_row(3))
    wide = pa.array([Decimal(10) ** 30, None, Decimal(3)], pa.decimal128(38, 2))
    counts = pa.array([2**62, 3, None], pa.int64())
    batch = with_column(batch, "spend_amount_90d", wide)
    batch = with_column(batch, "late_payment_count_365d", counts)
    result = score_batch(CARD, batch).to_pylist()
    assert [row["bins"][2] for row in result] == ["unseen", "missing", "None..100"]
    assert [row["bins"][0] for row in result] == ["unseen", "3..None", "missing"]


@pytest.mark.parametrize("kind", [pa.int8(), pa.int32(), pa.uint8(), pa.uint64(), pa.float32()])
def test_number_types_give_the_same_result(kind: pa.DataType) -> None:
    batch = make_batch(make_row(late=2), make_row(late=0), make_row(late=None))
    changed = with_column(
        batch, "late_payment_count_365d", pa.array([2, 0, None], pa.int64()).cast(kind)
    )
    assert score_batch(CARD, changed).equals(score_batch(CARD, batch))


def test_sliced_batch_is_read_at_its_offset() -> None:
    rows = [make_row(key, late=key % 4, paid=None if key % 3 else "0.2") for key in range(50)]
    whole = score_batch(CARD, make_batch(*rows)).to_pylist()
    assert score_batch(CARD, make_batch(*rows).slice(17, 20)).to_pylist() == whole[17:37]


@pytest.mark.parametrize(
    ("base", "score", "clip"), [(1200, 950, -273), (100, 350, 227), (927, 950, 0), (928, 950, -1)]
)
def test_score_outside_the_range_is_clipped_and_the_clip_shown(
    base: int, score: int, clip: int
) -> None:
    (row,) = score_batch(make_card(base_points=base), make_batch(make_row())).to_pylist()
    assert (row["score"], row["points_clipped"]) == (score, clip)
    parts = ("base", "spending", "repayment", "history", "linkage", "clipped")
    assert sum(row[f"points_{part}"] for part in parts) == row["score"]


def test_reasons_are_the_four_largest_losses_and_ties_keep_the_card_order() -> None:
    features = draft_features()
    names = ["a", "b", "c", "d", "e", "f"]
    catalog = dict.fromkeys(names, "history") | {"evidence_days": "history"}
    losses = [5, 9, 0, 5, 9, 5]
    made = [
        features[0]
        | {
            "feature_name": name,
            "reason_code": name.upper(),
            "bins": bins(("0", "1", 10 - lost), ("1", None, -50)),
            "missing": features[0]["missing"] | {"points": 10},  # type: ignore[operator]
            "unseen": features[0]["unseen"] | {"points": 0},  # type: ignore[operator]
        }
        for name, lost in zip(names, losses, strict=True)
    ]
    card = seal_card(draft(features=made), "demo_v1.json", catalog)
    batch = make_batch(make_row())
    for name in names:
        batch = batch.append_column(name, pa.array([0], pa.int64()))
    (row,) = score_batch(card, batch).to_pylist()
    assert row["reason_features"] == ["b", "e", "a", "d"]
    assert row["reason_points_lost"] == [9, 9, 5, 5]


def test_user_who_lost_nothing_has_no_reasons() -> None:
    row = score_one(make_row(late=0, paid="1", spend="500", used="0"))
    assert row["score"] == 600 + 20 + 25 + 15 + 12
    assert row["reason_features"] == []


def test_user_without_consent_has_nothing_but_the_status() -> None:
    result = score_batch(CARD, make_batch(make_row(1, consent=False), make_row(2, consent=None)))
    for row in result.to_pylist():
        assert row["score_status"] == "no_consent"
        assert row["score_status_reason"] == (
            "没有您同意信用评分的记录，因此不计算评分。 / "
            "We have no record that you agreed to credit scoring, so no score is computed."
        )
        rest = set(row) - {"user_key", "score_status", "score_status_reason"}
        assert {name for name in rest if row[name] is not None} == set()
    assert len(result.column("points").values) == 0


@pytest.mark.parametrize(("evidence", "status"), [(10, "scored"), (9, "insufficient_history")])
def test_scorability_counts_from_its_minimum(evidence: int, status: str) -> None:
    row = score_one(make_row(evidence=evidence))
    assert row["score_status"] == status
    assert (row["score"] is None) == (status != "scored")


def test_insufficient_history_says_why_and_null_evidence_is_none() -> None:
    row = score_one(make_row(evidence=None))
    assert row["score_status"] == "insufficient_history"
    assert row["score_status_reason"] == "记录太少 / Too few records"


def test_no_consent_comes_before_insufficient_history() -> None:
    assert score_one(make_row(consent=False, evidence=0))["score_status"] == "no_consent"


def test_unscored_rows_stay_at_their_places_among_scored_ones() -> None:
    rows = [
        make_row(1),
        make_row(2, consent=False),
        make_row(3, late=3),
        make_row(4, evidence=1),
        make_row(5, paid="1"),
    ]
    result = score_batch(CARD, make_batch(*rows)).to_pylist()
    assert [row["user_key"] for row in result] == [1, 2, 3, 4, 5]
    assert [row["score"] for row in result] == [623, None, 543, None, 648]
    assert [row["points"] for row in result] == [
        [20, 0, 15, -12],
        None,
        [-60, 0, 15, -12],
        None,
        [20, 25, 15, -12],
    ]
    assert [row["reason_codes"] for row in result] == [
        ["P", "U"],
        None,
        ["L", "P", "U"],
        None,
        ["U"],
    ]


def test_empty_batch_gives_an_empty_result_of_the_same_columns() -> None:
    empty = score_batch(CARD, make_batch())
    assert empty.num_rows == 0
    assert empty.schema.names == score_batch(CARD, make_batch(make_row())).schema.names


def test_block_boundaries_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [make_row(key, late=key % 5, spend=str(key * 40)) for key in range(40)]
    whole = score_batch(CARD, make_batch(*rows)).to_pylist()
    monkeypatch.setattr(scorer, "BLOCK_ROWS", 7)
    assert score_batch(CARD, make_batch(*rows)).to_pylist() == whole


def test_absent_column_is_refused() -> None:
    batch = make_batch(make_row()).drop_columns(["payment_ratio_180d"])
    with pytest.raises(
        ConfigurationError,
        match=r"^batch not scored for payment_ratio_180d: expected a column of this name in the "
        r"batch, got none\. Build the marts with this version, or use a card made for these "
        r"columns\.$",
    ):
        score_batch(CARD, batch)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (
            "payment_ratio_180d",
            pa.array(["0.5"]),
            r"payment_ratio_180d: expected an integer, floating or decimal type .*, got string",
        ),
        (
            "payment_ratio_180d",
            pa.array([Decimal("0.5")], pa.decimal128(18, 8)),
            r"payment_ratio_180d: expected .* with up to 6 decimals, got decimal128\(18, 8\)",
        ),
        ("has_scoring_consent", pa.array([1]), r"has_scoring_consent: expected bool, got int64"),
    ],
)
def test_column_of_another_type_is_refused(name: str, array: pa.Array, message: str) -> None:
    with pytest.raises(
        ConfigurationError,
        match=r"^feature column refused for " + message + r"\. Cast the column where .* made\.$",
    ):
        score_batch(CARD, with_column(make_batch(make_row()), name, array))


def test_column_of_nulls_without_a_type_is_missing() -> None:
    batch = with_column(make_batch(make_row()), "payment_ratio_180d", pa.nulls(1))
    assert score_batch(CARD, batch).to_pylist()[0]["bins"][1] == "missing"


def test_score_alone_is_the_head_of_the_whole_result() -> None:
    rows = [make_row(1), make_row(2, consent=False), make_row(3, late=3), make_row(4, evidence=1)]
    rows += [make_row(5, late=None, paid="1.5", spend=None, used="-1")]
    batch = make_batch(*rows)
    alone = score_alone(CARD, batch)
    assert alone.num_rows == len(rows)
    assert alone.equals(score_batch(CARD, batch).select(alone.schema.names))


def test_compiled_card_gives_what_the_card_gives() -> None:
    batch = make_batch(make_row())
    assert score_batch(compile_card(CARD), batch).equals(score_batch(CARD, batch))
    assert compile_card(CARD).points.dtype == np.int32
