"""Training on a file, and the files that come of a training."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from scoring.cards.canonical import dump_card
from scoring.cards.card import Card
from scoring.errors import ConfigurationError
from scoring.score.table_files import read_table
from scoring.training.assembly import CardHeader
from scoring.training.parameters import TrainingParameters
from scoring.training.result import TrainingResult
from scoring.training.summary import render_summary
from scoring.training.table import make_training_table
from scoring.training.texts import texts_of_columns
from scoring.training.trainer import train_card

_CARD_ID = re.compile(r"[a-z][a-z0-9_]*_v[1-9][0-9]*")


def train_on_file(
    path: Path,
    *,
    target: str,
    card_id: str,
    exclude: Sequence[str] = (),
    id_column: str | None = None,
    date_column: str | None = None,
    texts: Path | None = None,
    parameters: TrainingParameters | None = None,
) -> TrainingResult:
    """Train on a Parquet or CSV file; see :func:`scoring.training.trainer.train_card`.

    Raises:
        ConfigurationError: An option is wrong.
        DataRefusedError: The data cannot carry a card.
    """
    table = make_training_table(
        read_table(path),
        name=path.name,
        target=target,
        exclude=exclude,
        id_column=id_column,
        date_column=date_column,
    )
    header = CardHeader(
        card_id=card_id,
        title=f"Card trained on {path.name}",
        purpose=f"Orders the rows of tables like {path.name} by the chance of {target} = 1.",
        outcome=f"{target} = 1",
        facts={"target": target, "id_column": id_column, "date_column": date_column},
    )
    names = [column.name for column in table.columns]
    return train_card(table, header, texts_of_columns(names, texts), parameters)


def card_id_of(path: Path) -> str:
    """The card's id, which is its file's name.

    Raises:
        ConfigurationError: The name is no ``name_vN.json``.
    """
    if path.suffix != ".json" or not _CARD_ID.fullmatch(path.stem):
        raise ConfigurationError(
            "option refused",
            subject="--out",
            expected="a file called name_vN.json, such as mine_v1.json",
            got=path.name,
            next_step="Rename it; the file's name is the card's id.",
        )
    return path.stem


def write_card(card: Card, path: Path) -> None:
    """Write a card in canonical form; an equal one may be there already.

    Raises:
        ConfigurationError: Another card of this name is there.
    """
    text = dump_card(card)
    if path.exists() and path.read_text(encoding="utf-8") != text:
        raise ConfigurationError(
            "card not written",
            subject=path.name,
            expected="no other card of this name",
            got="a different one",
            next_step="A card never changes: choose the next version, name_vN+1.json.",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_report(result: TrainingResult, folder: Path) -> None:
    """``<card_id>.training.json`` (everything) and ``.training.txt`` (the summary)."""
    folder.mkdir(parents=True, exist_ok=True)
    name = result.card.card_id
    everything = json.dumps(result.to_dict(), indent=2, ensure_ascii=False) + "\n"
    (folder / f"{name}.training.json").write_text(everything, encoding="utf-8")
    (folder / f"{name}.training.txt").write_text(render_summary(result) + "\n", encoding="utf-8")
