"""A simulated population: our card beside LightGBM, and both beside what can be known at all.

python -m benchmarks.cards simulated [--users 130000] [--months 36] [--seed 7] [--home DIR]

A population is simulated, its history loaded, the marts built as known on each observation date,
and a card trained as ``creditloop card train`` does on the warehouse: observed after 12 months
(``--train-months``) for training and, by others of them, the held-out part; observed 12
months before the end for the out-of-time part. A stage that the home holds already is not run
again. No feature is a protected attribute: the catalogue has none.

What the numbers are:

* A row is *bad* if a debt of the user is 90 or more days past due on any day of the 12 months after
  the observation, *good* if none is 30 or more; between is indeterminate and left out.
* *LightGBM* sees all catalogued features of the same rows, without constraint; it is fitted on the
  training part and stopped by the held-out part. Two settings are shown; the better one out of
  time, which is to its advantage, is the one the card is held to.
* The *ceiling* ranks the same rows by ``pd_12m`` of the simulator's truth: the probability, given
  the hidden state of that evening, that a debt is 90 days past due within 365 days. Nothing that
  knows the past only can rank better, but for chance. That it is the event of the labels is shown
  by its own sums: expected beside observed bads, indeterminate rows counted as not bad.
* Intervals of gaps are DeLong's (paired); those of the bins are Clopper and Pearson's.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.card_figures import Bin, calibration_bins, compare_areas
from benchmarks.card_stages import (
    CARD_ID,
    RIVALS,
    SCORES,
    WINDOW_MONTHS,
    Plan,
    do_stage,
    run_stages,
)
from scoring.cards.comparison import measure_separation
from scoring.settings import PROJECT_ROOT
from scoring.training.labels import LabelRules, read_labels
from scoring.training.metrics import fit_line
from scoring.warehouse.sql import quote_literal
from scoring.warehouse.store import open_warehouse

Floats = npt.NDArray[np.float64]
BINS, BINS_WANTED = 20, 18
LARGEST_GAP, LEAST_BADS = 0.02, 1000
SLOPES = (0.9, 1.1)
CARD, CEILING = "creditloop card", "true probability"


def read_rows(plan: Plan) -> pa.Table:
    """Scored rows of all parts with the rivals' risks and the truth of the evening."""
    scores = pq.read_table(plan.results / SCORES)
    rivals = pq.read_table(plan.results / RIVALS)
    for name in rivals.column_names[1:]:
        scores = scores.append_column(name, rivals.column(name))
    return join_truth(plan, scores)


def join_truth(plan: Plan, labels: pa.Table) -> pa.Table:
    """The rows with ``pd_12m`` and ``days_late``; who is who is told by the vault alone."""
    months = quote_literal(str(plan.home / "landing.truth" / "months" / "*.parquet"))
    with duckdb.connect() as connection:
        connection.execute(
            f"attach {quote_literal(str(plan.settings.vault_file))} as vault (read_only)"
        )
        connection.register("labels", labels)
        joined = connection.sql(
            f"""
            select labels.*, truth.pd_12m, truth.days_late
            from labels
            inner join vault.identities as identities using (user_key)
            inner join read_parquet({months}) as truth
                on identities.user_id = truth.user_id and labels.observation_date = truth.as_of_date
            order by labels.observation_date, labels.user_key
            """
        ).to_arrow_table()
    if joined.num_rows != labels.num_rows:
        sys.exit(f"{labels.num_rows - joined.num_rows:,} rows without a truth")
    return joined


def print_counts(plan: Plan, rows: pa.Table) -> None:
    """What became of every user of every observation date, and the parts."""
    print("\nlabels by observation date")
    rules = LabelRules(window_months=WINDOW_MONTHS, minimum_evidence_days=3)
    with open_warehouse(plan.settings) as connection:
        for day in plan.dates:
            counts = read_labels(connection, rules, [day]).counts
            print(f"  {day}  " + ", ".join(f"{label} {count:,}" for label, count in counts.items()))
    print("parts")
    part, is_bad = rows.column("part").to_numpy(), rows.column("is_bad").to_numpy()
    for name in ("training", "held_out", "out_of_time"):
        bads = int(is_bad[part == name].sum())
        print(f"  {name:<12} {(part == name).sum():>9,} rows, {bads:>6,} bads")


def print_same_event(plan: Plan) -> None:
    """The truth's probabilities summed beside the bads of the labels, by tenth."""
    rules = LabelRules(window_months=WINDOW_MONTHS, indeterminate_days=90, minimum_evidence_days=3)
    with open_warehouse(plan.settings) as connection:
        labels = read_labels(connection, rules, [plan.out_of_time_date]).table
    rows = join_truth(plan, labels)
    pd, is_bad = rows.column("pd_12m").to_numpy(), rows.column("is_bad").to_numpy()
    print(
        "\nthe same event? bads by the labels beside those the truth expects"
        f" ({rows.num_rows:,} rows)"
    )
    print(f"{'tenth':>7} {'expected':>9} {'observed':>9} {'ratio':>6}")
    for number, place in enumerate(np.array_split(np.argsort(pd, kind="stable"), 10), 1):
        expected, observed = pd[place].sum(), is_bad[place].sum()
        print(f"{number:>7} {expected:>9.1f} {observed:>9,} {observed / expected:>6.2f}")
    print(f"{'all':>7} {pd.sum():>9.1f} {is_bad.sum():>9,} {is_bad.sum() / pd.sum():>6.2f}")


def risks_of(rows: pa.Table) -> dict[str, Floats]:
    """Every ranking, more means more risk."""
    rivals = [name for name in rows.column_names if name.startswith("LightGBM")]
    risks = {CARD: -rows.column("score").to_numpy().astype(np.float64)}
    risks |= {name: rows.column(name).to_numpy() for name in rivals}
    return risks | {CEILING: rows.column("pd_12m").to_numpy()}


