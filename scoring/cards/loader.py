"""Reading cards from JSON files."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scoring.cards.card import WAREHOUSE, Card
from scoring.cards.checks import card_refused, check_content, check_hash
from scoring.settings import PROJECT_ROOT

CARDS_FOLDER = Path(__file__).parent
CATALOG_SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "feature_catalog.csv"


def load_card(path: Path, catalog: Mapping[str, str], *, any_source: bool = False) -> Card:
    """Read one card and refuse it unless it is whole and unchanged since it was sealed.

    Args:
        path: The JSON file.
        catalog: Feature name -> dimension, from ``feature_catalog``.
        any_source: Take a card for another table than the feature marts too; no night can.

    Raises:
        ConfigurationError: With the place in the card, the rule and the value.
    """
    card = parse_card(_read_text(path), path.name)
    if card.card_id != path.stem:
        raise card_refused(path.name, "card_id", expected=repr(path.stem), got=repr(card.card_id))
    check_content(card, path.name, catalog)
    check_hash(card, path.name)
    if card.data_source != WAREHOUSE and not any_source:
        raise card_refused(
            path.name,
            "data_source",
            expected=f"{WAREHOUSE}, as the feature marts are to be scored",
            got=card.data_source,
            next_step="Score its table: creditloop card score --card CARD.json --data F --out G",
        )
    return card


def parse_card(text: str, name: str) -> Card:
    """A card from JSON text; only its shape is checked.

    Raises:
        ConfigurationError: A field is absent, unknown or of the wrong kind.
    """
    try:
        return Card.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise card_refused(
            name, _place_of(first, text), expected=_rule_of(first), got=_value_of(first)
        ) from None


def shipped_card_files() -> list[Path]:
    """Files of the cards that ship with the project, without the seals of their reports."""
    return sorted(path for path in CARDS_FOLDER.glob("*_v*.json") if "." not in path.stem)


def read_catalog_seed(path: Path = CATALOG_SEED) -> dict[str, str]:
    """Feature name -> dimension, from the seed file."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["feature_name"]: row["dimension"] for row in csv.DictReader(file)}


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise card_refused(
            path.name,
            "the file",
            expected="a readable UTF-8 file",
            got=type(error).__name__,
            next_step="Check the path; shipped cards are in scoring/cards/.",
        ) from None


def _place_of(error: ErrorDetails, text: str) -> str:
    """For example ``features.late_payment_count_90d.bins[2].points``."""
    location = list(error["loc"])
    if location[:1] == ["features"] and len(location) > 1:
        entry = json.loads(text)["features"][int(location[1])]
        feature_name = entry.get("feature_name") if isinstance(entry, dict) else None
        if isinstance(feature_name, str):
            location[1] = feature_name
    if location[:1] == ["calibration"] and location[1:2] in (["logistic"], ["beta"]):
        del location[1]  # which of the methods it is, not a place in the file
    place = ""
    for part in location:
        if isinstance(part, int):
            place += f"[{part}]"
        else:
            place += f".{part}" if place else part
    return place or "the file"


def _rule_of(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "missing":
        return "a rule or value here"
    if kind.startswith("int_"):
        return "a whole number"
    if kind == "extra_forbidden":
        return "only fields that docs/score.md lists"
    return error["msg"].removeprefix("Value error, ")


def _value_of(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "nothing"
    if error["type"] == "json_invalid":
        return "broken JSON"
    return repr(error["input"])
