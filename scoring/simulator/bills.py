"""Monthly bills of the pay-later line and how they are paid: the feed statements."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, Bools, Ints, full, to_ints
from scoring.simulator.loans import open_plans
from scoring.simulator.payments import forget_chance, pay_bills, send_failure
from scoring.simulator.season import to_date
from scoring.simulator.world import HUABEI, NO_LINE, OPEN, SETTLED, World

_DEBIT_FROM = 4_00
AUTOPAY, FULL, MINIMUM, PLAN, NONE = range(5)
"""How a bill is meant to be paid."""


def step_bills(world: World, day: int) -> None:
    """On the first of a month: bill everything that is owed on the line.

    A bill is the line's whole billed balance: what the bill before left unpaid, its fee, and what
    was confirmed or refunded since. A credit balance (negative bill) goes into the next bill.
    """
    if to_date(day).day != 1:
        return
    state = world.state
    is_due = (state.is_billable | (state.billed_left > 0)) & ~state.is_lost
    users = np.flatnonzero(is_due & (world.huabei.status != NO_LINE))
    month = to_date(day).year * 100 + to_date(day).month
    charge_fees(world, day, users, state.billed_left[users])
    amount = state.billed_left[users] + state.unbilled[users]
    bills = world.bills.append(
        {
            "user_id": users,
            "number": world.user_number(users) * 10**6 + month,
            "statement_day": full(users, day),
            "due_day": day + world.hidden.due_day[users] - 1,
            "amount": amount,
            "minimum": _minimum(world, users, amount),
            "paid_before": state.paid_total[users],
            "state": np.where(amount > 0, OPEN, SETTLED),
            "reported": _reported(world, day, users),
            "written_off": full(users, NULL),
        }
    )
    world.bills.touch(bills)
    earlier = state.newest_bill[users]
    world.bills["state"][earlier[earlier >= 0]] = SETTLED
    state.newest_bill[users] = bills
    state.billed_left[users] = np.maximum(amount, 0)
    state.unbilled[users] = np.minimum(amount, 0)
    state.is_billable[users] = amount < 0
    # A bill that asks for nothing says that nothing is owed from before either.
    forgive(world, users[amount <= 0])
    _plan_payments(world, day, bills[amount > 0])


def shortfall(world: World, bills: Ints) -> Ints:
    """What is missing of each bill's minimum; every payment since its issue counts."""
    table = world.bills
    paid = world.state.paid_total[table["user_id"][bills]] - table["paid_before"][bills]
    missing: Ints = np.maximum(table["minimum"][bills] - paid, 0)
    return missing


def forgive(world: World, users: Ints) -> None:
    """End the days past due of every bill of these users."""
    is_theirs = np.zeros(world.hidden.size, dtype=np.bool_)
    is_theirs[users] = True
    drop_overdue(world, is_theirs[world.bills["user_id"][world.overdue_bills]])


def drop_overdue(world: World, dropped: Bools) -> None:
    """Take bills off the list of overdue ones."""
    owners = world.bills["user_id"][world.overdue_bills[dropped]]
    np.subtract.at(world.state.overdue_count, owners, 1)
    world.overdue_bills = world.overdue_bills[~dropped]


def charge_fees(world: World, day: int, users: Ints, base: Ints) -> None:
    """Put the fee on ``base`` for the days after the newest bill's due date onto the next bill."""
    has_bill = (world.state.newest_bill[users] >= 0) & (base > 0)
    users, base = users[has_bill], base[has_bill]
    due_day = world.bills["due_day"][world.state.newest_bill[users]]
    days = np.maximum(day - due_day, 0)
    fee = to_ints(base * days * world.parameters.huabei.daily_fee)
    world.state.unbilled[users] += fee
    world.huabei.used[users] += fee
    world.state.is_billable[users] |= fee > 0


def step_bill_payments(world: World, day: int) -> None:
    """What the owners of open bills do today."""
    rows = world.agenda("pay bills").take(day)
    if rows is None:
        return
    bills, intent = rows["index"], rows["intent"]
    is_open = world.bills["state"][bills] == OPEN
    bills, intent = bills[is_open], intent[is_open]
    users = world.bills["user_id"][bills]
    is_broke = world.is_distressed(day, users)
    _debit_in_vain(world, day, bills[is_broke & (intent == AUTOPAY)])
    bills, intent = bills[~is_broke], intent[~is_broke]
    for chosen in (AUTOPAY, FULL, MINIMUM):
        _pay(world, day, bills[intent == chosen], chosen)
    _take_over(world, day, bills[intent == PLAN])


def _minimum(world: World, users: Ints, amount: Ints) -> Ints:
    """A share of the bill, but at least all that is past due."""
    missing = np.zeros(world.hidden.size, dtype=np.int64)
    overdue = world.overdue_bills
    np.maximum.at(missing, world.bills["user_id"][overdue], shortfall(world, overdue))
    asked = np.maximum(amount, 0)
    past_due = np.minimum(missing[users], asked)
    return past_due + to_ints((asked - past_due) * world.parameters.huabei.minimum_ratio)


