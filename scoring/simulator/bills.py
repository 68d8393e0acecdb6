"""Monthly bills of the pay-later line and how they are paid: the feed statements."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, Ints, full, to_ints
from scoring.simulator.loans import open_plans
from scoring.simulator.payments import forget_chance, pay_bills, send_failure
from scoring.simulator.season import to_date
from scoring.simulator.world import HUABEI, NO_LINE, OPEN, SETTLED, World

_DEBIT_FROM = 4_00
AUTOPAY, FULL, MINIMUM, PLAN, REST, NONE = range(6)
"""How a bill is meant to be paid; REST = what is left after a minimum payment."""


def step_bills(world: World, day: int) -> None:
    """On the first of a month: bill what was confirmed since the last bill.

    A bill holds only what is new; what an earlier bill leaves unpaid stays owed on that bill.
    A credit balance (negative bill) is carried into the next bill.
    """
    if to_date(day).day != 1:
        return
    state = world.state
    users = np.flatnonzero(state.is_billable & ~state.is_lost & (world.huabei.status != NO_LINE))
    amount = state.unbilled[users]
    minimum = to_ints(np.maximum(amount, 0) * world.parameters.huabei.minimum_ratio)
    today = to_date(day)
    bills = world.bills.append(
        {
            "user_id": users,
            "number": users * 10**6 + today.year * 100 + today.month,
            "statement_day": full(users, day),
            "due_day": day + world.hidden.due_day[users] - 1,
            "amount": amount,
            "minimum": minimum,
            "paid": full(users, 0),
            "state": np.where(amount > 0, OPEN, SETTLED),
            "reported": full(users, NULL),
            "written_off": full(users, NULL),
        }
    )
    world.bills.touch(bills)
    state.unbilled[users] = np.minimum(amount, 0)
    state.is_billable[users] = amount < 0
    payable = bills[amount > 0]
    state.open_bills[users[amount > 0]] += 1
    _plan_payments(world, day, payable)


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
    late = is_broke & (intent == REST)
    _put(world, bills[late], full(bills[late], day + 30), full(bills[late], REST))
    bills, intent = bills[~is_broke], intent[~is_broke]
    for chosen in (AUTOPAY, FULL, MINIMUM, REST):
        _pay(world, day, bills[intent == chosen], chosen)
    _take_over(world, day, bills[intent == PLAN])


def _plan_payments(world: World, day: int, bills: Ints) -> None:
    table, hidden, random = world.bills, world.hidden, world.random
    huabei = world.parameters.huabei
    users, due_day = table["user_id"][bills], table["due_day"][bills]
    burden = table["amount"][bills] / np.maximum(hidden.income[users], 1)
    discipline = hidden.discipline[users]
    forgets = random.chance("forgets", forget_chance(world, users), day, users)
    habit = huabei.minimum_chance * np.exp(-0.5 * discipline + np.minimum(burden, 2.0))
    minimum = random.chance("minimum", habit, day, users)
    plan = random.chance("bill plan", huabei.bill_plan_chance, day, users)
    plan &= table["amount"][bills] >= huabei.bill_plan_from
    intent = np.select(
        [hidden.has_autopay[users], forgets, plan, minimum], [AUTOPAY, NONE, PLAN, MINIMUM], FULL
    )
    wait = random.uniform("pays after", day, users) * (due_day - day)
    pay_day = np.where(intent == AUTOPAY, due_day, day + 1 + np.floor(wait).astype(np.int64))
    pays = intent != NONE
    _put(world, bills[pays], np.minimum(pay_day, due_day)[pays], intent[pays])
    world.agenda("check bills").put(due_day + 1, {"user_id": users, "index": bills})


def _put(world: World, bills: Ints, days: Ints, intent: Ints) -> None:
    rows = {"user_id": world.bills["user_id"][bills], "index": bills, "intent": intent}
    world.agenda("pay bills").put(days, rows)


def _pay(world: World, day: int, bills: Ints, intent: int) -> None:
    table, random = world.bills, world.random
    users = table["user_id"][bills]
    left = table["amount"][bills] - table["paid"][bills]
    if intent == MINIMUM:
        left = np.minimum(left, np.maximum(table["minimum"][bills] - table["paid"][bills], 1))
        later = table["due_day"][bills] + random.integer("rest after", 20, 45, day, users)
        _put(world, bills, later, full(bills, REST))
    if intent == REST:
        charge_fees(world, day, bills)
    bounces = (intent == FULL) & random.chance("bounces", 0.001, day, users)
    # A payment that bounces is tried again two days later.
    _put(world, bills[bounces], full(bills[bounces], day + 2), full(bills[bounces], FULL))
    pay_bills(world, day, bills, left, is_autopay=intent == AUTOPAY, bounces=bounces)


def charge_fees(world: World, day: int, bills: Ints) -> None:
    """Put the fee for the days after the due date onto the next bill."""
    table = world.bills
    users = table["user_id"][bills]
    left = table["amount"][bills] - table["paid"][bills]
    days = np.maximum(day - table["due_day"][bills], 0)
    fee = to_ints(left * days * world.parameters.huabei.daily_fee)
    np.add.at(world.state.unbilled, users, fee)
    np.add.at(world.huabei.used, users, fee)
    world.state.is_billable[users] |= fee > 0


def put_rest(world: World, day: int, bills: Ints) -> None:
    """Put down the payment of what a minimum payment left open."""
    users = world.bills["user_id"][bills]
    later = day + world.random.integer("rest after", 15, 40, day, users)
    _put(world, bills, later, full(bills, REST))


def _debit_in_vain(world: World, day: int, bills: Ints) -> None:
    """The automatic debit finds nothing, or takes a part that is less than the minimum."""
    table = world.bills
    users = table["user_id"][bills]
    minimum = table["minimum"][bills]
    partly = world.random.chance("partial debit", 0.15, day, users) & (minimum >= _DEBIT_FROM)
    nobody = np.zeros(int(partly.sum()), dtype=np.bool_)
    pay_bills(world, day, bills[partly], minimum[partly] // 2, is_autopay=True, bounces=nobody)
    send_failure(
        world,
        day,
        users[~partly],
        (table["amount"] - table["paid"])[bills[~partly]],
        {"statement_id": table["number"][bills[~partly]]},
    )


def _take_over(world: World, day: int, bills: Ints) -> None:
    """An instalment plan takes over the whole bill; nothing has to be paid on the bill itself."""
    table = world.bills
    users = table["user_id"][bills]
    left = table["amount"][bills] - table["paid"][bills]
    origin = table["number"][bills]
    open_plans(world, day, users, left, world.moment("plan", day, users), origin)
    table["state"][bills] = SETTLED
    world.state.open_bills[users] -= 1


def send_bills(world: World) -> None:
    """Send the bills touched today as they are tonight."""
    table = world.bills
    bills = table.take_touched()
    users = table["user_id"][bills]
    world.batch.add(
        "statements",
        users,
        statement_id=table["number"][bills],
        account_id=(HUABEI + 1) * 10**8 + users,
        product=HUABEI,
        statement_date=table["statement_day"][bills],
        due_date=table["due_day"][bills],
        amount_due=table["amount"][bills],
        minimum_due=table["minimum"][bills],
        reported_dpd=table["reported"][bills],
        written_off_amount=table["written_off"][bills],
    )
