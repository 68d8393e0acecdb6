"""Small tables whose truth is known."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from scoring.training.assembly import CardHeader
from scoring.training.parameters import TrainingParameters
from scoring.training.result import TrainingResult
from scoring.training.table import TrainingTable, make_training_table
from scoring.training.texts import texts_of_columns
from scoring.training.trainer import train_card

HEADER = CardHeader("made_v1", "Made", "tests", "y = 1")
QUICK = TrainingParameters(maximum_prebins=8)


def made_table(rows: int = 3000, seed: int = 1) -> pa.Table:
    """Risk falls with ``income`` and rises with ``late``; ``noise`` says nothing.

    ``income`` is missing for the worst tenth; ``day`` runs over a year; one in four is bad.
    """
    random = np.random.default_rng(seed)
    income = random.normal(0, 1, rows).round(2)
    late = random.poisson(1, rows)
    log_odds = 1.4 + 0.9 * income - 0.8 * late
    no_income = random.random(rows) < 0.1
    log_odds[no_income] -= 1
    bad = random.random(rows) > 1 / (1 + np.exp(-log_odds))
    first = date(2024, 1, 1)
    return pa.table(
        {
            "id": [f"p{number}" for number in range(rows)],
            "day": [first + timedelta(days=int(step)) for step in random.integers(0, 365, rows)],
            "income": pa.array(income, mask=no_income),
            "late": late,
            "noise": random.normal(0, 1, rows).round(3),
            "y": bad.astype(np.int8),
        }
    )


def taken_apart(table: pa.Table, **roles: object) -> TrainingTable:
    return make_training_table(table, name="made", target="y", **roles)


def trained(
    table: pa.Table, parameters: TrainingParameters = QUICK, **roles: object
) -> TrainingResult:
    roles.setdefault("id_column", "id")
    roles.setdefault("exclude", ["day"])
    apart = taken_apart(table, **roles)
    texts = texts_of_columns([column.name for column in apart.columns], None)
    return train_card(apart, HEADER, texts, parameters)


def with_column(table: pa.Table, name: str, values: object) -> pa.Table:
    if name in table.column_names:
        table = table.drop_columns([name])
    return table.append_column(name, pa.array(values))
