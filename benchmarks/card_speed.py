"""cards speed: users per second of our scorer, of optbinning's, and of the card in DuckDB.

python -m benchmarks.cards speed [--rows 10000000] [--timed-rows 1000000]

One card of 25 features, its bins and points fitted by optbinning; the same rows for all. "per core"
counts the processor time that was spent, so that neighbours on the machine do not matter; "2
processes" is the clock. Then scorer and SQL are compared, column by column, on many more rows,
some of them at the worst places.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.card_rows import BINS, Column, make_batch, make_card, make_columns
from scoring.cards.card import Card
from scoring.score.compiled import CompiledCard, compile_card
from scoring.score.marts import BATCH_ROWS
from scoring.score.scorer import score_alone, score_batch
from scoring.score.sql_card import card_query

FIT_ROWS = 20_000
COMPARED_ROWS = 500_000
Work = Callable[[int], object]
_WORK: dict[str, tuple[Work, int]] = {}
"""Name -> what does one part, and how many parts there are; forked processes inherit it."""


def fit_optbinning(columns: list[Column]) -> tuple[Any, npt.NDArray[np.int64]]:
    """A fitted ``optbinning.Scorecard`` with our edges, and its points as whole numbers."""
    from optbinning import BinningProcess, Scorecard  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    frame = make_batch(columns, FIT_ROWS, 0).select([c.name for c in columns]).to_pandas()
    frame = frame.astype(float)
    random = np.random.default_rng(1)
    logit = -1.5 + (frame.fillna(0).rank(pct=True) * random.normal(0, 0.5, len(columns))).sum(
        axis=1
    )
    bad = (random.random(len(frame)) < 1 / (1 + np.exp(-logit))).astype(int)
    settings = {
        column.name: {"user_splits": list(column.edges), "user_splits_fixed": [True] * (BINS - 1)}
        for column in columns
    }
    process = BinningProcess(list(frame.columns), binning_fit_params=settings)
    card = Scorecard(
        binning_process=process,
        estimator=LogisticRegression(),
        scaling_method="pdo_odds",
        scaling_method_params={"pdo": 50, "odds": 15, "scorecard_points": 600},
    )
    card.fit(frame, bad)
    table = card.table()
    points = np.zeros((len(columns), BINS + 2), np.int64)
    for number, column in enumerate(columns):
        mine = table.loc[table["Variable"] == column.name, "Points"].astype(float)
        points[number, : len(mine) - 2] = np.rint(mine.to_numpy()[:-2] - mine.mean())
    return card, points


def measure(name: str, rows: int) -> tuple[float, float]:
    """Users per second of one core's time, and by the clock with two processes."""
    work, parts = _WORK[name]
    work(0)
    _, seconds = _spend(name, range(parts))
    with ProcessPoolExecutor(2, get_context("fork")) as pool:
        halves = [range(start, parts, 2) for start in range(2)]
        list(pool.map(_spend, [name] * 2, [range(1)] * 2))
        began = time.perf_counter()
        list(pool.map(_spend, [name] * 2, halves))
        wall = time.perf_counter() - began
    return rows / seconds, rows / wall


def _spend(name: str, parts: Sequence[int]) -> tuple[float, float]:
    work, _ = _WORK[name]
    began, spent = time.perf_counter(), time.process_time()
    for part in parts:
        work(part)
    return time.perf_counter() - began, time.process_time() - spent


def measure_sql(card: Card, rows: pa.Table, *, details: bool) -> tuple[float, float]:
    """The same of the query in DuckDB with two threads, rows already in its table."""
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("create table features as select * from rows")
        query = card_query(card, "duckdb", details=details)
        connection.execute(f"create or replace table scored as {query} limit 1000")
        began, spent = time.perf_counter(), time.process_time()
        connection.execute(f"create or replace table scored as {query}")
        wall, seconds = time.perf_counter() - began, time.process_time() - spent
    return rows.num_rows / seconds, rows.num_rows / wall


