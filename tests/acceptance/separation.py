"""How well a number separates two groups, and what a trained model reaches on the same inputs."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from tests.acceptance.adapters.taiwan import LABEL

INPUTS = ("LIMIT_BAL", *(f"{name}{k}" for name in ("BILL_AMT", "PAY_AMT") for k in range(1, 7)))
"""What the pipeline is given: limits, bills and payments, and no arrears code."""


def read_labels(source: Path) -> dict[str, int]:
    """Card holder -> 1 for default in the next month."""
    rows = _fetch(source, f"ID::varchar, {LABEL}")
    return {str(user): int(label) for user, label in rows}


def auc_of_scores(scores: dict[str, int], labels: dict[str, int]) -> float:
    """Chance that a card holder who defaults scores below one who does not; ties count half."""
    users = sorted(scores.keys() & labels.keys())
    return float(roc_auc_score([labels[user] for user in users], [-scores[user] for user in users]))


def auc_of_booster(source: Path) -> float:
    """AUC of a gradient-boosted model on ``INPUTS``, out of fold (5 folds), fixed seed."""
    rows = np.array(_fetch(source, f"{', '.join(INPUTS)}, {LABEL}"), dtype=float)
    inputs: NDArray[np.float64] = rows[:, :-1]
    label = rows[:, -1].astype(int)
    model = HistGradientBoostingClassifier(learning_rate=0.05, max_iter=150, random_state=7)
    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=7)
    with threadpool_limits(1):  # on a busy machine its threads wait for each other
        chance = cross_val_predict(model, inputs, label, cv=folds, method="predict_proba")[:, 1]
    return float(roc_auc_score(label, chance))


def _fetch(source: Path, columns: str) -> list[tuple[float, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {columns} from read_csv('{source}/UCI_Credit_Card.csv', new_line = '\\r') "
            "order by ID"
        ).fetchall()


def read_worst_codes(source: Path) -> dict[str, int]:
    """Card holder -> worst arrears the bank recorded in six months, in months; 0 = never late."""
    codes = "greatest(0, PAY_0, PAY_2, PAY_3, PAY_4, PAY_5, PAY_6)"
    return {str(user): int(code) for user, code in _fetch(source, f"ID::varchar, {codes}")}


def read_payment_shares(source: Path) -> dict[int, int]:
    """Whole per cent of the bill of the month before -> payments above zero; 0 to 7 per cent."""
    pairs = " union all ".join(
        f"select PAY_AMT{k} as paid, BILL_AMT{k + 1} as bill from clients" for k in range(1, 6)
    )
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"with clients as (from read_csv('{source}/UCI_Credit_Card.csv', new_line = '\\r')), "
            f"pairs as ({pairs}) select floor(100 * paid / bill)::integer as share, count(*) "
            "from pairs where paid > 0 and bill > 0 and paid < 0.08 * bill "
            "group by share order by share"
        ).fetchall()
    return {int(share): int(count) for share, count in rows}
