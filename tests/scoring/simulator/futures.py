"""Many futures of one world: who defaults in how many of them, beside the true probability."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from scoring.simulator.arrays import Bools, Floats
from scoring.simulator.default_chance import (
    DEFAULT_DPD,
    HORIZON_DAYS,
    default_chance,
    oldest_days_late,
)
from scoring.simulator.life import live
from scoring.simulator.parameters import Parameters
from scoring.simulator.season import to_day
from scoring.simulator.world import ACTIVE, World, create_world
from tests.scoring.simulator.worlds import START, join_worlds

OBSERVED_DAY = 250
_IN_ARREARS = 30


@dataclass(frozen=True)
class Future:
    """One future of a world as seen from its observed evening; one entry per user at risk.

    Attributes:
        chance: True probability of default, from the hidden state of that evening.
        score: The lender score that evening, which all futures share.
        has_defaulted: Whether the user was 90 days past due within 12 months in this future.
    """

    chance: Floats
    score: Floats
    has_defaulted: Bools


def live_future(users: int, seed: int, branch: int, parameters: Parameters) -> Future:
    """Live one future of the world of ``seed``; users already in arrears are left out."""
    (future,) = live_futures(users, seed, [branch], parameters)
    return future


def live_futures(
    users: int, seed: int, branches: Iterable[int], parameters: Parameters
) -> list[Future]:
    """Live several futures of the world of ``seed``, each as if it were alone."""
    start = to_day(START)
    observed = start + OBSERVED_DAY
    worlds = [
        create_world(
            users=users,
            start=start,
            last_day=observed + HORIZON_DAYS,
            seed=seed,
            parameters=parameters,
            branch=branch,
            branch_day=observed + 1,
        )
        for branch in branches
    ]
    world = join_worlds(worlds)
    has_defaulted = np.zeros(world.hidden.size, dtype=np.bool_)
    chance, score, at_risk = np.zeros(0), np.zeros(0), has_defaulted
    for day in live(world, OBSERVED_DAY + HORIZON_DAYS + 1):
        world.batch.discard()
        if day == observed:
            chance, score = default_chance(world, day), world.state.score.copy()
            at_risk = _at_risk(world, day)
        elif day > observed:
            has_defaulted |= oldest_days_late(world, day) >= DEFAULT_DPD
    by_world = (np.split(each, len(worlds)) for each in (chance, score, has_defaulted, at_risk))
    return [
        Future(chance[at_risk], score[at_risk], has_defaulted[at_risk])
        for chance, score, has_defaulted, at_risk in zip(*by_world, strict=True)
    ]


def _at_risk(world: World, day: int) -> Bools:
    is_clean = oldest_days_late(world, day) < _IN_ARREARS
    at_risk: Bools = (world.huabei.status == ACTIVE) & is_clean & ~world.state.is_lost
    return at_risk


def tenths(chance: Floats, defaults: Floats) -> list[tuple[float, float]]:
    """Expected and observed defaults in ten groups of equal size, by rising probability."""
    order = np.argsort(chance, kind="stable")
    return [
        (float(chance[part].sum()), float(defaults[part].sum()))
        for part in np.array_split(order, 10)
    ]
