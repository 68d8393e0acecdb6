"""Every effect can be switched by itself, and the loop closes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import pytest

from scoring.errors import ConfigurationError
from scoring.simulator.arrays import Floats
from scoring.simulator.life import live
from scoring.simulator.options import read_parameters
from scoring.simulator.parameters import Effects, Parameters, WorldName, make_parameters
from scoring.simulator.season import to_day
from scoring.simulator.world import create_world
from tests.scoring.simulator.effects.observed import effective_rate, make_test_parameters
from tests.scoring.simulator.effects.seeds import check_oracle, estimate_worlds
from tests.scoring.simulator.worlds import START, live_quietly

DAYS = 300


@pytest.mark.slow
def test_effects_switched_on_in_the_null_world_are_found_there() -> None:
    chosen = {"cash_access_spending": 0.4, "cash_access_arrears": 2.0, "reporting_shock": -0.3}
    worlds = estimate_worlds("null", range(10), chosen)
    for name, value in chosen.items():
        assert worlds[name].truth == value
        check_oracle(name, worlds[name])
    assert worlds["cash_access_arrears"].oracle.mean() > 1.0
    assert worlds["streak_points"].truth == 0


@pytest.mark.parametrize("name", [field.name for field in fields(Effects)])
def test_an_effect_moves_the_world_by_itself(name: str, null_traces: list[tuple[int, ...]]) -> None:
    without = make_test_parameters("null")
    value = -0.5 if name == "reporting_shock" else 0.5
    scale = 100 if name.endswith("_points") else 1
    with_effect = make_test_parameters("null", {name: value * scale})
    assert getattr(without.effects, name) == 0
    assert any(
        moved != still for moved, still in zip(_traces(with_effect), null_traces, strict=True)
    )


@pytest.fixture(scope="module")
def null_traces() -> list[tuple[int, ...]]:
    """The null world, which all effects are switched on in, one at a time."""
    return list(_traces(make_test_parameters("null")))


def _traces(parameters: Parameters) -> Iterator[tuple[int, ...]]:
    """The world on each evening, in a few sums."""
    start = to_day(START)
    world = create_world(
        users=300, start=start, last_day=start + 240, seed=5, parameters=parameters
    )
    for _ in live(world, 240):
        world.batch.discard()
        state = world.state
        yield (
            int(state.spending_30d.sum()),
            int(world.huabei.limit.sum()),
            int(state.score.sum() * 100),
            int(state.distress_until.sum()),
            int(state.paid_total.sum()),
        )


def test_the_loop_closes_in_the_default_world() -> None:
    """Purchases 40 % up by hand: limits follow, and what they add to the purchases is the loop."""
    usual, pushed = (_expected_purchases("default", 4000, push) for push in (0.0, 0.4))
    gain = float(np.log(pushed.sum() / usual.sum()) - np.log(1.4))
    assert 0.3 * 0.041 * np.log(1.4) < gain < 3.0 * 0.041 * np.log(1.4)


def test_the_loop_stays_open_in_the_null_world() -> None:
    """Nobody there buys anything more or less than what was added by hand."""
    usual, pushed = (_expected_purchases("null", 1000, push) for push in (0.0, 0.4))
    assert (usual > 0).sum() > 800
    np.testing.assert_allclose(pushed, 1.4 * usual, rtol=1e-9)


def _expected_purchases(name: WorldName, users: int, push: float) -> Floats:
    """By user, at the end of a world whose purchases are pushed up from its second day on."""
    parameters = make_parameters(name)
    drift = replace(
        parameters.drift, rollout_spending=push, rollout_first_day=1, rollout_gap_days=0
    )
    start = to_day(START)
    world = create_world(
        users=users,
        start=start,
        last_day=start + DAYS,
        seed=3,
        parameters=replace(parameters, drift=drift),
    )
    live_quietly(world, DAYS)
    alive = world.hidden.left_day > world.last_day
    return effective_rate(world, start + DAYS - 1)[alive]


@pytest.mark.parametrize(
    ("world", "effects", "message"),
    [
        ("real", [], r"--world: expected default \| null, got real"),
        ("null", ["gravity=1"], r"--effect: expected limit_flow_elasticity=NUMBER \| .*gravity=1"),
        ("null", ["streak_points"], "--effect: expected streak_points=NUMBER, got streak_points"),
        ("null", ["streak_points=x"], "--effect: expected streak_points=NUMBER, got"),
        ("null", ["streak_points=nan"], "--effect: expected streak_points from -1 to 1000, got"),
        ("null", ["reporting_shock=-2"], "--effect: expected reporting_shock from -1 to 1000"),
    ],
)
def test_unknown_worlds_and_effects_are_refused(
    world: str, effects: list[str], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_parameters(world, effects)


def test_effects_are_read_from_options() -> None:
    parameters = read_parameters("null", ["streak_points=3", "reporting_shock=-0.2"])
    assert parameters.effects == replace(Effects.none(), streak_points=3.0, reporting_shock=-0.2)
    assert read_parameters("default", []) == Parameters()
