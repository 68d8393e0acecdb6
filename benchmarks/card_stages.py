"""The way to a card of a simulated world, in stages; each leaves a record and is not run twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from lightgbm import LGBMClassifier, early_stopping

from benchmarks.worlds import World
from scoring.landing.ingest import load_range
from scoring.marts.build import build_night
from scoring.nights import make_night
from scoring.settings import Settings
from scoring.simulator.simulate import simulate
from scoring.training.files import write_card, write_report
from scoring.training.labels import LabelRules, read_labels
from scoring.training.parameters import TrainingParameters
from scoring.training.table import TrainingTable
from scoring.training.warehouse import MAXIMUM_ROWS, read_training_table, train_on_warehouse
from scoring.warehouse.store import open_warehouse

START = date(2022, 1, 1)
WINDOW_MONTHS = 12
CARD_ID = "simulated_v1"
SCORES, RIVALS = "scores.parquet", "rivals.parquet"
_SAMPLE_SECONDS = 0.2
_RIVALS: dict[str, dict[str, Any]] = {
    "LightGBM": {
        "learning_rate": 0.03,
        "num_leaves": 15,
        "min_child_samples": 50,
        "subsample": 0.8,
        "subsample_freq": 1,
        "colsample_bytree": 0.8,
    },
    "LightGBM, small and slow": {
        "learning_rate": 0.01,
        "num_leaves": 6,
        "min_child_samples": 100,
        "subsample": 0.7,
        "subsample_freq": 1,
        "colsample_bytree": 0.3,
        "reg_lambda": 10.0,
    },
}
"""The first as on public data, the second as suits few bads; both stop by the held-out part."""
_MOST_TREES, _PATIENCE = 3000, 150


@dataclass(frozen=True)
class Plan:
    """What is simulated and observed.

    Attributes:
        home: Deployment; a stage that has left its record there is not run again.
        users, months, seed: Of the simulation, from ``START``.
        train_months: Months of history at the observation dates that train the card. The
            out-of-time part is observed ``WINDOW_MONTHS`` before the end.
    """

    home: Path
    users: int
    months: int
    seed: int
    train_months: tuple[int, ...]

    @property
    def settings(self) -> Settings:
        """Settings of the deployment."""
        return World(self.home, 0, 0).settings

    @property
    def last_date(self) -> date:
        """Last simulated day, whose ledger gives the labels."""
        return month_end(self.months)

    @property
    def train_dates(self) -> list[date]:
        """Observation dates of the training and held-out parts."""
        return [month_end(months) for months in self.train_months]

    @property
    def out_of_time_date(self) -> date:
        """Observation date of the out-of-time part."""
        return month_end(self.months - WINDOW_MONTHS)

    @property
    def dates(self) -> list[date]:
        """All observation dates."""
        return [*self.train_dates, self.out_of_time_date]

    @property
    def stages(self) -> list[str]:
        """Names in their order; every build is a stage of its own."""
        builds = sorted({*self.dates, self.last_date})
        trained = "-".join(str(months) for months in self.train_months)
        return [
            "simulate",
            "load",
            *(f"features {day}" for day in builds),
            f"train {trained}",
            f"rivals {trained}",
        ]

    @property
    def results(self) -> Path:
        """Folder of the card, the report and the scores."""
        return self.home / f"card-{'-'.join(str(months) for months in self.train_months)}"


@dataclass(frozen=True)
class StageRecord:
    """What a stage took: seconds on the clock, and the largest sum over its processes' memory."""

    stage: str
    seconds: float
    peak_memory_bytes: int


def month_end(months: int) -> date:
    """Last day of the ``months``-th month from ``START``."""
    years, month = divmod(START.month - 1 + months, 12)
    return date(START.year + years, month + 1, 1) - timedelta(days=1)


def run_stages(plan: Plan) -> Iterator[tuple[StageRecord, bool]]:
    """Run what is not there yet; gives each stage's record and whether it ran now."""
    folder = plan.home / "stages"
    folder.mkdir(parents=True, exist_ok=True)
    for stage in plan.stages:
        path = folder / f"{stage.replace(' ', '-')}.json"
        if path.exists():
            yield StageRecord(**json.loads(path.read_text(encoding="utf-8"))), False
            continue
        record = _run_apart(plan, stage)
        path.write_text(json.dumps(asdict(record)), encoding="utf-8")
        yield record, True


