"""A taste of the mutation library; ``benchmarks.operations mutations`` tries all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gates.deployment import Deployment, make_deployment
from benchmarks.gates.library import all_mutations, load_mutations, stopping_names
from benchmarks.gates.mutations import is_stopped, try_all
from benchmarks.gates.trial import ask_gate
from expectations.suite import GATES, Gate
from scoring.nights import make_night

TASTE: dict[Gate, tuple[str, ...]] = {
    "landing": (
        "transactions_missing",
        "one_percent_of_the_rows_lost",
        "amounts_doubled_on_the_way",
        "amounts_negative",
        "purchases_in_another_currency",
        "all_categories_unknown",
        "purchases_repeated_under_new_ids",
        "dates_a_day_early",
        "bills_in_cents",
    ),
    "marts": (
        "partition_of_spending_dropped",
        "one_user_doubled",
        "every_mart_of_the_night_before",
        "not_a_number",
        "negative_days_past_due",
        "windows_swapped",
        "revocations_ignored",
    ),
    "scores": (
        "night_scored_by_an_undecided_card",
        "one_point_too_many",
        "dimension_zeroed",
        "reasons_of_other_users",
        "score_constant",
    ),
}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """Three months of 300 users."""
    folder = tmp_path_factory.mktemp("mutations") / "base"
    return make_deployment(folder, users=300, history_days=90, seed=7)


def test_library_is_large_and_distinct() -> None:
    mutations = all_mutations()
    planted = {(each.where, each.how, each.file, each.control, each.day) for _, each in mutations}
    assert len(mutations) >= 100
    assert len(planted) == len(mutations)
    assert len({(gate, each.name) for gate, each in mutations}) == len(mutations)


@pytest.mark.parametrize("gate", GATES)
def test_what_stops_a_mutation_exists(gate: Gate) -> None:
    named = {each.stopped_by for each in load_mutations(gate)}
    assert named - stopping_names(gate) == set()


@pytest.mark.parametrize("gate", ["marts", "scores"])
def test_gate_opens_on_the_healthy_night(deployment: Deployment, gate: Gate) -> None:
    healthy, day = deployment.moment(gate, load_mutations(gate)[0])
    outcome = ask_gate(healthy.settings, gate, make_night(day))
    assert (outcome.stopped_by, outcome.errored) == ((), ())


@pytest.mark.parametrize(
    ("gate", "name"), [(gate, name) for gate, names in TASTE.items() for name in names]
)
def test_mutation_is_stopped_by_what_the_library_names(
    deployment: Deployment, tmp_path: Path, gate: Gate, name: str
) -> None:
    (mutation,) = [each for each in load_mutations(gate) if each.name == name]
    ((_, _, outcome),) = try_all(deployment, [(gate, mutation)], tmp_path)
    assert is_stopped(mutation, outcome), outcome
