"""The lender: its own score, limits, eligibility, freezing: limit_decisions and accounts."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Bools, Floats, Ints, full, to_ints
from scoring.simulator.encoding import ACTION
from scoring.simulator.season import to_date
from scoring.simulator.world import (
    ACTIVE,
    CLOSED,
    FROZEN,
    HUABEI,
    JIEBEI,
    NO_LINE,
    Line,
    World,
)

GRANT, RAISE, CUT, FREEZE, CLOSE, DECLINE = range(len(ACTION.words))
_DAILY_STEP = 0.03
"""Share of the way to its target that the lender's score moves in a day."""
_TEMPORARY_FROM_SCORE = 620
_ROUND_FROM = 1000_00
"""Limits from 1,000 CNY on are whole hundreds, smaller ones whole tens."""


def step_score(world: World, day: int) -> None:
    """Move everybody's lender score a little towards what their conduct deserves."""
    world.state.score += _DAILY_STEP * (target_score(world, day) - world.state.score)
    world.state.spending_30d *= 29 / 30


def target_score(world: World, day: int) -> Floats:
    """The lender score (350-950) that today's conduct leads to."""
    state, effects = world.state, world.parameters.effects
    months = np.maximum(day - world.hidden.registered_day, 0) / 30.4
    line = world.huabei
    used = np.where(line.limit > 0, line.used / np.maximum(line.limit, 1), 0.0)
    target = (
        478.0
        + 26.0 * np.log1p(months / 3.0)
        + effects.streak_points * np.minimum(state.streak, effects.streak_cap)
        + 18.0 * np.log1p(state.spending_30d / 500_00)
        - 40.0 * np.clip(used - 0.5, 0.0, 1.0)
        - effects.late_points * np.minimum(state.late_memory, 3.0)
        - np.where(state.overdue_count > 0, effects.arrears_points, 0.0)
        + world.hidden.score_offset
    )
    scores: Floats = np.clip(np.where(state.is_lost, 380.0, target), 350.0, 950.0)
    return scores


def huabei_limit(world: World, users: Ints) -> Ints:
    """The pay-later limit in fen that flow, income and score justify."""
    huabei, effects = world.parameters.huabei, world.parameters.effects
    flow = np.maximum(world.state.spending_30d[users], 50_00) / 1000_00
    wealth = world.hidden.income[users] / 6000_00
    lift = np.exp((world.state.score[users] - 600.0) / 110.0)
    limit = 4500_00 * flow**effects.limit_flow_elasticity * np.sqrt(wealth) * lift
    return _round_limit(limit, huabei.smallest_limit, huabei.largest_limit)


def jiebei_limit(world: World, users: Ints) -> Ints:
    """The cash limit in fen that flow, income and score justify."""
    jiebei, effects = world.parameters.jiebei, world.parameters.effects
    flow = np.maximum(world.state.spending_30d[users], 50_00) / 1000_00
    wealth = world.hidden.income[users] / 6000_00
    lift = np.exp((world.state.score[users] - 620.0) / 70.0)
    limit = 9000_00 * flow**effects.limit_flow_elasticity * wealth**0.7 * lift
    return _round_limit(limit, jiebei.smallest_limit, jiebei.largest_limit)


def jiebei_rate(world: World, users: Ints) -> Ints:
    """Daily rate in 1e-8 by score tier."""
    jiebei = world.parameters.jiebei
    tier = np.searchsorted(np.array(jiebei.rate_scores), world.state.score[users], side="right")
    return np.array(jiebei.rates)[tier]


def step_freezes(world: World, day: int) -> None:
    """Freeze lines some days past due; the pay-later line comes back with the cure."""
    limit = world.parameters.arrears.freeze_after_days
    bills, parts = world.overdue_bills, world.overdue_installments
    late = np.concatenate(
        (
            world.bills["user_id"][bills[day - world.bills["due_day"][bills] >= limit]],
            world.installments["user_id"][
                parts[day - world.installments["due_day"][parts] >= limit]
            ],
        )
    )
    users = np.unique(late)
    for line in world.lines:
        active = users[line.status[users] == ACTIVE]
        line.status[active] = FROZEN
        decide(world, day, line, active, FREEZE)
    line = world.huabei
    cured = (line.status == FROZEN) & (world.state.overdue_count == 0)
    line.status[cured] = ACTIVE
    line.is_changed |= cured


def step_reviews(world: World, day: int) -> None:
    """Once a month each user is looked at again: limits, and eligibility for cash."""
    hidden, state = world.hidden, world.state
    today = to_date(day)
    is_due = (hidden.review_day == today.day) & ~state.is_lost & (hidden.left_day > day)
    users = np.flatnonzero(is_due & (hidden.merged_day == NULL) & (state.overdue_count == 0))
    holders = users[world.huabei.status[users] == ACTIVE]
    holders = holders[world.huabei.opened_day[holders] < day - 25]
    _review_limits(world, day, world.huabei, holders, huabei_limit(world, holders))
    _review_cash(world, day, users[world.huabei.status[users] == ACTIVE])
    if (today.month, today.day) == (10, 25):
        _raise_for_double_eleven(world, day)
    if (today.month, today.day) == (11, 21):
        world.huabei.temporary_limit[:] = world.huabei.temporary_until[:] = 0


