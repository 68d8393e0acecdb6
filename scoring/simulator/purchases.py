"""Purchases and income: the feed transactions (what becomes of them later: fates.py)."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import (
    NULL,
    Bools,
    Floats,
    Ints,
    Rows,
    full,
    rank_in_group,
    running_total,
    to_ints,
)
from scoring.simulator.encoding import CATEGORY, DIRECTION
from scoring.simulator.fates import (
    BALANCE,
    CARD,
    DEBIT,
    OFFLINE,
    OTHER,
    PAY_LATER,
    PLAN,
    SETTLED,
    confirm,
    draw_fates,
    send,
    settle_fates,
)
from scoring.simulator.population import rollout_days
from scoring.simulator.randomness import poisson
from scoring.simulator.season import amount_factor, purchase_factor, to_date
from scoring.simulator.world import ACTIVE, World

DORMANT_BLOCK_DAYS = 90
_AT_HAND = np.array([0.35, 0.85, 0.95])
"""Cumulative shares of what is at hand instead: balance (else debit), debit, card; rest other."""
_OFFLINE_SHARES = np.array([0.7, 0.75, 0.85, 0.25, 0.25, 0.3, 0.2, 0.4, 0.5, 0.2, 0.2, 0.1])
"""Share bought offline, by category (same order as encoding.CATEGORY)."""
_PRICES = np.log(np.array([0.7, 0.8, 0.35, 1.6, 1.2, 1.1, 4.5, 0.8, 1.3, 2.0, 3.5, 1.2]))
"""ln of the price level, by category."""


def step_purchases(world: World, day: int) -> None:
    """Settle what earlier purchases become today, then let everybody shop."""
    settle_fates(world, day)
    users = _draw_buyers(world, day)
    if users.size:
        rows = _draw_rows(world, day, users)
        _choose_payments(world, day, rows)
        draw_fates(world, day, rows)
        confirmed = rows["confirmed_at"] != NULL
        confirm(world, day, {name: values[confirmed] for name, values in rows.items()})
        send(world, rows)
        np.add.at(world.state.spending_30d, users, rows["amount"])
    _pay_incomes(world, day)


def _draw_buyers(world: World, day: int) -> Ints:
    """The buyer of each purchase of today, sorted."""
    rate = usual_rate(world, day) * effect_on_rate(world)
    counts = poisson(world.random.uniform("purchases", day), rate)
    counts[~is_here(world, day)] = 0
    return np.repeat(np.arange(counts.size), counts)


def effect_on_rate(world: World) -> Floats:
    """What the lender's acts do to everybody's purchases: by the cash line, by the limit."""
    effects = world.parameters.effects
    factor = np.where(world.has_cash_access(), 1.0 + effects.cash_access_spending, 1.0)
    factors: Floats = factor * relative_limit(world) ** effects.limit_spending_elasticity
    return factors


def relative_limit(world: World) -> Floats:
    """Pay-later limit relative to the user's plain one, within 1/4 to 4; 1 without a line."""
    ratio = np.clip(world.huabei.limit / world.state.baseline_limit, 0.25, 4.0)
    ratios: Floats = np.where(world.huabei.status == ACTIVE, ratio, 1.0)
    return ratios