def _reported(world: World, day: int, users: Ints) -> Ints:
    """Days past due of the line at issue; empty where it was never past due before."""
    dpd = np.full(world.hidden.size, NULL)
    with_bill = users[world.state.newest_bill[users] >= 0]
    known = world.bills["reported"][world.state.newest_bill[with_bill]]
    dpd[with_bill[known != NULL]] = 0
    overdue = world.overdue_bills
    owners = world.bills["user_id"][overdue]
    np.maximum.at(dpd, owners, day - world.bills["due_day"][overdue])
    result: Ints = dpd[users]
    return result


def _plan_payments(world: World, day: int, bills: Ints) -> None:
    table, hidden, random = world.bills, world.hidden, world.random
    huabei, arrears = world.parameters.huabei, world.parameters.arrears
    users, due_day = table["user_id"][bills], table["due_day"][bills]
    burden = table["amount"][bills] / np.maximum(hidden.income[users], 1)
    discipline = hidden.discipline[users]
    forgets = random.chance("forgets", forget_chance(world, day, users), day, users)
    habit = huabei.minimum_chance * np.exp(-0.5 * discipline + np.minimum(burden, 2.0))
    is_strained = world.state.strain_until[users] > day
    habit = habit * np.where(is_strained, arrears.strain_minimum_factor, 1.0)
    minimum = random.chance("minimum", habit, day, users)
    plan = random.chance("bill plan", huabei.bill_plan_chance, day, users)
    plan &= table["amount"][bills] >= huabei.bill_plan_from
    plan &= world.state.overdue_count[users] == 0
    has_autopay = hidden.has_autopay[users] & ~is_strained
    intent = np.select([has_autopay, forgets, plan, minimum], [AUTOPAY, NONE, PLAN, MINIMUM], FULL)
    wait = random.uniform("pays after", day, users) * (due_day - day)
    pay_day = np.where(intent == AUTOPAY, due_day, day + 1 + np.floor(wait).astype(np.int64))
    pays = intent != NONE
    _put(world, bills[pays], np.minimum(pay_day, due_day)[pays], intent[pays])
    world.agenda("check bills").put(due_day + 1, {"user_id": users, "index": bills})


def _put(world: World, bills: Ints, days: Ints, intent: Ints) -> None:
    rows = {"user_id": world.bills["user_id"][bills], "index": bills, "intent": intent}
    world.agenda("pay bills").put(days, rows)


def _pay(world: World, day: int, bills: Ints, intent: int) -> None:
    users = world.bills["user_id"][bills]
    amount = world.state.billed_left[users]
    if intent == MINIMUM:
        amount = np.minimum(amount, np.maximum(shortfall(world, bills), 1))
    bounces = (intent == FULL) & world.random.chance("bounces", 0.001, day, users)
    # A payment that bounces is tried again two days later.
    _put(world, bills[bounces], full(bills[bounces], day + 2), full(bills[bounces], FULL))
    pay_bills(world, day, users, amount, is_autopay=intent == AUTOPAY, bounces=bounces)


def _debit_in_vain(world: World, day: int, bills: Ints) -> None:
    """The automatic debit finds nothing, or takes a part that is less than the minimum."""
    table = world.bills
    users = table["user_id"][bills]
    minimum = table["minimum"][bills]
    partly = world.random.chance("partial debit", 0.15, day, users) & (minimum >= _DEBIT_FROM)
    pay_bills(world, day, users[partly], minimum[partly] // 2, is_autopay=True)
    send_failure(
        world,
        day,
        users[~partly],
        world.state.billed_left[users[~partly]],
        {"statement_id": table["number"][bills[~partly]]},
    )


def _take_over(world: World, day: int, bills: Ints) -> None:
    """An instalment plan takes over the whole bill; nothing has to be paid on the bill itself."""
    table, state = world.bills, world.state
    users = table["user_id"][bills]
    left = state.billed_left[users]
    open_plans(world, day, users, left, world.moment("plan", day, users), table["number"][bills])
    table["state"][bills] = SETTLED
    state.billed_left[users] = 0


def send_bills(world: World) -> None:
    """Send the bills touched today as they are tonight."""
    table = world.bills
    bills = table.take_touched()
    users = table["user_id"][bills]
    world.batch.add(
        "statements",
        users,
        statement_id=table["number"][bills],
        account_id=world.account_number(HUABEI, users),
        product=HUABEI,
        statement_date=table["statement_day"][bills],
        due_date=table["due_day"][bills],
        amount_due=table["amount"][bills],
        minimum_due=table["minimum"][bills],
        reported_dpd=table["reported"][bills],
        written_off_amount=table["written_off"][bills],
    )
