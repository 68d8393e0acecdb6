"""mutations: every corruption of the library, planted into a healthy night of simulated users.

Each must be stopped by the expectation or rule that the library names. What was tried is kept in
``<home>/tried.jsonl`` and not tried again as long as neither the mutation nor the suite changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.gates.deployment import Deployment, make_deployment
from benchmarks.gates.library import Mutation, all_mutations
from benchmarks.gates.trial import Outcome, try_mutation
from expectations.suite import Gate, load_suite

HISTORY_DAYS = 364


def try_all(
    deployment: Deployment, chosen: Sequence[tuple[Gate, Mutation]], home: Path
) -> Iterator[tuple[Gate, Mutation, Outcome]]:
    """Try each, or say what it came to the last time."""
    journal = home / "tried.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    tried = {each["digest"]: each["outcome"] for each in map(json.loads, lines)}
    for gate, mutation in chosen:
        digest = _digest(gate, mutation)
        if digest in tried:
            outcome = Outcome(**{name: tuple(each) for name, each in tried[digest].items()})
        else:
            outcome = try_mutation(deployment, gate, mutation, home / "copy")
            with journal.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"digest": digest, "outcome": asdict(outcome)}) + "\n")
        yield gate, mutation, outcome


def is_stopped(mutation: Mutation, outcome: Outcome) -> bool:
    """Whether what should stop it did."""
    return mutation.stopped_by in outcome.stopped_by


def _digest(gate: Gate, mutation: Mutation) -> str:
    text = mutation.model_dump_json() + load_suite(gate).model_dump_json()
    return hashlib.sha256(text.encode()).hexdigest()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", type=Path, help="keep the deployment and what was tried here")
    parser.add_argument("--only", default="", help="mutations with this in gate.name")


def run(options: argparse.Namespace) -> int:
    """Try every mutation; print a table and the count."""
    started = time.perf_counter()
    chosen = [
        (gate, each) for gate, each in all_mutations() if options.only in f"{gate}.{each.name}"
    ]
    print(f"seed {options.seed}, {options.users:,} users, {len(chosen)} mutations", flush=True)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        deployment = make_deployment(
            home / f"base-{options.users}-{options.seed}",
            users=options.users,
            history_days=HISTORY_DAYS,
            seed=options.seed,
        )
        print(f"deployment ready after {time.perf_counter() - started:.0f} s", flush=True)
        for number, (gate, mutation, outcome) in enumerate(try_all(deployment, chosen, home), 1):
            good = is_stopped(mutation, outcome)
            missed += not good
            others = len(outcome.stopped_by) - good
            print(
                f"{number:4} {gate:8} {mutation.name:48} "
                f"{'stopped by ' if good else 'NOT STOPPED BY '}{mutation.stopped_by}"
                f"{f' and {others} more' if others and good else ''}"
                f"{'' if good else f': {asdict(outcome)}'}",
                flush=True,
            )
    print(
        f"{len(chosen) - missed} of {len(chosen)} mutations stopped by the named expectation or "
        f"rule, in {time.perf_counter() - started:.0f} s"
    )
    return 1 if missed else 0
