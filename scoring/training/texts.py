"""What a card says of a feature to people: titles and reasons in Chinese and English."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from scoring.cards.card import Monotone
from scoring.cards.loader import CATALOG_SEED
from scoring.errors import ConfigurationError
from scoring.training.binning import Direction

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
TABLE_DIMENSION = "table"
_OPTIONAL = ("dimension", "direction", "title_zh", "title_en", "reason_zh", "reason_en")

_REASONS: dict[Monotone, tuple[str, str]] = {
    "increasing": ("{zh}:偏低。", "{en}: lower than for those who score more."),
    "decreasing": ("{zh}:偏高。", "{en}: higher than for those who score more."),
    "none": ("{zh}:这一数值得分较少。", "{en}: this value earns fewer points than others."),
}


@dataclass(frozen=True)
class FeatureTexts:
    """Words for one feature; a reason of None is made from title and direction."""

    dimension: str
    direction: Direction
    title_zh: str
    title_en: str
    reason_zh: str | None = None
    reason_en: str | None = None

    def reasons(self, monotone: Monotone) -> tuple[str, str]:
        """What a user who lost points is told, Chinese and English."""
        zh, en = _REASONS[monotone]
        return (
            self.reason_zh or zh.format(zh=self.title_zh),
            self.reason_en or en.format(en=self.title_en),
        )


def texts_of_catalog(path: Path = CATALOG_SEED) -> dict[str, FeatureTexts]:
    """Texts, dimension and direction of every catalogued feature."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["feature_name"]: FeatureTexts(
                dimension=row["dimension"],
                direction=cast("Direction", row["direction"]),
                title_zh=row["title_zh"],
                title_en=row["title_en"],
            )
            for row in csv.DictReader(file)
        }


def texts_of_columns(names: list[str], path: Path | None) -> dict[str, FeatureTexts]:
    """Texts of a table's columns: their names, or what a CSV says of them.

    Args:
        names: The columns.
        path: CSV with ``feature_name`` and any of ``dimension``, ``direction`` (higher_is_better,
            lower_is_better or neutral), ``title_zh``, ``title_en``, ``reason_zh``, ``reason_en``.

    Raises:
        ConfigurationError: The file is no such CSV, or names a column that the table lacks.
    """
    given = _read_texts(path) if path is not None else {}
    unknown = sorted(set(given) - set(names))
    if path is not None and unknown:
        raise _texts_refused(path, "feature_name", "columns of the table", ", ".join(unknown))
    return {name: _texts_of(name, given.get(name, {})) for name in names}


def _texts_of(name: str, given: Mapping[str, str]) -> FeatureTexts:
    return FeatureTexts(
        dimension=given.get("dimension") or TABLE_DIMENSION,
        direction=cast("Direction", given.get("direction") or "neutral"),
        title_zh=given.get("title_zh") or name,
        title_en=given.get("title_en") or name,
        reason_zh=given.get("reason_zh") or None,
        reason_en=given.get("reason_en") or None,
    )


def _read_texts(path: Path) -> dict[str, dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise _texts_refused(path, "the file", "readable UTF-8 CSV", type(error).__name__) from None
    found: dict[str, dict[str, str]] = {}
    for number, row in enumerate(rows, start=2):
        strange = sorted(str(key) for key in set(row) - {"feature_name", *_OPTIONAL})
        if strange or not row.get("feature_name"):
            expected = f"feature_name and any of {' | '.join(_OPTIONAL)}"
            raise _texts_refused(path, f"line {number}", expected, ", ".join(strange) or "no name")
        direction = row.get("direction") or "neutral"
        if direction not in DIRECTIONS:
            raise _texts_refused(path, f"line {number}", " | ".join(DIRECTIONS), direction)
        if row["feature_name"] in found:
            raise _texts_refused(path, f"line {number}", "each feature once", row["feature_name"])
        found[row["feature_name"]] = {key: (row.get(key) or "").strip() for key in _OPTIONAL}
    return found


def _texts_refused(path: Path, place: str, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "texts refused",
        subject=f"{path.name} at {place}",
        expected=expected,
        got=got,
        next_step="Correct the file named by --texts.",
    )
