"""A card of one feature and rows whose figures one can add up by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from scoring.cards.card import Card
from scoring.cards.seal import seal_card
from scoring.training.table import TrainingTable, make_training_table
from scoring.training.verification import score_rows
from scoring.validation.case import Case

FLAT = {
    "points": 0,
    "reason": "a rule of the test",
    "reason_code": "LATE_X",
    "reason_zh": "无",
    "reason_en": "none",
}


def small_card(**changes: object) -> Card:
    """Below 1: +20; 1 to < 3: 0; 3 or more: -40; missing: -10. Base 600, 350 to 950."""
    draft: dict[str, object] = {
        "card_id": "small_v1",
        "title": "Small",
        "kind": "trained",
        "purpose": "tests",
        "data_source": "table",
        "scale": {"base_score": 600, "base_odds": 4, "pdo": 50, "meaning": "fitted"},
        "base_points": 600,
        "score_range": {"minimum": 350, "maximum": 950},
        "dimensions": [
            {
                "dimension": "table",
                "title_zh": "表",
                "title_en": "table",
                "valid_from": "1970-01-01",
                "valid_to": None,
            }
        ],
        "scorability": [],
        "features": [
            {
                "feature_name": "late",
                "dimension": "table",
                "monotone": "decreasing",
                "reason_code": "LATE",
                "reason_zh": "逾期",
                "reason_en": "late",
                "bins": [
                    {"lower": None, "upper": "1", "points": 20, "label": "< 1"},
                    {"lower": "1", "upper": "3", "points": 0, "label": "1 to < 3"},
                    {"lower": "3", "upper": None, "points": -40, "label": ">= 3"},
                ],
                "missing": FLAT | {"points": -10},
                "unseen": FLAT,
            }
        ],
        "calibration": {
            "method": "logistic",
            "intercept": "11.09",
            "slope": "-0.02",
            "fitted_on": "held_out",
            "rows": 10,
            "bads": 2,
            "outcome": "y = 1",
        },
        "training": {"columns": ["late"], "data": {"name": "rows", "target": "y"}},
    }
    return seal_card({**draft, **changes}, "small_v1.json", {})


def small_table(late: Sequence[float | None], bad: Sequence[int], **more: object) -> TrainingTable:
    table = pa.table({"late": pa.array(late, pa.float64()), "y": pa.array(bad, pa.int8()), **more})
    roles = {"date_column": "day"} if "day" in more else {}
    return make_training_table(table, name="rows", target="y", **roles)


def small_case(
    table: TrainingTable,
    parts: Mapping[str, Sequence[int]] | None = None,
    card: Card | None = None,
    **more: object,
) -> Case:
    card = card or small_card()
    score = score_rows(card, table)
    pd = 1 / (1 + np.exp(-(11.09 - 0.02 * score)))
    chosen = parts or {"new_data": range(table.rows)}
    more.setdefault("facts", {"name": "rows"})
    return Case(
        card=card,
        table=table,
        score=score,
        pd=pd,
        parts={name: np.array(rows, np.int64) for name, rows in chosen.items()},
        **more,
    )