def decide(world: World, day: int, line: Line, users: Ints, action: int) -> None:
    """Send a decision about each user's line as it now stands, and its new terms."""
    numbers = world.number("decision", users, 4)
    rate = line.rate[users] if line.product == JIEBEI else full(users, NULL)
    world.batch.add(
        "limit_decisions",
        users,
        decision_id=numbers,
        product=line.product,
        decided_at=day * SECONDS_PER_DAY + 3 * 3600 + numbers % 3600,
        action=action,
        credit_limit=line.limit[users] if action != DECLINE else NULL,
        daily_rate=rate if action != DECLINE else NULL,
        score_used=to_ints(world.state.score[users]),
    )
    if action != DECLINE:
        line.is_changed[users] = True


def open_line(world: World, day: int, line: Line, users: Ints, limit: Ints) -> None:
    """Open the product's line for these users."""
    line.status[users] = ACTIVE
    line.limit[users] = limit
    line.opened_day[users] = day
    if line.product == JIEBEI:
        line.rate[users] = jiebei_rate(world, users)
    decide(world, day, line, users, GRANT)


def close_lines(world: World, day: int, users: Ints) -> None:
    """Close both lines of these users."""
    for line in world.lines:
        closing = users[(line.status[users] == ACTIVE) | (line.status[users] == FROZEN)]
        line.status[closing] = CLOSED
        line.used[closing] = 0
        decide(world, day, line, closing, CLOSE)


def send_lines(world: World, day: int) -> None:
    """Send the terms that changed today, in force from tonight."""
    now = (day + 1) * SECONDS_PER_DAY - 60
    for line in world.lines:
        users = np.flatnonzero(line.is_changed)
        line.is_changed[:] = False
        send_terms(world, line, users, full(users, now), line.limit[users])


def send_terms(world: World, line: Line, users: Ints, effective_at: Ints, limit: Ints) -> None:
    """Send terms of a line that hold from ``effective_at``."""
    has_temporary = line.temporary_until[users] > effective_at
    is_huabei = line.product == HUABEI
    world.batch.add(
        "accounts",
        users,
        account_id=(line.product + 1) * 10**8 + users,
        product=line.product,
        effective_at=effective_at,
        status=line.status[users],
        credit_limit=limit,
        temporary_limit=np.where(has_temporary, line.temporary_limit[users], NULL),
        temporary_until=np.where(has_temporary, line.temporary_until[users], NULL),
        due_day=world.hidden.due_day[users] if is_huabei else NULL,
        autopay=world.hidden.has_autopay[users].astype(np.int64),
    )


def _review_limits(world: World, day: int, line: Line, users: Ints, wanted: Ints) -> None:
    """Raise by at most half, cut by at most 30 %, and only where it is worth a decision."""
    old = line.limit[users]
    acts = world.random.chance(f"review {line.product}", 0.5, day, users)
    rules = world.parameters.huabei if line.product == HUABEI else world.parameters.jiebei
    new = np.clip(wanted, to_ints(0.7 * old), to_ints(1.5 * old))
    new = _round_limit(new.astype(np.float64), rules.smallest_limit, rules.largest_limit)
    raised = acts & (wanted > 1.25 * old) & (new > old)
    is_cut = acts & (wanted < 0.55 * old) & (new < old)
    for chosen, action in ((raised, RAISE), (is_cut, CUT)):
        line.limit[users[chosen]] = new[chosen]
        if line.product == JIEBEI:
            line.rate[users[chosen]] = jiebei_rate(world, users[chosen])
        decide(world, day, line, users[chosen], action)


def _review_cash(world: World, day: int, users: Ints) -> None:
    """Sharp eligibility: at the lender score of 600 the cash line opens, below it is frozen."""
    state, line = world.state, world.jiebei
    eligible: Bools = state.score[users] >= world.parameters.effects.eligibility_score
    status = line.status[users]
    wish = world.parameters.jiebei.ask_chance * world.hidden.cash_taste[users]
    asks = world.random.chance("asks for cash", wish, day, users)
    asks &= (status == NO_LINE) & (world.huabei.opened_day[users] < day - 90)
    new = users[asks & eligible]
    open_line(world, day, line, new, jiebei_limit(world, new))
    decide(world, day, line, users[asks & ~eligible], DECLINE)
    back = users[(status == FROZEN) & eligible]
    line.status[back] = ACTIVE
    line.is_changed[back] = True
    stopped = users[(status == ACTIVE) & ~eligible]
    line.status[stopped] = FROZEN
    decide(world, day, line, stopped, FREEZE)
    kept = users[(status == ACTIVE) & eligible]
    _review_limits(world, day, line, kept, jiebei_limit(world, kept))


def _raise_for_double_eleven(world: World, day: int) -> None:
    line = world.huabei
    good = (line.status == ACTIVE) & (world.state.score >= _TEMPORARY_FROM_SCORE)
    users = np.flatnonzero(good & world.random.chance("temporary limit", 0.5, day))
    share = 0.2 + 0.3 * world.random.uniform("temporary share", day, users)
    line.temporary_limit[users] = to_ints(line.limit[users] * share / 100_00) * 100_00 + 100_00
    line.temporary_until[users] = (day + 27) * SECONDS_PER_DAY
    line.is_changed[users] = True


def _round_limit(limit: Floats, low: int, high: int) -> Ints:
    step = np.where(limit >= _ROUND_FROM, 100_00, 10_00)
    return np.clip(to_ints(limit / step) * step, low, high)
