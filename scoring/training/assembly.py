"""Putting a card together and sealing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from scoring.cards.card import WAREHOUSE, Card, DataSource
from scoring.cards.seal import seal_card
from scoring.training.calibration import FittedCalibration
from scoring.training.evidence import EvidenceRules
from scoring.training.fitting import Fit
from scoring.training.parameters import TrainingParameters
from scoring.training.texts import FeatureTexts


@dataclass(frozen=True)
class CardHeader:
    """What a card says of itself before anything is fitted.

    Attributes:
        card_id: ``name_vN``.
        title: For people.
        purpose: What it may be used for.
        outcome: What is predicted, in words.
        data_source: Whether its features are the warehouse's or a table's columns.
        dimensions: Dimension -> (Chinese, English) title; those not named are their own titles.
        scorability: The card's scorability rules.
        evidence: What it says of the evidence behind a score; None says nothing.
        facts: More about the data, for ``training.data``.
    """

    card_id: str
    title: str
    purpose: str
    outcome: str
    data_source: DataSource = "table"
    dimensions: Mapping[str, tuple[str, str]] | None = None
    scorability: tuple[Mapping[str, object], ...] = ()
    evidence: EvidenceRules | None = None
    facts: Mapping[str, JsonValue] | None = None


def assemble_card(
    header: CardHeader,
    fit: Fit,
    parameters: TrainingParameters,
    calibration: FittedCalibration,
    training: Mapping[str, JsonValue],
    texts: Mapping[str, FeatureTexts],
) -> Card:
    """The sealed card.

    Raises:
        ConfigurationError: The header breaks a rule of cards, such as the form of ``card_id``.
    """
    used = [str(entry.entry["dimension"]) for entry in fit.entries]
    titles = dict(header.dimensions or {})
    titles |= {name: (name, name) for name in used if name not in titles}
    draft: dict[str, object] = {
        "card_id": header.card_id,
        "title": header.title,
        "kind": "trained",
        "purpose": header.purpose,
        **({} if header.data_source == WAREHOUSE else {"data_source": header.data_source}),
        "scale": {
            "base_score": parameters.base_score,
            "base_odds": fit.base_odds,
            "pdo": parameters.pdo,
            "meaning": "fitted",
        },
        "base_points": fit.base_points,
        "score_range": {
            "minimum": parameters.score_minimum,
            "maximum": parameters.score_maximum,
        },
        "dimensions": [
            {
                "dimension": name,
                "title_zh": zh,
                "title_en": en,
                "valid_from": "1970-01-01",
                "valid_to": None,
            }
            for name, (zh, en) in titles.items()
        ],
        "scorability": list(header.scorability),
        "features": [entry.entry for entry in fit.entries],
        "calibration": dict(calibration.entry),
        "training": dict(training),
    }
    if header.evidence is not None:
        names = [str(entry.entry["feature_name"]) for entry in fit.entries]
        draft["evidence"] = header.evidence.of_card(names, calibration.error_points)
    catalog = {name: entry.dimension for name, entry in texts.items()}
    return seal_card(draft, f"{header.card_id}.json", catalog)
