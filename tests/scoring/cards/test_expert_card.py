"""The shipped expert card: whole, explained, and sensible for people one can imagine."""

from __future__ import annotations

import re
from decimal import Decimal

import pyarrow as pa
import pytest

from scoring.cards.canonical import dump_card
from scoring.cards.card import CardFeature
from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.marts.documents import read_catalog
from scoring.score.scorer import score_batch

PATH = CARDS_FOLDER / "expert_v1.json"
CARD = load_card(PATH, read_catalog_seed())
REPORT = (CARDS_FOLDER / "expert_v1.md").read_text(encoding="utf-8")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

Person = dict[str, int | str | None]

STEADY: Person = {
    "spend_amount_90d": "4500",
    "spend_active_days_90d": 30,
    "spend_30d_share_ratio_90d": "0.35",
    "payment_ratio_180d": "1",
    "full_payment_ratio_365d": "0.75",
    "minimum_only_ratio_365d": "0.05",
    "on_time_ratio_365d": "0.97",
    "on_time_streak_count": 4,
    "repayment_amount_90d": "4000",
    "months_on_book": 26,
    "current_dpd_days": 0,
    "reported_dpd_days": None,
    "worst_dpd_days_24m": 3,
    "late_payment_count_365d": 1,
    "written_off_count": 0,
    "application_count_90d": 0,
    "revolving_limit_amount": "8000",
    "revolving_utilisation_ratio": "0.35",
    "draw_before_repayment_count_90d": 0,
    "cash_to_spend_ratio_90d": "0",
}
SPOTLESS = STEADY | {
    "full_payment_ratio_365d": "1",
    "on_time_ratio_365d": "1",
    "on_time_streak_count": 8,
    "worst_dpd_days_24m": 0,
    "late_payment_count_365d": 0,
    "revolving_limit_amount": "12000",
    "revolving_utilisation_ratio": "0.2",
}
NEWCOMER = STEADY | {
    "spend_amount_90d": "600",
    "spend_active_days_90d": 8,
    "spend_30d_share_ratio_90d": "0.5",
    "payment_ratio_180d": None,
    "full_payment_ratio_365d": None,
    "minimum_only_ratio_365d": None,
    "on_time_ratio_365d": None,
    "on_time_streak_count": None,
    "repayment_amount_90d": "0",
    "months_on_book": 2,
    "worst_dpd_days_24m": 0,
    "late_payment_count_365d": 0,
    "revolving_limit_amount": "1000",
    "revolving_utilisation_ratio": "0.4",
}
IN_ARREARS = STEADY | {
    "spend_amount_90d": "2000",
    "spend_active_days_90d": 15,
    "spend_30d_share_ratio_90d": "0.4",
    "payment_ratio_180d": "0.4",
    "full_payment_ratio_365d": "0.2",
    "minimum_only_ratio_365d": "0.3",
    "on_time_ratio_365d": "0.7",
    "on_time_streak_count": 0,
    "repayment_amount_90d": "800",
    "months_on_book": 14,
    "current_dpd_days": 35,
    "worst_dpd_days_24m": 35,
    "late_payment_count_365d": 2,
    "application_count_90d": 2,
    "revolving_limit_amount": "5000",
    "revolving_utilisation_ratio": "0.92",
    "draw_before_repayment_count_90d": 1,
    "cash_to_spend_ratio_90d": "0.3",
}
# By hand, from the report's table: base, then spending, repayment, history, linkage.
PEOPLE = {
    "steady": (STEADY, 565 + (9 + 9 + 6) + (18 + 9 + 4 + 8 + 9 + 4) + (14 - 5 - 8 + 3) + 16),
    "spotless": (SPOTLESS, 565 + 24 + (18 + 18 + 4 + 20 + 18 + 4) + (14 + 3) + (9 + 11 + 3 + 4)),
    "newcomer": (NEWCOMER, 565 + (4 + 5 + 6) - 6 + (-10 + 3) + (-4 + 5 + 3 + 4)),
    "in arrears": (IN_ARREARS, 565 + 15 + (-2 - 20 - 10) + (8 - 95 - 40 - 18 - 5) + (4 - 20 - 7)),
}


