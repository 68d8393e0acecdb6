"""A taste of `python -m benchmarks.operations fuzz`: broken files are refused or loaded whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.fuzzing.bench import FuzzBench
from benchmarks.fuzzing.cases import CONTROLS, NAMES, TOKENS, Break, Case, corpus
from benchmarks.fuzzing.command import fuzz
from scoring.landing import passes
from scoring.landing.loading import LoadContext


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")
def test_five_hundred_broken_files_are_refused_or_loaded_whole(tmp_path: Path) -> None:
    outcomes = fuzz(tmp_path / "home", cases=500, seed_number=1).outcomes
    assert sum(outcomes.values()) >= 500
    assert outcomes["loaded"] > 50
    assert len(outcomes) > 8


def test_every_token_control_and_name_is_tried_once(tmp_path: Path) -> None:
    bench = FuzzBench(tmp_path / "home")
    whole = range(len(corpus()))
    cases = [Case(base, (Break("insert", 0.5, 1, token),), inside=True)
             for base in whole for token in range(len(TOKENS))]  # fmt: skip
    cases += [Case(base, (), name=name) for base in (0, 4) for name in range(len(NAMES))]
    cases += [Case(0, (), control=control) for control in range(len(CONTROLS))]
    bench.check(cases)
    assert sum(bench.outcomes.values()) == len(cases)


def test_file_that_promises_more_bytes_than_it_has_is_refused(tmp_path: Path) -> None:
    # DuckDB says of it what it says of a damaged warehouse; it is the sender's file all the same.
    bench = FuzzBench(tmp_path / "home")
    bench.check([Case(0, ()), Case(5, (Break("repeat", 0.203125, 12, 0),))])
    assert bench.outcomes["loaded"] == 1


def test_damaged_file_is_judged_by_its_own_error(tmp_path: Path) -> None:
    # The group fails by one of them; the other is met while that failure is looked into.
    bench = FuzzBench(tmp_path / "home")
    promising, garbled = Break("repeat", 0.203125, 12, 0), Break("overwrite", 0.20526, 1, 4)
    bench.check([Case(0, ()), Case(5, (promising,)), Case(5, (garbled,))])
    assert bench.outcomes == {"loaded": 1, "refused: unreadable": 2}


def test_file_whose_statistics_are_no_text_is_refused(tmp_path: Path) -> None:
    # Its schema can be read, and what it says of its columns cannot.
    bench = FuzzBench(tmp_path / "home")
    bench.check([Case(0, ()), Case(5, (Break("overwrite", 0.6325, 1, 7),))])
    assert bench.outcomes == {"loaded": 1, "refused: unreadable": 1}


def test_half_loaded_batch_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = FuzzBench(tmp_path / "home")
    original = passes.record_batches

    def losing_quarantine(context: LoadContext, *arguments: Any) -> None:
        original(context, *arguments)
        context.connection.execute("delete from quality.quarantine")

    monkeypatch.setattr(passes, "record_batches", losing_quarantine)
    with pytest.raises(AssertionError, match="case 0 is loaded and half loaded"):
        bench.check([Case(0, ())])