def print_speeds(columns: list[Column], timed_rows: int) -> Card:
    """Fit, measure and print; the card."""
    optbinning, points = fit_optbinning(columns)
    card = make_card(columns, points)
    compiled = compile_card(card)
    batches = [
        make_batch(columns, BATCH_ROWS, seed) for seed in range(-(-timed_rows // BATCH_ROWS))
    ]
    rows = len(batches) * BATCH_ROWS
    names = [column.name for column in columns]
    frames = [batch.select(names).to_pandas().astype(float) for batch in batches[:4]]
    _WORK["the score alone"] = (lambda part: score_alone(compiled, batches[part]), len(batches))
    _WORK["points and top-4 reasons"] = (
        lambda part: score_batch(compiled, batches[part]),
        len(batches),
    )
    _WORK["optbinning, Scorecard.score"] = (lambda part: optbinning.score(frames[part]), 4)
    print(f"{rows:,} users, {len(columns)} features; users/s   per core   2 processes")
    rates = {name: measure(name, parts * BATCH_ROWS) for name, (_, parts) in list(_WORK.items())}
    table = pa.Table.from_batches(batches)
    rates["SQL in DuckDB, the score alone"] = measure_sql(card, table, details=False)
    rates["SQL in DuckDB, all columns"] = measure_sql(card, table, details=True)
    for name, (per_core, by_clock) in rates.items():
        print(f"{name:40}{per_core:12,.0f}{by_clock:14,.0f}")
    ours, theirs = rates["the score alone"], rates["optbinning, Scorecard.score"]
    print(
        f"the score alone against optbinning: {ours[0] / theirs[0]:.1f}x per core,"
        f" {ours[1] / theirs[1]:.1f}x by the clock"
    )
    return card


def print_differences(card: Card, columns: list[Column], rows: int) -> None:
    """Compare scorer and SQL on seeded rows, some of them at the worst places."""
    compiled = compile_card(card)
    differences = compared = scored = 0
    for seed in range(1, -(-rows // COMPARED_ROWS) + 1):
        batch = make_batch(columns, COMPARED_ROWS, seed, nasty=True)
        wanted = score_batch(compiled, batch)
        table = pa.Table.from_batches([batch])
        with duckdb.connect(config={"threads": 2}) as connection:
            connection.register("features", table)
            found = connection.sql(card_query(card, "duckdb")).to_arrow_table().combine_chunks()
        differences += count_differences(compiled, wanted, found)
        compared += batch.num_rows
        scored += batch.num_rows - wanted.column("score").null_count
    print(
        f"scorer against SQL: {differences} differences in {compared:,} rows ({scored:,} scored),"
        f" {len(columns)} features: value, bin, points each; totals and status"
    )


def count_differences(compiled: CompiledCard, wanted: pa.RecordBatch, found: pa.Table) -> int:
    """Cells in which the two disagree, NULL being equal to NULL alone."""
    names = ["user_key", "score", "score_status", "score_status_reason", "points_base"]
    names += [f"points_{name}" for name in compiled.dimensions] + ["points_clipped"]
    names += ["score_low", "score_high", "evidence_strength"]
    total = 0
    for name in names:
        total += _count_unequal(_plain(wanted.column(name)), _plain(found.column(name)))
    is_scored = wanted.column("score").is_valid()
    width = len(compiled.features)
    lists = {
        "value": wanted.column("feature_values").flatten(),
        "bin": wanted.column("bins").flatten(),
        "points": wanted.column("points").flatten(),
    }
    found = found.filter(is_scored)
    for number, feature in enumerate(compiled.features):
        mine = pa.array(np.arange(number, len(lists["points"]), width))
        for part, values in lists.items():
            other = _plain(found.column(f"{feature.feature_name}_{part}"))
            total += _count_unequal(_plain(values.take(mine)), other)
    return total


def _plain(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    whole = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
    kind = whole.type
    return whole.cast(kind.value_type) if pa.types.is_dictionary(kind) else whole


def _count_unequal(left: pa.Array, right: pa.Array) -> int:
    left = left.cast(right.type)
    if left.equals(right):
        return 0
    return sum(a != b for a, b in zip(left.to_pylist(), right.to_pylist(), strict=True))


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.cards speed")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--timed-rows", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    columns = make_columns()
    card = print_speeds(columns, options.timed_rows)
    print_differences(card, columns, options.rows)
