"""Lines that open and close in the course of a life, and those that are old on the first day."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Ints, full, to_ints
from scoring.simulator.lender import (
    GRANT,
    RAISE,
    close_lines,
    huabei_limit,
    is_eligible,
    jiebei_limit,
    jiebei_rate,
    lender_score,
    open_line,
    plain_huabei_limit,
    send_terms,
)
from scoring.simulator.world import ACTIVE, JIEBEI, Line, World

_ALWAYS_LATE_BELOW = -1.8
"""Creditworthiness below which an old user starts without a streak of payments on time."""


def plan_lives(world: World) -> None:
    """Put down openings and closings; give users from before the start their past."""
    hidden, state = world.hidden, world.state
    users = np.arange(hidden.size)
    is_old = (hidden.line_day != NULL) & (hidden.line_day < world.start)
    new = (hidden.line_day != NULL) & ~is_old
    world.agenda("openings").put(hidden.line_day[new], {"user_id": users[new]})
    leave_day = np.where(hidden.merged_day == NULL, hidden.left_day + 60, hidden.merged_day + 60)
    leave_day = np.maximum(leave_day, world.start + 1)
    world.agenda("closings").put(leave_day, {"user_id": users})
    old = hidden.registered_day < world.start
    state.spending_30d[:] = np.where(old, hidden.baseline_flow, 0)
    state.baseline_limit[:] = plain_huabei_limit(world, users, hidden.baseline_flow)
    months = np.maximum(world.start - np.where(is_old, hidden.line_day, world.start), 0) // 30
    state.streak[:] = np.where(
        hidden.creditworthiness > _ALWAYS_LATE_BELOW, np.minimum(months, 24), 0
    )
    state.score[:] = lender_score(world, world.start)
    _give_old_lines(world, np.flatnonzero(is_old))


def step_lives(world: World, day: int) -> None:
    """Open lines that are due and close those of people who left, once nothing is owed."""
    rows = world.agenda("openings").take(day)
    if rows is not None:
        users = rows["user_id"]
        gone = (world.hidden.left_day[users] <= day) | (
            (world.hidden.merged_day[users] != NULL) & (world.hidden.merged_day[users] <= day)
        )
        users = users[~gone]
        limit = np.maximum(huabei_limit(world, users) * 3 // 10, 20_00)
        # Newcomers the lender knows nothing about start with next to nothing.
        tiny = world.random.chance("tiny limit", 0.05, 0, users)
        few = 10_00 * world.random.integer("tiny amount", 2, 20, 0, users)
        limit = np.where(tiny, few, limit // 10_00 * 10_00)
        open_line(world, day, world.huabei, users, limit)
    leaving = world.agenda("closings").take(day)
    if leaving is not None:
        users = leaving["user_id"]
        owes = (world.huabei.used[users] != 0) | (world.jiebei.used[users] != 0)
        owes |= (world.state.unbilled[users] != 0) | (world.state.billed_left[users] != 0)
        world.agenda("closings").put(full(users[owes], day + 30), {"user_id": users[owes]})
        close_lines(world, day, users[~owes])


def _give_old_lines(world: World, users: Ints) -> None:
    """Lines opened before the start: a first limit, one raise, all sent with the first batch."""
    hidden, random = world.hidden, world.random
    world.huabei.limit[users] = huabei_limit(world, users)
    _send_past(world, world.huabei, users, hidden.line_day[users])
    chance = np.minimum(0.45 * hidden.cash_taste[users], 0.9)
    has_cash = is_eligible(world, users) & (random.chance("old cash line", chance, 0, users))
    has_cash &= hidden.line_day[users] < world.start - 200
    users = users[has_cash]
    world.jiebei.limit[users] = jiebei_limit(world, users)
    world.jiebei.rate[users] = jiebei_rate(world, users)
    gap = random.integer("old cash line after", 90, 190, 0, users)
    _send_past(world, world.jiebei, users, hidden.line_day[users] + gap)


def _send_past(world: World, line: Line, users: Ints, opened_day: Ints) -> None:
    random = world.random
    line.status[users] = ACTIVE
    line.opened_day[users] = opened_day
    opened_at = opened_day * SECONDS_PER_DAY + 10 * 3600
    span = world.start - 1 - opened_day
    part = random.uniform(f"old raise {line.product}", 0, users)
    raised_at = opened_at + to_ints(part * span).clip(1) * SECONDS_PER_DAY
    limit = line.limit[users]
    rules = world.parameters.jiebei if line.product == JIEBEI else world.parameters.huabei
    first = np.maximum(limit * 4 // 10 // 10_00 * 10_00, rules.smallest_limit)
    was_raised = (span > 1) & (first < limit)
    score = to_ints(world.state.score[users])
    rate = line.rate[users] if line.product == JIEBEI else full(users, NULL)
    for action, chosen, moment, terms in (
        (GRANT, np.ones(users.size, dtype=np.bool_), opened_at, np.where(was_raised, first, limit)),
        (RAISE, was_raised, raised_at, limit),
    ):
        chosen_users = users[chosen]
        world.batch.add(
            "limit_decisions",
            chosen_users,
            decision_id=world.number("decision", chosen_users, 4),
            product=line.product,
            decided_at=moment[chosen],
            action=action,
            credit_limit=terms[chosen],
            daily_rate=rate[chosen],
            score_used=np.clip(score - (40 if action == GRANT else 0), 350, 950)[chosen],
        )
        send_terms(world, line, chosen_users, moment[chosen], terms[chosen])
