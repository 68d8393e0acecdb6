"""Reading cards from JSON files, and choosing the champion."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scoring.cards.card import WAREHOUSE, Card
from scoring.cards.checks import card_refused, check_content, check_hash
from scoring.errors import ConfigurationError
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


def read_catalog_seed(path: Path = CATALOG_SEED) -> dict[str, str]:
    """Feature name -> dimension, from the seed file."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row["feature_name"]: row["dimension"] for row in csv.DictReader(file)}


def load_champion(as_of_date: date, catalog: Mapping[str, str], folder: Path | None = None) -> Card:
    """The champion of a night: state champion and the greatest ``valid_from`` up to that day.

    Args:
        as_of_date: The night.
        catalog: Feature name -> dimension, from ``feature_catalog``.
        folder: Where the cards are; by default those that ship with the package.

    Raises:
        ConfigurationError: There is none, or two with the same date, or a card is refused.
    """
    cards = [
        load_card(path, catalog) for path in sorted((folder or CARDS_FOLDER).glob("*_v*.json"))
    ]
    champions = [
        card for card in cards if card.state == "champion" and card.valid_from <= as_of_date
    ]
    newest = max((card.valid_from for card in champions), default=None)
    chosen = [card for card in champions if card.valid_from == newest]
    if len(chosen) != 1:
        raise _champion_refused(as_of_date, chosen)
    return chosen[0]


def _champion_refused(as_of_date: date, chosen: Sequence[Card]) -> ConfigurationError:
    return ConfigurationError(
        "champion card not chosen",
        subject=f"score@{as_of_date}",
        expected=f"exactly one card with state champion and the newest valid_from <= {as_of_date}",
        got=", ".join(card.card_id for card in chosen) or "none",
        next_step="Correct state or valid_from in scoring/cards/, then seal the card again.",
    )


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
