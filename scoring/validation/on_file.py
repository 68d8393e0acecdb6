"""Cases on a table of somebody's own."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
from pydantic import JsonValue

from scoring.cards.card import Card
from scoring.errors import ConfigurationError
from scoring.score.table_files import read_table
from scoring.score.tables import score_table
from scoring.training.result import TrainingResult
from scoring.training.table import make_training_table
from scoring.validation.case import Case, Grouping
from scoring.validation.cases import case_of_card, case_of_training, training_facts
from scoring.validation.groupings import group_by_column
from scoring.validation.options import ReportOptions


def case_of_file_training(result: TrainingResult, path: Path, options: ReportOptions) -> Case:
    """The case of a card just trained on ``path``.

    Raises:
        ConfigurationError: An option names no column.
    """
    table = read_table(path)
    return case_of_training(
        result,
        options,
        protected=_group(table, options.protected),
        segments=_group(table, options.segments),
    )


def case_of_file(
    card: Card,
    path: Path,
    options: ReportOptions,
    *,
    target: str | None = None,
    id_column: str | None = None,
    date_column: str | None = None,
) -> Case:
    """The case of a finished card on ``path``.

    Columns that are not named are those the card was trained with. Rows are split as in training
    if they are the rows of the training, which their fingerprint tells; else they are new data.

    Raises:
        ConfigurationError: A column is absent or not named.
        DataRefusedError: The rows hold no outcome of two classes.
    """
    rows = read_table(path)
    known = training_facts(card)
    target = target or _text(known.get("target"))
    if target is None:
        raise ConfigurationError(
            "option refused",
            subject="--target",
            expected="the column that holds the outcome",
            got="none, and the card was not trained on a table",
            next_step="Repeat the command with --target.",
        )
    id_column = id_column or _present(rows, known.get("id_column"))
    date_column = date_column or _present(rows, known.get("date_column"))
    table = make_training_table(
        rows,
        name=path.name,
        target=target,
        exclude=_no_candidates(card, rows, {target, id_column, date_column}),
        id_column=id_column,
        date_column=date_column,
    )
    scored = score_table(card, rows)
    score = scored.column("score")
    is_scored = score.is_valid().to_numpy()
    return case_of_card(
        card,
        table,
        score.fill_null(card.score_range.minimum).to_numpy().astype(np.int64),
        is_scored,
        options,
        facts={"target": target, "date_column": date_column},
        protected=_group(rows, options.protected),
        segments=_group(rows, options.segments),
    )


def _no_candidates(card: Card, rows: pa.Table, roles: set[str | None]) -> list[str]:
    columns = (card.training or {}).get("columns")
    wanted = {feature.feature_name for feature in card.features}
    if isinstance(columns, list):
        wanted |= set(cast("list[str]", columns))
    return [name for name in rows.column_names if name not in wanted and name not in roles]


def _group(table: pa.Table, names: tuple[str, ...]) -> tuple[Grouping, ...]:
    return tuple(group_by_column(table, name) for name in names)


def _text(value: JsonValue) -> str | None:
    return value if isinstance(value, str) else None


def _present(rows: pa.Table, value: JsonValue) -> str | None:
    return value if isinstance(value, str) and value in rows.column_names else None
