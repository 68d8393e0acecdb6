"""What an analyst counts in a world, and what only the simulator can: for many worlds at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.simulator.arrays import Floats, Ints
from scoring.simulator.world import HUABEI, JIEBEI
from tests.scoring.simulator.worlds import JoinedWorlds

BINS = np.linspace(-1.4, 1.4, 29)
"""Of ln(relative limit)."""


@dataclass(frozen=True)
class Observed:
    """Sums over the days of one of the joined worlds, and its decisions about limits.

    Attributes:
        world: All the joined worlds.
        users: Those of this world among them.
        count, expected: Purchases and their hidden expectation without effects, by (cash access,
            bin of the relative limit).
        log_limit: Sum of expected x ln(relative limit), by the same cells.
        onsets, hazard: Spells of distress and their hidden hazard without effects, by cash access.
        purchases, days: By cash access and user: what an analyst would compare.
        later, wanted, bought: Pay-later purchases with ample room, their hidden expectation without
            the shock, and all of them, before and after the reporting day.
        decisions: Limits set, with what the lender looked at, by product.
        recent: Spending of the last 90 days in fen, by user of all the joined worlds.
    """

    world: JoinedWorlds
    users: range
    count: NDArray[np.float64]
    expected: NDArray[np.float64]
    log_limit: NDArray[np.float64]
    onsets: Floats
    hazard: Floats
    purchases: NDArray[np.float64]
    days: NDArray[np.float64]
    later: Floats
    wanted: Floats
    bought: Floats
    decisions: dict[int, Floats]
    recent: Floats


class Tallies:
    """The attributes of ``Observed`` while they grow, with the number of the world in front."""

    def __init__(self, world: JoinedWorlds) -> None:
        self.world = world
        self.size = world.hidden.size // world.block_size
        self.block = np.arange(world.hidden.size) // world.block_size
        cells = (self.size, 2, BINS.size + 1)
        self.count, self.expected, self.log_limit = (np.zeros(cells) for _ in range(3))
        self.onsets, self.hazard = (np.zeros((self.size, 2)) for _ in range(2))
        self.later, self.wanted, self.bought = (np.zeros((self.size, 2)) for _ in range(3))
        self.purchases, self.days = (np.zeros((2, world.hidden.size)) for _ in range(2))
        self.recent = np.zeros(world.hidden.size)
        self._decisions: dict[int, list[tuple[Ints, Floats]]] = {HUABEI: [], JIEBEI: []}

    def add_decisions(self, product: int, users: Ints, rows: Floats) -> None:
        """Note decisions about the limits of these users, one row each."""
        self._decisions[product].append((self.block[users], rows))

    def split(self) -> list[Observed]:
        """What was seen of each world."""
        blocks = {
            product: np.concatenate([block for block, _ in parts])
            for product, parts in self._decisions.items()
        }
        rows = {
            product: np.concatenate([rows for _, rows in parts])
            for product, parts in self._decisions.items()
        }
        return [
            self._one(number, {each: rows[each][blocks[each] == number] for each in rows})
            for number in range(self.size)
        ]

    def _one(self, number: int, decisions: dict[int, Floats]) -> Observed:
        size = self.world.block_size
        users = range(number * size, (number + 1) * size)
        return Observed(
            world=self.world,
            users=users,
            count=self.count[number],
            expected=self.expected[number],
            log_limit=self.log_limit[number],
            onsets=self.onsets[number],
            hazard=self.hazard[number],
            purchases=self.purchases[:, users.start : users.stop],
            days=self.days[:, users.start : users.stop],
            later=self.later[number],
            wanted=self.wanted[number],
            bought=self.bought[number],
            decisions=decisions,
            recent=self.recent,
        )


def add_at(
    target: NDArray[np.float64], index: tuple[Ints | int, ...], values: Floats | float
) -> None:
    """``np.add.at``, many times as fast: on a flat view."""
    where = np.ravel_multi_index(np.broadcast_arrays(*index), target.shape)
    np.add.at(target.reshape(-1), where, values)
