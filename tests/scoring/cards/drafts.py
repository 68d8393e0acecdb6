"""A small card whose every number can be checked by hand."""

from __future__ import annotations

from typing import Any

from scoring.cards.card import Card
from scoring.cards.seal import seal_card

CATALOG = {
    "late_payment_count_365d": "history",
    "payment_ratio_180d": "repayment",
    "spend_amount_90d": "spending",
    "revolving_utilisation_ratio": "linkage",
    "evidence_days": "history",
}

EVIDENCE: dict[str, Any] = {
    "levels": [
        {"strength": "thin", "evidence_days": 10, "months_on_book": 0},
        {"strength": "moderate", "evidence_days": 20, "months_on_book": 3},
        {"strength": "strong", "evidence_days": 50, "months_on_book": 12},
    ],
    "window_months": {"late_payment_count_365d": 12, "payment_ratio_180d": 6},
    "calibration_error_points": 0,
}


def rule(points: int, code: str) -> dict[str, object]:
    return {
        "points": points,
        "reason": "test",
        "reason_code": code,
        "reason_zh": f"{code} 中文",
        "reason_en": f"{code} English",
    }


def bins(*parts: tuple[str | None, str | None, int]) -> list[dict[str, object]]:
    return [
        {"lower": lower, "upper": upper, "points": points, "label": f"{lower}..{upper}"}
        for lower, upper, points in parts
    ]


def feature(
    name: str,
    monotone: str,
    code: str,
    parts: list[dict[str, object]],
    *,
    missing: int,
    unseen: int,
) -> dict[str, object]:
    return {
        "feature_name": name,
        "dimension": CATALOG[name],
        "monotone": monotone,
        "reason_code": code,
        "reason_zh": f"{code} 中文",
        "reason_en": f"{code} English",
        "bins": parts,
        "missing": rule(missing, f"{code}M"),
        "unseen": rule(unseen, f"{code}U"),
    }


def draft_features() -> list[dict[str, object]]:
    return [
        feature(
            "late_payment_count_365d",
            "decreasing",
            "L",
            bins(("0", "1", 20), ("1", "3", -10), ("3", None, -60)),
            missing=0,
            unseen=-5,
        ),
        feature(
            "payment_ratio_180d",
            "increasing",
            "P",
            bins(("0", "0.5", -30), ("0.5", "1", 0), ("1", "1.000001", 25)),
            missing=-3,
            unseen=-4,
        ),
        feature(
            "spend_amount_90d",
            "none",
            "S",
            bins((None, "100", 0), ("100", "1000", 15), ("1000", None, 10)),
            missing=5,
            unseen=1,
        ),
        feature(
            "revolving_utilisation_ratio",
            "decreasing",
            "U",
            bins(("0", "0.5", 12), ("0.5", None, -12)),
            missing=2,
            unseen=0,
        ),
    ]


def draft(**changes: object) -> dict[str, object]:
    titles = {"spending": "消费", "repayment": "还款", "history": "历史", "linkage": "联动"}
    fields: dict[str, object] = {
        "card_id": "demo_v1",
        "title": "Demo",
        "kind": "expert",
        "purpose": "tests",
        "scale": {"base_score": 600, "base_odds": 15, "pdo": 50, "meaning": "intent"},
        "base_points": 600,
        "score_range": {"minimum": 350, "maximum": 950},
        "dimensions": [
            {
                "dimension": name,
                "title_zh": title,
                "title_en": name.title(),
                "valid_from": "2024-01-01",
                "valid_to": None,
            }
            for name, title in titles.items()
        ],
        "scorability": [
            {
                "feature_name": "evidence_days",
                "minimum": "10",
                "reason_code": "N",
                "reason_zh": "记录太少",
                "reason_en": "Too few records",
            }
        ],
        "features": draft_features(),
        "calibration": None,
        "training": None,
    }
    return fields | changes


def make_card(**changes: object) -> Card:
    return seal_card(draft(**changes), "demo_v1.json", CATALOG)
