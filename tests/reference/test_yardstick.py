"""The marts computed by the hand-written script, which the benchmarks measure the models by."""

from __future__ import annotations

import pytest

from benchmarks.marts_by_hand import MARTS, count_differences, run_script
from scoring.nights import Night
from scoring.warehouse.store import open_warehouse
from tests.reference.worlds import World, dirty_world, old_world, simulated_world

WORLDS = {"simulated": simulated_world, "dirty": dirty_world, "old": old_world}


@pytest.fixture(params=WORLDS)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> World:
    return WORLDS[request.param](tmp_path_factory.getbasetemp())


def test_the_script_equals_the_marts_on_every_night(world: World) -> None:
    with open_warehouse(world.settings) as connection:
        for compared in world.nights:
            night = Night(compared.question.as_of, compared.question.known_on, "by-hand")
            run_script(connection, night)
            differences = count_differences(connection, night)
            assert differences == dict.fromkeys(MARTS, 0), night


def test_an_altered_mart_differs(world: World) -> None:
    compared = world.nights[-1]
    night = Night(compared.question.as_of, compared.question.known_on, "by-hand")
    with open_warehouse(world.settings) as connection:
        run_script(connection, night)
        connection.execute(
            "update temp.fct_user_repayment_daily set repayment_count_30d = repayment_count_30d + 1"
        )
        users = len(compared.reference)
        assert count_differences(connection, night) == dict.fromkeys(MARTS, 0) | {
            "fct_user_repayment_daily": 2 * users
        }
