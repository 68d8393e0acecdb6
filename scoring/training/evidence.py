"""What a trained card says of the evidence that a score rests on."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scoring.cards.card import EvidenceLevel
from scoring.cards.loader import CATALOG_SEED

_DAYS_OF_A_MONTH = 30
_LOOK_BACK = re.compile(r"(\d+)([dm])")


@dataclass(frozen=True)
class EvidenceRules:
    """What does not depend on the fit: the levels, and the window of every candidate that has one.

    ``window_months`` is feature -> months of history that its value describes.
    """

    levels: tuple[EvidenceLevel, ...]
    window_months: Mapping[str, int]

    def of_card(self, features: Iterable[str], calibration_error_points: int) -> dict[str, object]:
        """The card's ``evidence`` for the features that it has."""
        return {
            "levels": [level.model_dump(mode="json") for level in self.levels],
            "window_months": {
                name: self.window_months[name] for name in features if name in self.window_months
            },
            "calibration_error_points": calibration_error_points,
        }


def catalogued_windows() -> dict[str, int]:
    """Feature -> whole months of its look-back; what looks at the night alone has none."""
    with CATALOG_SEED.open(encoding="utf-8", newline="") as file:
        found = {row["feature_name"]: _months(row["look_back"]) for row in csv.DictReader(file)}
    return {name: months for name, months in found.items() if months}


def _months(look_back: str) -> int:
    """Months of ``90d`` or ``24m``; 0 for ``current``."""
    found = _LOOK_BACK.fullmatch(look_back)
    if found is None:
        return 0
    count, unit = int(found[1]), found[2]
    return count if unit == "m" else max(round(count / _DAYS_OF_A_MONTH), 1)