def print_separation(rows: pa.Table, title: str) -> float:
    """AUC, KS, Gini and the card's distances; gives how far the card is below the best rival."""
    risks, is_bad = risks_of(rows), rows.column("is_bad").to_numpy() == 1
    print(f"\n{title}: {rows.num_rows:,} rows, {is_bad.sum():,} bads")
    print(f"{'ranked by':<26} {'AUC':>7} {'KS':>7} {'Gini':>7}   above the card, 95 % interval")
    for name, risk in risks.items():
        found = measure_separation(-risk, is_bad)
        line = f"{name:<26} {found.auc:>7.4f} {found.ks:>7.4f} {found.gini:>7.4f}"
        if name != CARD:
            gap = compare_areas(risk, risks[CARD], is_bad)
            line += f"   {gap.gap:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]"
        print(line)
    return max(
        compare_areas(risk, risks[CARD], is_bad).gap
        for name, risk in risks.items()
        if name not in (CARD, CEILING)
    )


def print_calibration(
    rows: pa.Table, column: str, title: str, *, in_full: bool
) -> tuple[float, int]:
    """Slope, intercept and bins of a probability; gives the slope and the bins inside."""
    pd = np.clip(rows.column(column).to_numpy(), 1e-6, 1 - 1e-6)
    is_bad = rows.column("is_bad").to_numpy()
    intercept, slope = fit_line(np.log(pd / (1 - pd)), is_bad)
    bins = calibration_bins(pd, is_bad == 1, BINS)
    inside = sum(each.is_inside for each in bins)
    print(
        f"\n{title}: slope {slope:.3f}, intercept {intercept:+.3f}, observed/expected"
        f" {is_bad.sum() / pd.sum():.3f}, {inside} of {len(bins)} bins inside"
    )
    if in_full:
        print_bins(bins)
    return slope, inside


def print_bins(bins: list[Bin]) -> None:
    """The bins, lowest probability first."""
    print(
        f"{'bin':>4} {'rows':>7} {'bads':>5} {'pd':>8} {'observed':>9} {'95 % interval':>19}"
        f" {'o/e':>5}"
    )
    for number, each in enumerate(bins, 1):
        interval = f"{each.low:.3%} - {each.high:.3%}"
        print(
            f"{number:>4} {each.rows:>7,} {each.bads:>5,} {each.expected:>8.3%}"
            f" {each.observed:>9.3%} {interval:>19} {each.observed / each.expected:>5.2f}"
            f" {'' if each.is_inside else ' outside'}"
        )


def evaluate(plan: Plan) -> None:
    """Print everything."""
    rows = read_rows(plan)
    print_counts(plan, rows)
    print_same_event(plan)
    part = rows.column("part").to_numpy()
    out_of_time = rows.filter(pa.array(part == "out_of_time"))
    print_separation(rows.filter(pa.array(part == "training")), "training")
    print_separation(rows.filter(pa.array(part == "held_out")), "held out")
    gap = print_separation(out_of_time, "out of time")
    is_clean = pa.array(out_of_time.column("days_late").to_numpy() == 0)
    print_separation(out_of_time.filter(is_clean), "out of time, nothing past due that evening")
    print_calibration(out_of_time, "pd_12m", "the truth's probability", in_full=False)
    slope, inside = print_calibration(out_of_time, "pd", "the card's pd, out of time", in_full=True)
    card = json.loads((plan.results / f"{CARD_ID}.json").read_text(encoding="utf-8"))
    print(f"\nthe card has {len(card['features'])} features")
    bads = int(out_of_time.column("is_bad").to_numpy().sum())
    goals = (
        (f"users >= 100,000: {plan.users:,}", plan.users >= 100_000),
        (f"bads out of time >= {LEAST_BADS:,}: {bads:,}", bads >= LEAST_BADS),
        (f"AUC below the better LightGBM by at most {LARGEST_GAP}: {gap:.4f}", gap <= LARGEST_GAP),
        (f"calibration slope within {SLOPES}: {slope:.3f}", SLOPES[0] <= slope <= SLOPES[1]),
        (f"bins inside >= {BINS_WANTED} of {BINS}: {inside}", inside >= BINS_WANTED),
    )
    for text, is_met in goals:
        print(f"{'met   ' if is_met else 'MISSED'} {text}")


def main(arguments: list[str]) -> None:
    """Run the stages that are not there yet, then evaluate."""
    options = argparse.ArgumentParser(
        prog="benchmarks.cards simulated",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--users", type=int, default=130_000)
    options.add_argument("--months", type=int, default=36)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--home", type=Path, default=PROJECT_ROOT / "var" / "simulated")
    options.add_argument("--train-months", type=int, nargs="+", default=[12])
    options.add_argument("--apart", help=argparse.SUPPRESS)
    asked = options.parse_args(arguments)
    months = tuple(sorted(set(asked.train_months)))
    plan = Plan(asked.home.resolve(), asked.users, asked.months, asked.seed, months)
    if not 0 < months[-1] < plan.months - WINDOW_MONTHS:
        sys.exit(
            f"--train-months lie before the out-of-time date, month {plan.months - WINDOW_MONTHS}"
        )
    if asked.apart:
        do_stage(plan, asked.apart)
        return
    logging.getLogger("scoring").setLevel(logging.ERROR)
    for record, is_new in run_stages(plan):
        print(
            f"{record.stage:<24} {record.seconds:>8.1f} s, peak"
            f" {record.peak_memory_bytes / 2**30:>5.2f} GiB{'' if is_new else '  (there already)'}",
            flush=True,
        )
    evaluate(plan)
