"""The one way a card is written, and the hash of what it says."""

from __future__ import annotations

import hashlib
import json

from scoring.cards.card import Card

_LINE_WIDTH = 100


def dump_card(card: Card) -> str:
    """The card as canonical JSON text, with a newline at the end.

    Equal cards give equal bytes: field order of the model, short containers on one line.
    """
    return _write(_content(card), indent=0) + "\n"


def hash_card(card: Card) -> str:
    """``sha256:…`` over the canonical text of everything but the hash itself."""
    content = _content(card)
    del content["hash"]
    return "sha256:" + hashlib.sha256(_write(content, indent=0).encode("utf-8")).hexdigest()


def _content(card: Card) -> dict[str, object]:
    """The card's fields; a part that a card need not have is left out where it has none."""
    content: dict[str, object] = card.model_dump(mode="json")
    if content["evidence"] is None:
        del content["evidence"]
    return content


def _write(value: object, indent: int) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value:
        return flat
    is_leaf = not any(isinstance(part, dict | list) for part in _parts(value))
    if is_leaf and indent + len(flat) <= _LINE_WIDTH:
        return flat
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        lines = [
            f"{pad}{json.dumps(key, ensure_ascii=False)}: {_write(part, indent + 2)}"
            for key, part in value.items()
        ]
        return "{\n" + ",\n".join(lines) + "\n" + " " * indent + "}"
    lines = [pad + _write(part, indent + 2) for part in value]
    return "[\n" + ",\n".join(lines) + "\n" + " " * indent + "]"


def _parts(value: dict[str, object] | list[object]) -> list[object]:
    return list(value.values()) if isinstance(value, dict) else value
