"""fuzz: broken files without end over the landing readers, each refused, quarantined or loaded.

Whatever a file holds, ingest ends with a refusal or loads the batch whole: no other error, and
nothing half loaded. Cases land a hundred at a time; a failure is shrunk to the smallest one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from benchmarks.fuzzing.bench import FuzzBench
from benchmarks.fuzzing.cases import CASES

AT_A_TIME = 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="keep the deployment here")


def fuzz(home: Path, cases: int, seed_number: int) -> FuzzBench:
    """Try the cases.

    Returns:
        The deployment, with what became of the cases.

    Raises:
        Exception: What a case brought forth that is no refusal, with the smallest such case.
    """
    bench = FuzzBench(home)

    @seed(seed_number)
    @settings(
        max_examples=max(1, cases // AT_A_TIME),
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(st.lists(CASES, min_size=AT_A_TIME, max_size=AT_A_TIME))
    def try_cases(batch: list[object]) -> None:
        bench.check(batch)

    try_cases()
    return bench


def run(options: argparse.Namespace) -> int:
    """Fuzz and print what became of the cases; exit 1 if one was neither refused nor loaded."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            bench = fuzz(options.home or Path(folder) / "home", options.cases, options.seed)
        except Exception as error:  # noqa: BLE001 - the finding
            notes = "\n".join(getattr(error, "__notes__", []))
            print(f"seed {options.seed}: {type(error).__name__}: {error}\n{notes}")
            return 1
    for outcome, count in bench.outcomes.most_common():
        print(f"{count:8,}  {outcome}")
    seconds = time.perf_counter() - started
    total = sum(bench.outcomes.values())
    print(f"{total:,} cases, seed {options.seed}: all refused or loaded whole, {seconds:.0f} s")
    return 0
