"""Worlds that are lived side by side to save time are the worlds that live alone."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from scoring.simulator.parameters import Parameters
from scoring.simulator.season import to_day
from scoring.simulator.world import Line, State, World, create_world
from tests.scoring.simulator.worlds import START, join_worlds, live_quietly

USERS, DAYS, BRANCH_DAY = 400, 110, 50


def _make(number: int) -> World:
    """A world with a seed and a branch of its own."""
    start = to_day(START)
    return create_world(
        users=USERS,
        start=start,
        last_day=start + DAYS,
        seed=number,
        parameters=Parameters(),
        branch=number,
        branch_day=start + BRANCH_DAY,
    )


def test_joined_worlds_live_as_they_would_alone() -> None:
    joined = join_worlds([_make(number) for number in (1, 2)])
    live_quietly(joined, DAYS)
    for block, number in enumerate((1, 2)):
        alone = _make(number)
        live_quietly(alone, DAYS)
        users = slice(block * USERS, (block + 1) * USERS)
        for mine, theirs in (
            (alone.state, joined.state),
            (alone.huabei, joined.huabei),
            (alone.jiebei, joined.jiebei),
        ):
            for name in _vectors(mine):
                np.testing.assert_array_equal(
                    getattr(theirs, name)[users], getattr(mine, name), name
                )


def _vectors(record: State | Line) -> list[str]:
    """Attributes by user, but for row numbers: joined worlds have one table of bills."""
    names = [field.name for field in fields(record) if field.name != "newest_bill"]
    return [name for name in names if isinstance(getattr(record, name), np.ndarray)]
