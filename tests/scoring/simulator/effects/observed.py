"""Part of a year of small worlds as an analyst sees it, and as only the simulator sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Floats, Ints, Rows
from scoring.simulator.arrears import distress_chance
from scoring.simulator.encoding import DIRECTION
from scoring.simulator.fates import PAY_LATER, PLAN
from scoring.simulator.lender import CUT, GRANT, RAISE, excess_use
from scoring.simulator.life import live
from scoring.simulator.parameters import Parameters, WorldName, make_parameters
from scoring.simulator.purchases import (
    effect_on_rate,
    is_here,
    pay_later_share,
    relative_limit,
    usual_rate,
)
from scoring.simulator.season import to_day
from scoring.simulator.world import ACTIVE, HUABEI, JIEBEI, World, create_world
from tests.scoring.simulator.effects.tallies import BINS, Observed, Tallies, add_at
from tests.scoring.simulator.worlds import START, join_worlds

USERS, DAYS, SHOCK_DAY = 1500, 200, 100
RECENT_DAYS = 90


def make_test_parameters(world: WorldName, effects: dict[str, float] | None = None) -> Parameters:
    """A named world in which the reporting day is early and distress is frequent."""
    parameters = make_parameters(world, effects)
    return replace(
        parameters,
        drift=replace(parameters.drift, reporting_after_days=SHOCK_DAY),
        arrears=replace(parameters.arrears, distress_chance=0.0005),
    )


def observe(seeds: Iterable[int], parameters: Parameters) -> list[Observed]:
    """Live a world of ``USERS`` users per seed for ``DAYS`` days and note what happens."""
    start = to_day(START)
    world = join_worlds(
        [
            create_world(
                users=USERS, start=start, last_day=start + DAYS, seed=seed, parameters=parameters
            )
            for seed in seeds
        ]
    )
    seen = Tallies(world)
    evening = _Evening(world)
    for day in live(world, DAYS):
        rows = world.batch.take("transactions")
        decisions = world.batch.take("limit_decisions")
        world.batch.discard()
        if rows is not None:
            _see_purchases(seen, day, _new_purchases(rows[0], day), evening)
        _see_distress(seen, day, evening)
        if decisions is not None and day > start:
            _see_decisions(seen, day, decisions[0])
        evening = _Evening(world)
    return seen.split()


class _Evening:
    """What of yesterday evening decides about today."""

    def __init__(self, world: World) -> None:
        self.has_access = world.has_cash_access().copy()
        self.relative_limit = relative_limit(world)
        self.distress_until = world.state.distress_until.copy()
        self.room = world.huabei.available(world.last_day)


def _new_purchases(rows: Rows, day: int) -> Rows:
    is_new = rows["occurred_at"] // SECONDS_PER_DAY == day
    is_new &= (rows["direction"] == DIRECTION.code("out")) & (rows["refund_of"] == NULL)
    return {name: values[is_new] for name, values in rows.items()}


def _see_purchases(seen: Tallies, day: int, rows: Rows, evening: _Evening) -> None:
    world, users = seen.world, rows["user_id"]
    counts = np.bincount(users, minlength=world.hidden.size).astype(np.float64)
    here = is_here(world, day)
    access = evening.has_access.astype(np.int64)
    expected = np.where(here, usual_rate(world, day), 0.0)
    log_limit = np.log(evening.relative_limit)
    cell = (seen.block, access, np.digitize(log_limit, BINS))
    add_at(seen.count, cell, counts)
    add_at(seen.expected, cell, expected)
    add_at(seen.log_limit, cell, expected * log_limit)
    holders = np.flatnonzero(here & (world.huabei.status == ACTIVE))
    add_at(seen.purchases, (access[holders], holders), counts[holders])
    add_at(seen.days, (access[holders], holders), 1.0)
    if world.start + DAYS - day <= RECENT_DAYS:
        np.add.at(seen.recent, users, rows["amount"])
    ample = rows["amount"] * 5 < evening.room[users]
    users, method = users[ample], rows["payment_method"][ample]
    share = pay_later_share(world, day, users)
    after = int(day - world.start >= SHOCK_DAY)
    period = (seen.block[users], after)
    shock = 1.0 + after * world.parameters.effects.reporting_shock
    add_at(seen.later, period, np.isin(method, (PAY_LATER, PLAN)).astype(np.float64))
    add_at(seen.wanted, period, share / shock)
    add_at(seen.bought, period, 1.0)


def _see_distress(seen: Tallies, day: int, evening: _Evening) -> None:
    world = seen.world
    could = evening.distress_until <= day
    began = could & (world.state.distress_until > day)
    planted = world.parameters.effects.cash_access_arrears
    hazard = distress_chance(world, day) / np.where(world.has_cash_access(), 1.0 + planted, 1.0)
    access = evening.has_access.astype(np.int64)
    add_at(seen.onsets, (seen.block[began], access[began]), 1.0)
    add_at(seen.hazard, (seen.block[could], access[could]), hazard[could])


def _see_decisions(seen: Tallies, day: int, rows: Rows) -> None:
    world, users = seen.world, rows["user_id"]
    state, terms = world.state, score_terms(world, day)
    for product, actions in ((HUABEI, (RAISE, CUT)), (JIEBEI, (GRANT, RAISE, CUT))):
        mine = (rows["product"] == product) & np.isin(rows["action"], actions)
        who = users[mine]
        looked_at = np.column_stack(
            (
                np.log(rows["credit_limit"][mine].astype(np.float64)),
                np.log(np.maximum(state.spending_30d[who], 50_00)),
                np.log(world.hidden.income[who].astype(np.float64)),
                state.score[who],
                terms[who],
            )
        )
        seen.add_decisions(product, who, looked_at)


def score_terms(world: World, day: int) -> Floats:
    """Streak and the other terms of the lender score that evening, one column each, by user."""
    state, lender = world.state, world.parameters.lender
    months = np.maximum(day - world.hidden.registered_day, 0) / 30.4
    terms: Floats = np.column_stack(
        (
            np.minimum(state.streak, lender.streak_cap).astype(np.float64),
            np.log1p(months / 3.0),
            excess_use(world),
            np.minimum(state.late_memory, 3.0),
            (state.overdue_count > 0).astype(np.float64),
            world.hidden.score_offset,
        )
    )
    return terms


def effective_rate(world: World, day: int) -> Floats:
    """Purchases expected of each user that day, effects included."""
    rate: Floats = usual_rate(world, day) * effect_on_rate(world) * is_here(world, day)
    return rate


def usable(seen: Observed) -> Ints:
    """Users with an open pay-later line whose score is at neither end of its range."""
    world, users = seen.world, np.arange(seen.users.start, seen.users.stop)
    score = world.state.score[users]
    inside = (score > 350) & (score < 950) & ~world.state.is_lost[users]
    return users[inside & (world.huabei.status[users] == ACTIVE)]