def _run_apart(plan: Plan, stage: str) -> StageRecord:
    """One stage in a process of its own, watched."""
    options = {"home": plan.home, "users": plan.users, "months": plan.months, "seed": plan.seed}
    command = [sys.executable, "-m", "benchmarks.cards", "simulated", "--apart", stage]
    command += [text for name, value in options.items() for text in (f"--{name}", str(value))]
    command += ["--train-months", *(str(months) for months in plan.train_months)]
    started, peak = time.perf_counter(), 0
    process = subprocess.Popen(command)
    while process.poll() is None:
        peak = max(peak, _memory_of(process.pid))
        time.sleep(_SAMPLE_SECONDS)
    if process.returncode:
        sys.exit(f"stage {stage} failed; the ones before it are kept in {plan.home}")
    return StageRecord(stage, time.perf_counter() - started, peak)


def _memory_of(pid: int) -> int:
    try:
        parent = psutil.Process(pid)
        return sum(each.memory_info().rss for each in (parent, *parent.children(recursive=True)))
    except psutil.NoSuchProcess:
        return 0


def do_stage(plan: Plan, stage: str) -> None:
    """The work of one stage."""
    settings = plan.settings
    what, _, rest = stage.partition(" ")
    if what == "simulate":
        days = (plan.last_date - START).days + 1
        out = settings.landing
        simulate(users=plan.users, start=START, days=days, seed=plan.seed, out=out)
    elif what == "load":
        load_range(settings, START, plan.last_date)
    elif what == "features":
        build_night(settings, make_night(date.fromisoformat(rest)))
    elif what == "train":
        train(plan)
    elif what == "rivals":
        fit_rivals(plan)


def train(plan: Plan) -> None:
    """The card by the way of ``creditloop card train``, and its scores of all rows."""
    result = train_on_warehouse(
        plan.settings,
        card_id=CARD_ID,
        rules=LabelRules(window_months=WINDOW_MONTHS),
        observation_dates=plan.dates,
        parameters=parameters_of(plan),
    )
    plan.results.mkdir(exist_ok=True)
    write_card(result.card, plan.results / f"{CARD_ID}.json")
    write_report(result, plan.results)
    table = read_table(plan)
    if table.content_hash() != result.data["content_hash"]:
        sys.exit("the rows read again are not those of the training")
    if table.ids is None or table.dates is None:
        sys.exit("the training rows have no users and dates")
    order = np.concatenate([part.rows for part in result.parts])
    rows = {
        "row": order,
        "user_key": np.array(table.ids, np.int64)[order],
        "observation_date": table.dates[order],
        "part": np.repeat(
            [part.part for part in result.parts], [p.rows.size for p in result.parts]
        ),
        "is_bad": table.target[order],
        "score": np.concatenate([part.score for part in result.parts]),
        "pd": np.concatenate([part.pd for part in result.parts]),
    }
    pq.write_table(pa.table(rows), plan.results / SCORES)


def parameters_of(plan: Plan) -> TrainingParameters:
    """The trainer's defaults, but the out-of-time date is named."""
    return TrainingParameters(out_of_time_from=plan.out_of_time_date)


def read_table(plan: Plan) -> TrainingTable:
    """The rows that the training sees."""
    rules = LabelRules(window_months=WINDOW_MONTHS, minimum_evidence_days=_minimum_evidence(plan))
    with open_warehouse(plan.settings) as connection:
        labels = read_labels(connection, rules, plan.dates)
        return read_training_table(connection, labels, parameters_of(plan).seed, MAXIMUM_ROWS)


def _minimum_evidence(plan: Plan) -> int:
    report = plan.results / f"{CARD_ID}.training.json"
    facts = json.loads(report.read_text(encoding="utf-8"))["data"]
    return int(facts["label_rules"]["minimum_evidence_days"])


def fit_rivals(plan: Plan) -> None:
    """LightGBM on all catalogued features of the same rows, without any constraint.

    Fitted on the training part; the held-out part stops it.
    """
    table = read_table(plan)
    scores = pq.read_table(plan.results / SCORES)
    row, part = scores.column("row").to_numpy(), scores.column("part").to_numpy()
    features = np.column_stack(
        [
            np.where(column.missing, np.nan, column.millionths / 1e6).astype(np.float32)
            for column in table.columns
        ]
    )
    training, held_out = row[part == "training"], row[part == "held_out"]
    found = {"row": row}
    for name, options in _RIVALS.items():
        model = LGBMClassifier(
            n_estimators=_MOST_TREES, random_state=42, n_jobs=2, verbose=-1, **options
        )
        model.fit(
            features[training],
            table.target[training],
            eval_set=[(features[held_out], table.target[held_out])],
            eval_metric="binary_logloss",
            callbacks=[early_stopping(_PATIENCE, verbose=False)],
        )
        found[name] = np.asarray(model.predict_proba(features[row]))[:, 1]
    pq.write_table(pa.table(found), plan.results / RIVALS)
