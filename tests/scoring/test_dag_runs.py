from __future__ import annotations

from scoring.dag_runs import is_before
from scoring.steps import STEPS


def test_steps_before_the_first_asked_for_are_taken_as_done() -> None:
    assert [step for step in STEPS if not is_before(step, "check_scores")] == [
        "check_scores",
        "publish",
    ]
    assert not [step for step in STEPS if is_before(step, "ingest") or is_before(step, None)]
