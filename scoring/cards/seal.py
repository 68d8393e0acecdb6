"""Seal a reviewed card: check it, write it in canonical form with its hash.

Usage: ``python -m scoring.cards.seal FILE``
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from scoring.cards.canonical import dump_card, hash_card
from scoring.cards.card import Card
from scoring.cards.checks import check_content
from scoring.cards.loader import parse_card, read_catalog_seed
from scoring.errors import CreditloopError


def seal_card(draft: Mapping[str, object], name: str, catalog: Mapping[str, str]) -> Card:
    """The card of a draft, checked, with the hash it must carry.

    Args:
        draft: The card's fields; ``hash`` may be absent.
        name: What messages call it.
        catalog: Feature name -> dimension, from ``feature_catalog``.

    Raises:
        ConfigurationError: The draft breaks a rule.
    """
    card = parse_card(json.dumps({**draft, "hash": "unsealed"}, default=str), name)
    check_content(card, name, catalog)
    return card.model_copy(update={"hash": hash_card(card)})


def seal_file(path: Path) -> Card:
    """Seal the card in ``path`` in place."""
    draft = json.loads(path.read_text(encoding="utf-8"))
    card = seal_card(draft, path.name, read_catalog_seed())
    path.write_text(dump_card(card), encoding="utf-8")
    return card


def main(arguments: list[str]) -> int:
    """Seal the named file; the exit code is that of the error, if any."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m scoring.cards.seal FILE\n")
        return 2
    try:
        card = seal_file(Path(arguments[0]))
    except CreditloopError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{card.card_id} sealed: {card.hash}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
