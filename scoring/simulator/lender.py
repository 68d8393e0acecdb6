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
_LATE_CAP = 3.0
"""Recent late payments beyond which another one costs nothing more."""
_LOST_SCORE = 380.0
_RAISE_ABOVE, _CUT_BELOW = 1.2, 0.65
"""Wanted limit relative to the old one from which a review raises, or cuts."""
_TEMPORARY_FROM_SCORE = 620
_ROUND_FROM = 1000_00
"""Limits from 1,000 CNY on are whole hundreds, smaller ones whole tens."""


def step_score(world: World, day: int) -> None:
    """Give everybody the lender score that their conduct up to tonight deserves."""
    world.state.score[:] = lender_score(world, day)
    world.state.spending_30d *= 29 / 30


def lender_score(world: World, day: int) -> Floats:
    """The lender score (350-950) of every user tonight.

    Payment flow is no part of it: flow moves the limit itself, by its planted elasticity.
    """
    state, effects, lender = world.state, world.parameters.effects, world.parameters.lender
    months = np.maximum(day - world.hidden.registered_day, 0) / 30.4
    scores: Floats = np.clip(
        lender.base_points
        + lender.tenure_points * np.log1p(months / 3.0)
        + effects.streak_points * np.minimum(state.streak, lender.streak_cap)
        - effects.utilisation_points * excess_use(world)
        - effects.late_points * np.minimum(state.late_memory, _LATE_CAP)
        - np.where(state.overdue_count > 0, effects.arrears_points, 0.0)
        + world.hidden.score_offset,
        350.0,
        950.0,
    )
    return np.where(state.is_lost, _LOST_SCORE, scores)


def excess_use(world: World) -> Floats:
    """How far the use of the pay-later line is above a half of its limit, 0-1."""
    line = world.huabei
    used = np.where(line.limit > 0, line.used / np.maximum(line.limit, 1), 0.0)
    excess: Floats = np.clip(used - 0.5, 0.0, 1.0)
    return excess


def huabei_limit(world: World, users: Ints) -> Ints:
    """The pay-later limit in fen that flow, income and score justify."""
    huabei, lender = world.parameters.huabei, world.parameters.lender
    lift = np.exp((world.state.score[users] - 600.0) / lender.huabei_limit_scale)
    limit = plain_huabei_limit(world, users, world.state.spending_30d[users]) * lift
    return _round_limit(limit, huabei.smallest_limit, huabei.largest_limit)


def plain_huabei_limit(world: World, users: Ints, flow: Floats | Ints) -> Floats:
    """The pay-later limit in fen at a score of 600, by flow (fen per 30 days) and income."""
    elasticity = world.parameters.effects.limit_flow_elasticity
    means = np.sqrt(world.hidden.income[users] / 6000_00)
    limits: Floats = (
        world.parameters.lender.huabei_base * _relative_flow(flow) ** elasticity * means
    )
    return limits


def jiebei_limit(world: World, users: Ints) -> Ints:
    """The cash limit in fen that flow, income and score justify."""
    jiebei, lender = world.parameters.jiebei, world.parameters.lender
    flow = _relative_flow(world.state.spending_30d[users])
    elasticity = world.parameters.effects.limit_flow_elasticity
    means = (world.hidden.income[users] / 6000_00) ** 0.7
    lift = np.exp((world.state.score[users] - 620.0) / lender.cash_limit_scale)
    limit = lender.jiebei_base * flow**elasticity * means * lift
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
        account_id=world.account_number(line.product, users),
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
    """Set the limit to what is wanted where that is worth a decision."""
    old = line.limit[users]
    acts = world.random.chance(f"review {line.product}", 0.5, day, users)
    raised, is_cut = acts & (wanted > _RAISE_ABOVE * old), acts & (wanted < _CUT_BELOW * old)
    for chosen, action in ((raised, RAISE), (is_cut, CUT)):
        line.limit[users[chosen]] = wanted[chosen]
        if line.product == JIEBEI:
            line.rate[users[chosen]] = jiebei_rate(world, users[chosen])
        decide(world, day, line, users[chosen], action)


def is_eligible(world: World, users: Ints) -> Bools:
    """Whether the rounded lender score opens the cash line: a sharp rule."""
    score = to_ints(world.state.score[users])
    eligible: Bools = score >= world.parameters.lender.eligibility_score
    return eligible


def _review_cash(world: World, day: int, users: Ints) -> None:
    """Sharp eligibility: at the lender score of 600 the cash line opens, below it is frozen."""
    line = world.jiebei
    eligible = is_eligible(world, users)
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


def _relative_flow(flow: Floats | Ints) -> Floats:
    relative: Floats = np.maximum(flow, 50_00) / 1000_00
    return relative


def _round_limit(limit: Floats, low: int, high: int) -> Ints:
    step = np.where(limit >= _ROUND_FROM, 100_00, 10_00)
    return np.clip(to_ints(limit / step) * step, low, high)
