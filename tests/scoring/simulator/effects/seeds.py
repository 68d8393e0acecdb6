"""Estimates over many small worlds, and what a test asks of their mean."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.simulator.arrays import Floats
from scoring.simulator.parameters import WorldName
from scoring.simulator.season import to_day
from scoring.simulator.truth import planted_truth
from tests.scoring.simulator.effects.estimates import NAMES, estimate
from tests.scoring.simulator.effects.observed import make_test_parameters, observe
from tests.scoring.simulator.worlds import START

NEGLIGIBLE = 0.003
"""Bias of the oracle that is put up with (limits are rounded, rooms run out); of points 5 times."""


@dataclass(frozen=True)
class Estimates:
    """Estimates of one effect in several worlds."""

    truth: float
    plain: Floats
    oracle: Floats

    @property
    def plain_bias(self) -> float:
        """Mean of the plain estimates less the truth."""
        return float(self.plain.mean() - self.truth)

    @property
    def oracle_bias(self) -> float:
        """Mean of the oracle's estimates less the truth."""
        return float(self.oracle.mean() - self.truth)


def standard_error(values: Floats) -> float:
    """Standard error of the mean."""
    return float(values.std(ddof=1) / np.sqrt(values.size))


def estimate_worlds(
    world: WorldName, seeds: range, effects: dict[str, float] | None = None
) -> dict[str, Estimates]:
    """Estimates of every effect in one world per seed, beside what ``truth.json`` would say."""
    parameters = make_test_parameters(world, effects)
    planted = planted_truth(parameters, to_day(START))
    truths = {**planted["effects"], **planted["derived"]}
    found = [estimate(seen) for seen in observe(seeds, parameters)]
    return {
        name: Estimates(
            truths[name],
            np.array([plain[name] for plain, _ in found]),
            np.array([oracle[name] for _, oracle in found]),
        )
        for name in NAMES
    }


def check_oracle(name: str, found: Estimates) -> None:
    """The oracle's mean is the truth up to chance and a small bias, and would tell a change."""
    scale = 5.0 if name == "streak_points" else 1.0
    tolerance = 4.0 * standard_error(found.oracle) + scale * NEGLIGIBLE
    assert abs(found.oracle_bias) < tolerance
    usual = abs(planted_in_default_world(name)) or 1.0
    assert tolerance < max(usual, abs(found.truth)) / 4.0, "too few worlds to tell"


def planted_in_default_world(name: str) -> float:
    """What the default world holds of an effect."""
    planted = planted_truth(make_test_parameters("default"), to_day(START))
    truths: dict[str, float] = {**planted["effects"], **planted["derived"]}
    return float(truths[name])