def make_batch(person: Person) -> pa.RecordBatch:
    columns = {
        "user_key": pa.array([1], pa.int64()),
        "has_scoring_consent": pa.array([True]),
        "evidence_days": pa.array([30], pa.int64()),
    }
    for name, value in person.items():
        number = None if value is None else Decimal(value)
        kind = pa.decimal128(18, 6) if "ratio" in name else pa.decimal128(18, 2)
        columns[name] = pa.array([number], kind)
    return pa.RecordBatch.from_pydict(columns)


def score_person(person: Person) -> int:
    (row,) = score_batch(CARD, make_batch(person)).to_pylist()
    return int(row["score"])


@pytest.mark.parametrize("name", PEOPLE)
def test_score_of_a_person_is_the_sum_by_hand(name: str) -> None:
    person, expected = PEOPLE[name]
    assert score_person(person) == expected


@pytest.mark.parametrize("name", PEOPLE)
def test_report_states_the_score_of_a_person(name: str) -> None:
    _, score = PEOPLE[name]
    assert len(re.findall(rf"^\| .* \| {score} \|$", REPORT, re.MULTILINE)) == 1


def test_people_stand_where_judgement_puts_them() -> None:
    assert 640 <= score_person(STEADY) < 700
    assert score_person(SPOTLESS) >= 700
    assert 550 <= score_person(NEWCOMER) < 640
    assert score_person(IN_ARREARS) < 450


def test_one_payment_ten_days_late_today_leaves_the_good_bands() -> None:
    late = STEADY | {
        "current_dpd_days": 10,
        "worst_dpd_days_24m": 10,
        "on_time_ratio_365d": "0.9",
        "on_time_streak_count": 0,
    }
    assert score_person(late) < 600


def test_card_is_canonical() -> None:
    assert dump_card(CARD).encode() == PATH.read_bytes()


def test_card_covers_the_four_dimensions() -> None:
    assert {feature.dimension for feature in CARD.features} == {
        "spending",
        "repayment",
        "history",
        "linkage",
    }


def test_expert_card_claims_no_probability() -> None:
    assert (CARD.kind, CARD.calibration, CARD.training) == ("expert", None, None)
    assert CARD.scale.meaning == "intent"
    assert "pd_12m" in REPORT


@pytest.mark.parametrize("feature", CARD.features, ids=lambda feature: feature.feature_name)
def test_every_reason_is_in_both_languages(feature: CardFeature) -> None:
    for part in (feature, feature.missing, feature.unseen):
        assert CHINESE.search(part.reason_zh)
        assert part.reason_zh.endswith("。")
        assert not CHINESE.search(part.reason_en)
        assert part.reason_en.endswith(".")


def test_reason_codes_are_unique() -> None:
    codes = [
        part.reason_code
        for feature in CARD.features
        for part in (feature, feature.missing, feature.unseen)
    ] + [rule.reason_code for rule in CARD.scorability]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("feature", CARD.features, ids=lambda feature: feature.feature_name)
def test_report_states_the_bins_of_the_card(feature: CardFeature) -> None:
    bins = " · ".join(f"{part.label}: {part.points:+d}" for part in feature.bins)
    row = (
        f"| `{feature.feature_name}` | {feature.monotone} | {bins} | {feature.missing.points:+d} |"
    )
    assert row in REPORT


@pytest.mark.parametrize("feature", CARD.features, ids=lambda feature: feature.feature_name)
def test_unknown_is_never_better_than_the_best_known_value(feature: CardFeature) -> None:
    best = max(part.points for part in feature.bins)
    assert feature.missing.points <= best
    assert feature.unseen.points <= best


def test_windows_of_evidence_are_the_look_backs_of_the_catalogue() -> None:
    months = {"90d": 3, "180d": 6, "365d": 12, "24m": 24}
    look_backs = {row["feature_name"]: row["look_back"] for row in read_catalog()}
    assert CARD.evidence is not None
    assert CARD.evidence.window_months == {
        feature.feature_name: months[look_backs[feature.feature_name]]
        for feature in CARD.features
        if look_backs[feature.feature_name] != "current"
    }


def test_whoever_is_scored_is_at_least_thin() -> None:
    assert CARD.evidence is not None
    (floor,) = CARD.scorability
    assert floor.feature_name == "evidence_days"
    assert CARD.evidence.levels[0].evidence_days <= floor.minimum
    assert CARD.evidence.levels[0].months_on_book == 0
