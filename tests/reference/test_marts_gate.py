"""The marts gate on right data: a rule that closes it there is worse than none."""

from __future__ import annotations

import pytest

from expectations.plan import Scope, plan_checks
from expectations.runner import run_checks
from expectations.suite import load_suite
from scoring.nights import Night
from scoring.warehouse.store import open_warehouse
from tests.reference import worlds


@pytest.mark.parametrize("name", ["simulated", "dirty", "old"])
def test_gate_opens_on_every_world(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    world = getattr(worlds, f"{name}_world")(tmp_path_factory.getbasetemp())
    for compared in world.nights:
        night = Night(compared.question.as_of, compared.question.known_on, "reference")
        # The nights are months apart: nothing is near enough to be compared with.
        scope = Scope(night, world.settings.business_timezone)
        with open_warehouse(world.settings) as connection:
            # The reference is asked about all users in test_equality.
            own = [item for item in load_suite("marts").expectations if not item.needs_reference]
            checks = plan_checks(connection, own, scope)
            results = run_checks(connection, checks)
        assert len(results) > 80
        assert [
            (item.check.name, item.observed) for item in results if item.state != "passed"
        ] == []
