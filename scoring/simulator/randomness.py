"""Random numbers that belong to a user, a day and a purpose, and to nothing else.

A number is the hash (the finaliser of splitmix64, Steele et al. 2014) of seed, user, day, purpose
and item. There is no stream to advance, so user i draws the same numbers whatever the population.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

from scoring.simulator.arrays import Bools, Floats, Ints

GOLDEN = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio: the step of splitmix64."""
_ITEM = 0xD1B54A32D192ED03
_MASK = (1 << 64) - 1


class Randomness:
    """Uniform and normal numbers for ``users`` users of one world, from ``first_user`` on.

    From ``branch_day`` on the numbers are those of the seed's branch ``branch``: worlds that differ
    in nothing else have the same past and different futures.
    """

    def __init__(
        self,
        seed: int,
        users: int,
        first_user: int = 0,
        *,
        branch: int = 0,
        branch_day: int | None = None,
    ) -> None:
        numbers = np.arange(first_user, first_user + users, dtype=np.uint64) * np.uint64(GOLDEN)
        self._keys = mix(numbers + np.uint64(mix_one(seed & _MASK)))
        self._branch = mix_one(branch) if branch else 0
        self._branch_day = branch_day

    def uniform(
        self, purpose: str, day: int = 0, users: Ints | None = None, item: Ints | None = None
    ) -> Floats:
        """Numbers in the open interval (0, 1), one per user (or per row of ``users``).

        Args:
            purpose: What the number decides; each decision has a purpose of its own.
            day: Day number of the decision; 0 for what is decided once in a life.
            users: User of each row (0 = the first of these); all users in order if left out.
            item: Tells rows of one user apart.
        """
        keys = self._keys if users is None else self._keys[users]
        code = mix_one((_code(purpose) + day * GOLDEN) & _MASK)
        if self._branch_day is not None and day >= self._branch_day:
            code ^= self._branch
        bits = keys ^ np.uint64(code)
        if item is not None:
            bits = bits + item.astype(np.uint64) * np.uint64(_ITEM)
        return ((mix(bits) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53

    def normal(
        self, purpose: str, day: int = 0, users: Ints | None = None, item: Ints | None = None
    ) -> Floats:
        """Standard normal numbers (Box and Muller, 1958); arguments as in ``uniform``."""
        radius = np.sqrt(-2.0 * np.log(self.uniform(f"{purpose} radius", day, users, item)))
        angle = 2.0 * np.pi * self.uniform(f"{purpose} angle", day, users, item)
        return radius * np.cos(angle)

    def chance(
        self,
        purpose: str,
        probability: float | Floats,
        day: int = 0,
        users: Ints | None = None,
        item: Ints | None = None,
    ) -> Bools:
        """Whether it happens, with this probability (0-1) for each row."""
        happens: Bools = self.uniform(purpose, day, users, item) < probability
        return happens

    def integer(
        self,
        purpose: str,
        low: int,
        high: int,
        day: int = 0,
        users: Ints | None = None,
        item: Ints | None = None,
    ) -> Ints:
        """Whole numbers from ``low`` to ``high``, both included."""
        draws = self.uniform(purpose, day, users, item)
        return low + np.floor(draws * (high - low + 1)).astype(np.int64)


def poisson(uniform: Floats, mean: Floats) -> Ints:
    """Poisson counts by inversion, one uniform number each; a count stops at 40."""
    term = np.exp(-mean)
    counts = np.zeros(mean.shape, dtype=np.int64)
    rest = np.flatnonzero(uniform > term)
    uniform, mean, term = uniform[rest], mean[rest], term[rest]
    reached = term.copy()
    for count in range(1, 41):
        if rest.size == 0:
            break
        counts[rest] = count
        term = term * mean / count
        reached = reached + term
        keep = uniform > reached
        rest, uniform, mean = rest[keep], uniform[keep], mean[keep]
        term, reached = term[keep], reached[keep]
    return counts


@cache
def _code(purpose: str) -> int:
    return int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")


def mix(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele et al. 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def mix_one(value: int) -> int:
    """``mix`` of the next value, for a single number."""
    value = (value + GOLDEN) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
