"""planted_truth: planted effects and default probabilities of simulated worlds, found again.

python -m benchmarks.planted_truth [--seeds 20] [--futures 40] [--users 4000]

First the estimates that the tests of the effects make, in default and null worlds: plain ones from
the feeds alone, and the oracle's, which sees what is hidden. Then the true default probability
beside the shares of defaults in many futures of one world.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from sklearn.metrics import roc_auc_score

from scoring.simulator.parameters import WORLD_NAMES, Parameters
from tests.scoring.simulator.effects.seeds import estimate_worlds, standard_error
from tests.scoring.simulator.futures import live_future, tenths


def print_effects(seeds: int) -> None:
    """Mean estimates over worlds with their standard errors."""
    print(f"{'world':9}{'effect':27}{'planted':>9}{'plain estimate':>22}{'oracle':>22}")
    with ProcessPoolExecutor() as pool:
        worlds = pool.map(estimate_worlds, WORLD_NAMES, [range(seeds)] * len(WORLD_NAMES))
        for world, estimates in zip(WORLD_NAMES, worlds, strict=True):
            for name, found in estimates.items():
                plain, oracle = (
                    f"{values.mean():.4f} ± {standard_error(values):.4f}"
                    for values in (found.plain, found.oracle)
                )
                print(f"{world:9}{name:27}{found.truth:9.4f}{plain:>22}{oracle:>22}", flush=True)


def print_default_chances(users: int, futures: int) -> None:
    """Expected and observed defaults by tenth of the population."""
    with ProcessPoolExecutor() as pool:
        run = partial(live_future, users, 8, parameters=Parameters())
        found = list(pool.map(run, range(1, futures + 1)))
    chance = found[0].chance
    defaults = np.sum([future.has_defaulted for future in found], axis=0).astype(np.float64)
    print(f"\n{chance.size:,} users at risk, {futures} futures; defaults within 12 months")
    print(f"{'tenth':>5}{'mean probability':>18}{'expected':>11}{'observed':>11}{'ratio':>8}")
    for number, (expected, observed) in enumerate(tenths(chance * futures, defaults), start=1):
        mean = expected / futures / (chance.size / 10)
        print(f"{number:5}{mean:18.4f}{expected:11.1f}{observed:11.0f}{observed / expected:8.2f}")
    total = chance.sum() * futures
    print(f"{'all':>5}{chance.mean():18.4f}{total:11.1f}{defaults.sum():11.0f}", end="")
    print(f"{defaults.sum() / total:8.2f}")
    outcomes = np.concatenate([future.has_defaulted for future in found])
    auc = roc_auc_score(outcomes, np.tile(chance, futures))
    print(f"area under the ROC curve of the ranking by the true probability: {auc:.3f}")


def main() -> None:
    """Run both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--futures", type=int, default=40)
    parser.add_argument("--users", type=int, default=4000)
    arguments = parser.parse_args()
    print_effects(arguments.seeds)
    print_default_chances(arguments.users, arguments.futures)


if __name__ == "__main__":
    main()