def usual_rate(world: World, day: int) -> Floats:
    """Purchases of each user expected today, if the lender did nothing to them."""
    hidden, state, random = world.hidden, world.state, world.random
    spending = world.parameters.spending
    today = to_date(day)
    days_since_pay = (today.day - hidden.pay_day) % 30
    rate = hidden.purchase_rate * purchase_factor(today)
    paid_lately = days_since_pay < spending.pay_day_days
    rate = rate * np.where(paid_lately, spending.pay_day_factor, spending.off_pay_day_factor)
    dormant = random.chance("dormant", spending.dormant_share, day // DORMANT_BLOCK_DAYS)
    rate = rate * np.where(dormant, spending.dormant_factor, 1.0)
    drift = world.parameters.drift
    rolled_out = day >= rollout_days(drift, world.start)[hidden.region]
    rate = rate * np.where(rolled_out, 1.0 + drift.rollout_spending, 1.0)
    distressed = state.distress_until > day
    return rate * np.where(distressed, spending.distress_factor, 1.0)


def is_here(world: World, day: int) -> Bools:
    """Whether each user is on the platform today."""
    hidden = world.hidden
    merged = (hidden.merged_day != NULL) & (hidden.merged_day <= day)
    here: Bools = (hidden.registered_day < day) & (hidden.left_day > day) & ~merged
    return here


def _draw_rows(world: World, day: int, users: Ints) -> Rows:
    hidden, random = world.hidden, world.random
    item = rank_in_group(users)
    category = _draw_categories(world, day, users, item)
    offline = random.chance("offline", _OFFLINE_SHARES[category], day, users, item)
    log_amount = hidden.amount_mean[users] + _PRICES[category]
    spread = world.parameters.spending.log_amount_sd
    log_amount = log_amount + spread * random.normal("amount", day, users, item)
    amount = to_ints(100.0 * np.exp(log_amount) * amount_factor(to_date(day)))
    popular = random.uniform("merchant", day, users, item) ** 2.5
    return {
        "user_id": users,
        "transaction_id": world.number("transaction", users, 6),
        "occurred_at": world.moment("purchase", day, users, item),
        "confirmed_at": full(users, NULL),
        "amount": np.clip(amount, 1_00, np.minimum(3 * hidden.income[users], 50_000_00)),
        "direction": full(users, DIRECTION.code("out")),
        "balance_after": full(users, NULL),
        "category_code": category,
        "merchant_id": category * 1000 + np.floor(400 * popular).astype(np.int64),
        "channel": np.where(
            offline, OFFLINE, 1 + random.integer("channel", 0, 2, day, users, item)
        ),
        "payment_method": full(users, OTHER),
        "status": full(users, SETTLED),
        "status_at": full(users, NULL),
        "refund_of": full(users, NULL),
    }


def _draw_categories(world: World, day: int, users: Ints, item: Ints) -> Ints:
    random, count = world.random, len(CATEGORY.words)
    favourite = random.integer("favourite", 0, 2, day, users, item)
    favourite = (world.hidden.home_category[users] + 5 * favourite) % count
    any_category = random.integer("any category", 0, count - 1, day, users, item)
    stays = random.chance("stays", 0.6, day, users, item)
    return np.where(stays, favourite, any_category)


def _choose_payments(world: World, day: int, rows: Rows) -> None:
    """Pay later where the user likes to and the line has room, else with what is at hand."""
    random, users, amount = world.random, rows["user_id"], rows["amount"]
    item = rank_in_group(users)
    wants = random.chance("pays later", pay_later_share(world, day, users), day, users, item)
    room = world.huabei.available(day)[users]
    wants &= amount <= room
    later = wants & (running_total(users, np.where(wants, amount, 0)) <= room)
    spending = world.parameters.spending
    plan = later & (amount >= spending.installment_from)
    plan &= random.chance("instalments", spending.installment_share, day, users, item)
    np.add.at(world.huabei.used, users[later], amount[later])
    at_hand = np.searchsorted(_AT_HAND, random.uniform("payment method", day, users, item))
    balance = world.state.balance[users]
    from_balance = ~later & (at_hand == 0) & (amount <= balance)
    spent = running_total(users, np.where(from_balance, amount, 0))
    from_balance &= spent <= balance
    spent = running_total(users, np.where(from_balance, amount, 0))
    np.subtract.at(world.state.balance, users[from_balance], amount[from_balance])
    rows["balance_after"] = np.where(from_balance, balance - spent, NULL)
    cash = np.array([DEBIT, DEBIT, CARD, OTHER])[at_hand]
    rows["payment_method"] = np.select(
        [plan, later, from_balance], [PLAN, PAY_LATER, BALANCE], cash
    )


def pay_later_share(world: World, day: int, users: Ints) -> Floats:
    """Probability (0-1) that a purchase is meant to be paid later, by its buyer."""
    effects, drift = world.parameters.effects, world.parameters.drift
    years = (day - world.start) / 365.0
    share = world.hidden.pay_later_taste[users] * (1.0 + drift.pay_later_trend * years)
    is_strained = world.state.strain_until[users] > day
    share = share * np.where(is_strained, world.parameters.arrears.strain_pay_later_factor, 1.0)
    if day - world.start >= drift.reporting_after_days:
        share = share * (1.0 + effects.reporting_shock)
    shares: Floats = np.minimum(share, 1.0)
    return shares


def _pay_incomes(world: World, day: int) -> None:
    """Salaries of those who get them here, and now and then money from a friend."""
    hidden, random = world.hidden, world.random
    here = is_here(world, day)
    salary = here & hidden.gets_salary & (hidden.pay_day == to_date(day).day)
    gift = (
        here
        & ~salary
        & random.chance("transfer in", world.parameters.spending.transfer_chance, day)
    )
    users = np.flatnonzero(salary | gift)
    wobble = 0.9 + 0.2 * random.uniform("income", day, users)
    part: Floats = np.where(salary[users], wobble, 0.1 * wobble)
    amount = to_ints(hidden.income[users] * part)
    world.state.balance[users] += amount
    balance = world.state.balance[users]
    send(
        world,
        {
            "user_id": users,
            "transaction_id": world.number("transaction", users, 6),
            "occurred_at": world.moment("income", day, users),
            "amount": amount,
            "direction": full(users, DIRECTION.code("in")),
            "balance_after": balance,
            "channel": full(users, 1),
            "payment_method": full(users, BALANCE),
            "status": full(users, SETTLED),
        },
    )
    # Most of it moves on to a bank the same night.
    world.state.balance[users] = np.minimum(balance, hidden.income[users] * 3 // 5)
