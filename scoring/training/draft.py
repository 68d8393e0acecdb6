"""From fitted weights to the draft of a card: bins, points, rules and words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from scoring.cards.card import Monotone
from scoring.training.binning import RULE_ROWS, Binning, monotone_of
from scoring.training.metrics import Floats
from scoring.training.result import FittedBin
from scoring.training.table import EDGE_DIGITS, Int64s
from scoring.training.texts import FeatureTexts

_NO_MISSING = "No training row was without a value: the points of an average row."
_FEW_MISSING = f"Fewer than {RULE_ROWS} training rows were without a value: no evidence, no points."
_UNSEEN = (
    "A value that no bin holds is a fault of the data, not of the user: the points of an average"
    " row."
)


@dataclass(frozen=True)
class DraftedFeature:
    """A feature's entry of the card, and the same with the training counts."""

    entry: dict[str, object]
    bins: tuple[FittedBin, ...]
    monotone: Monotone


def draft_feature(
    binning: Binning, weights: Floats, points: Int64s, texts: FeatureTexts
) -> DraftedFeature:
    """One feature; neighbouring bins with equal points become one.

    Weights are centred over the training rows, so 0 points are those of an average row.
    """
    runs = _merge_runs(binning, points)
    bins = [_fitted_bin(binning, weights, points, run) for run in runs]
    monotone = monotone_of(np.array([part.points for part in bins]))
    missing = _missing_bin(binning, weights, points)
    reason_zh, reason_en = texts.reasons(monotone)
    code = binning.name.upper()
    entry: dict[str, object] = {
        "feature_name": binning.name,
        "dimension": texts.dimension,
        "monotone": monotone,
        "reason_code": code,
        "reason_zh": reason_zh,
        "reason_en": reason_en,
        "bins": [
            {"lower": part.lower, "upper": part.upper, "points": part.points, "label": part.label}
            for part in bins
        ],
        "missing": {
            "points": missing.points,
            "reason": _missing_reason(missing),
            "reason_code": f"{code}_MISSING",
            "reason_zh": f"{texts.title_zh}:没有记录。",
            "reason_en": f"{texts.title_en}: we hold no value.",
        },
        "unseen": {
            "points": 0,
            "reason": _UNSEEN,
            "reason_code": f"{code}_UNSEEN",
            "reason_zh": f"{texts.title_zh}:数据异常,可申请核查。",
            "reason_en": f"{texts.title_en}: the value we hold looks wrong; you can ask us to"
            " check it.",
        },
    }
    return DraftedFeature(entry, (*bins, missing), monotone)


def _merge_runs(binning: Binning, points: Int64s) -> list[tuple[int, int]]:
    """First and last code of each bin of the card."""
    groups = binning.groups[:-1]
    runs: list[tuple[int, int]] = []
    for code in range(groups.size):
        # A special value keeps a bin of its own, whatever it earns.
        is_special = groups[code] >= binning.ordinary
        after_special = code > 0 and groups[code - 1] >= binning.ordinary
        if runs and not is_special and not after_special:
            first, last = runs[-1]
            if points[groups[last]] == points[groups[code]]:
                runs[-1] = (first, code)
                continue
        runs.append((code, code))
    return runs


def _fitted_bin(
    binning: Binning, weights: Floats, points: Int64s, run: tuple[int, int]
) -> FittedBin:
    first, last = run
    lower = edge_text(int(binning.edges[first - 1])) if first > 0 else None
    upper = edge_text(int(binning.edges[last])) if last < binning.edges.size else None
    members = np.unique(binning.groups[first : last + 1])
    goods = int(binning.code_goods[first : last + 1].sum())
    bads = int(binning.code_bads[first : last + 1].sum())
    counts = np.maximum(binning.goods[members] + binning.bads[members], 1)
    is_special = bool(members[0] >= binning.ordinary)
    return FittedBin(
        label=f"= {lower}" if is_special else _label(lower, upper),
        lower=lower,
        upper=upper,
        rows=goods + bads,
        goods=goods,
        bads=bads,
        bad_rate=bads / (goods + bads) if goods + bads else None,
        woe=float(np.average(binning.woe[members], weights=counts)),
        weight=float(np.average(weights[members], weights=counts)),
        points=int(points[members[0]]),
    )


def _missing_bin(binning: Binning, weights: Floats, points: Int64s) -> FittedBin:
    group = binning.group_count - 1
    goods, bads = int(binning.goods[group]), int(binning.bads[group])
    return FittedBin(
        label="missing",
        lower=None,
        upper=None,
        rows=goods + bads,
        goods=goods,
        bads=bads,
        bad_rate=bads / (goods + bads) if goods + bads else None,
        woe=float(binning.woe[group]),
        weight=float(weights[group]),
        points=int(points[group]),
    )


def _missing_reason(missing: FittedBin) -> str:
    if missing.rows == 0:
        return _NO_MISSING
    if missing.rows < RULE_ROWS:
        return _FEW_MISSING
    return f"As the {missing.rows} training rows without a value, of which {missing.bads} bad."


def edge_text(millionths: int) -> str:
    """A bin edge as the card writes it, for example ``0.5``."""
    text = format(Decimal(millionths).scaleb(-EDGE_DIGITS), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _label(lower: str | None, upper: str | None) -> str:
    if lower is None:
        return "any value" if upper is None else f"< {upper}"
    return f">= {lower}" if upper is None else f"{lower} to < {upper}"
