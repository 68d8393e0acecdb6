"""Cash draws, their early settlement, and wishes that are turned down."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Ints, full, to_ints
from scoring.simulator.encoding import CLOSE_REASON
from scoring.simulator.loans import REJECTED, add_loans, close_loans, installments_of, new_loans
from scoring.simulator.schedules import BULLET
from scoring.simulator.season import to_date
from scoring.simulator.world import JIEBEI, OPEN, SETTLED, World

_SHORT_DAYS, _SHORT_DISCIPLINE = 3, -0.5
"""Users below this discipline borrow in the last days before a bill is due, to pay it."""


def step_draws(world: World, day: int) -> None:
    """Cash draws of the day; who has no room any more may ask in vain."""
    jiebei, state, random = world.parameters.jiebei, world.state, world.random
    room = world.jiebei.available(day)
    days_to_due = world.hidden.due_day - to_date(day).day
    is_short = (days_to_due >= 0) & (days_to_due < _SHORT_DAYS)
    is_short &= world.hidden.discipline < _SHORT_DISCIPLINE
    chance = jiebei.draw_chance * world.hidden.cash_taste * np.where(is_short, 4.0, 1.0)
    factor = np.where(state.strain_until > day, world.parameters.arrears.strain_draw_factor, 1.0)
    chance = np.minimum(chance * factor, 0.2)
    wants = random.chance("draw", chance, day) & (world.jiebei.status > 0) & ~state.is_lost
    has_room = (room >= jiebei.smallest_limit) & (state.open_loans < jiebei.largest_open_loans)
    users = np.flatnonzero(wants & has_room)
    wish = 2500_00 * np.exp(0.9 * random.normal("draw amount", day, users))
    wish = wish * world.hidden.income[users] / 6500_00
    amount = np.clip(to_ints(wish / 100_00) * 100_00, jiebei.smallest_limit, room[users])
    _open_cash_loans(world, day, users, amount)
    _reject_wishes(world, day, np.flatnonzero(wants & ~has_room))


def _open_cash_loans(world: World, day: int, users: Ints, amount: Ints) -> None:
    jiebei, random = world.parameters.jiebei, world.random
    numbers = world.number("loan", users, 4)
    applied_at = world.moment("draw", day, users)
    rows = new_loans(users, numbers, JIEBEI, amount, applied_at)
    rows["disbursed_at"] = applied_at + random.integer("paid out after", 5, 50, day, users)
    rows["rate"] = world.jiebei.rate[users]
    rows["lender"] = random.integer("lender", 0, 2, day, users)
    rows["method"] = np.searchsorted(
        np.array([0.6, 0.75, 0.9]), random.uniform("repayment method", day, users)
    )
    choice = random.integer("term", 0, len(jiebei.terms) - 1, day, users)
    bullet = rows["method"] == BULLET
    terms = np.where(bullet, 1, np.array(jiebei.terms)[choice])
    days = 30 * random.integer("bullet term", 1, 3, day, users)
    rows["term_months"] = np.where(bullet, NULL, terms)
    rows["term_days"] = np.where(bullet, days, NULL)
    day_of_month = full(users, min(to_date(day).day, 28))
    np.add.at(world.jiebei.used, users, amount)
    np.add.at(world.state.open_loans, users, 1)
    loans = add_loans(world, day, rows, terms, None, day_of_month)
    is_cancelled = random.chance("cancels", jiebei.cancelled_share, day, users)
    cancelled = {"user_id": users[is_cancelled], "index": loans[is_cancelled]}
    world.agenda("cancellations").put(full(users[is_cancelled], day + 1), cancelled)


def step_cancellations(world: World, day: int) -> None:
    """Some give the money back the day after: the loan counts as never taken."""
    rows = world.agenda("cancellations").take(day)
    if rows is None:
        return
    loans = rows["index"]
    world.installments["state"][installments_of(world, loans)] = SETTLED
    moment = world.moment("cancel", day, rows["user_id"])
    close_loans(world, loans, moment, CLOSE_REASON.code("cancelled"))


def _reject_wishes(world: World, day: int, users: Ints) -> None:
    """An application that the lender turns down is a loans row too; it was never paid out."""
    share = world.parameters.jiebei.rejected_share
    users = users[world.random.chance("asks in vain", share, day, users)]
    numbers = world.number("loan", users, 4)
    amount = full(users, 3000_00)
    rows = new_loans(users, numbers, JIEBEI, amount, world.moment("ask", day, users))
    rows["decision"] = full(users, REJECTED)
    rows["disbursed_at"] = full(users, NULL)
    rows["state"] = full(users, SETTLED)
    world.loans.touch(world.loans.append(rows))


def step_early_settlement(world: World, day: int) -> None:
    """Some settle a cash loan before its time: one payment for the whole loan, no penalty."""
    loans, jiebei = world.loans, world.parameters.jiebei
    live = np.flatnonzero((loans["state"] == OPEN) & (loans["product"] == JIEBEI))
    users = loans["user_id"][live]
    numbers = loans["number"][live]
    lucky = world.random.chance("early", jiebei.early_chance, day, users, numbers)
    lucky &= (world.state.overdue_count[users] == 0) & ~world.is_distressed(day, users)
    lucky &= loans["disbursed_at"][live] < (day - 1) * SECONDS_PER_DAY
    chosen = live[lucky]
    chosen = chosen[np.argsort(loans["user_id"][chosen], kind="stable")]
    if chosen.size == 0:
        return
    interest = loans["principal_left"][chosen] * loans["rate"][chosen] * 15 // 10**8
    users = loans["user_id"][chosen]
    numbers = world.number("repayment", users, 6)
    paid_at = world.moment("early", day, users, numbers)
    world.batch.add(
        "repayments",
        users,
        repayment_id=numbers,
        loan_id=loans["number"][chosen],
        paid_at=paid_at,
        amount=loans["principal_left"][chosen] + interest,
        method=2,
        status=0,
        is_final=1,
    )
    world.installments["state"][installments_of(world, chosen)] = SETTLED
    close_loans(world, chosen, paid_at, CLOSE_REASON.code("repaid"))
