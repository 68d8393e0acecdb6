"""Distress, days past due, cure, write-off and disputes about them."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Bools, Ints, full
from scoring.simulator.bills import charge_fees, put_rest
from scoring.simulator.disputes import INSTALLMENT, LOAN, STATEMENT, open_disputes
from scoring.simulator.encoding import CLOSE_REASON
from scoring.simulator.lender import close_lines
from scoring.simulator.loans import close_loans
from scoring.simulator.payments import pay_bills, pay_installments
from scoring.simulator.world import LOST, OPEN, World

_FOR_EVER = 10**6


def step_distress(world: World, day: int) -> None:
    """Some lose the means to pay, for a while or for ever."""
    arrears, random, state = world.parameters.arrears, world.random, world.state
    debt = np.clip((world.huabei.used + world.jiebei.used) / world.hidden.income, 0.0, 4.0)
    fragility = np.exp(-arrears.distress_slope * world.hidden.creditworthiness)
    fragility = fragility * (1.0 + arrears.debt_slope * debt)
    hit = random.chance("distress", arrears.distress_chance * fragility, day)
    users = np.flatnonzero(hit & (state.distress_until <= day))
    kind = random.uniform("distress length", day, users)
    length = np.select(
        [kind < arrears.short_share, kind < arrears.short_share + arrears.long_share],
        [
            random.integer("short distress", 10, 45, day, users),
            random.integer("long distress", 45, 160, day, users),
        ],
        _FOR_EVER,
    )
    state.distress_until[users] = day + length


def step_checks(world: World, day: int) -> None:
    """The day after a due date: on time, or past due from now on."""
    bills = world.agenda("check bills").take(day)
    if bills is not None:
        index = bills["index"]
        is_late = (world.bills["state"][index] == OPEN) & (
            world.bills["paid"][index] < world.bills["minimum"][index]
        )
        _judge(world, world.bills["user_id"][index], is_late)
        late = index[is_late]
        world.overdue_bills = _by_user(
            world.bills["user_id"], np.concatenate((world.overdue_bills, late))
        )
        open_disputes(
            world, day, world.bills["user_id"][late], STATEMENT, world.bills["number"][late]
        )
    parts = world.agenda("check installments").take(day)
    if parts is not None:
        index = parts["index"]
        is_late = world.installments["state"][index] == OPEN
        _judge(world, world.installments["user_id"][index], is_late)
        late = index[is_late]
        world.overdue_installments = _by_user(
            world.installments["user_id"], np.concatenate((world.overdue_installments, late))
        )
        owners = world.loans["number"][world.installments["loan"][late]]
        users = world.installments["user_id"][late]
        open_disputes(world, day, users, INSTALLMENT, owners, world.installments["number"][late])


def step_arrears(world: World, day: int) -> None:
    """Those past due cure or age; the oldest debts are written off."""
    _cure(world, day)
    _report(world, day)
    arrears = world.parameters.arrears
    oldest = day - arrears.write_off_after_days
    bills, parts = world.overdue_bills, world.overdue_installments
    lost = np.concatenate(
        (
            world.bills["user_id"][bills[world.bills["due_day"][bills] <= oldest]],
            world.installments["user_id"][parts[world.installments["due_day"][parts] <= oldest]],
        )
    )
    if lost.size:
        _write_off(world, day, np.unique(lost))
    world.state.late_memory *= 0.5 ** (1 / 90)


def _judge(world: World, users: Ints, is_late: Bools) -> None:
    state = world.state
    np.add.at(state.streak, users[~is_late], 1)
    state.streak[users[is_late]] = 0
    np.add.at(state.late_memory, users[is_late], 1.0)
    np.add.at(state.overdue_count, users[is_late], 1)


def _cure(world: World, day: int) -> None:
    arrears = world.parameters.arrears
    chance = arrears.cure_chance
    table, bills = world.bills, world.overdue_bills
    # A payment that had bounced may have come through in the meantime.
    is_met = table["paid"][bills] >= table["minimum"][bills]
    np.subtract.at(world.state.overdue_count, table["user_id"][bills[is_met]], 1)
    bills = bills[~is_met]
    users = table["user_id"][bills]
    # One number per user and day: who pays, pays everything that is past due.
    pays = world.random.chance("cure", chance, day, users) & ~world.is_distressed(day, users)
    cured = bills[pays]
    users = users[pays]
    left = table["amount"][cured] - table["paid"][cured]
    short = table["minimum"][cured] - table["paid"][cured]
    only_minimum = world.random.chance("cures with minimum", arrears.minimum_cure_share, day, users)
    only_minimum &= short < left
    charge_fees(world, day, cured[~only_minimum])
    put_rest(world, day, cured[only_minimum])
    nobody = np.zeros(cured.size, dtype=np.bool_)
    amount = np.where(only_minimum, short, left)
    pay_bills(world, day, cured, amount, is_autopay=False, bounces=nobody)
    _clear_reports(world.bills["reported"], cured)
    world.bills.touch(cured[world.bills["reported"][cured] == 0])
    world.overdue_bills = bills[~pays]
    np.subtract.at(world.state.overdue_count, users, 1)

    parts = world.overdue_installments
    users = world.installments["user_id"][parts]
    still_open = world.installments["state"][parts] == OPEN
    pays = world.random.chance("cure", chance, day, users) & ~world.is_distressed(day, users)
    pay_installments(world, day, parts[pays & still_open], is_autopay=False)
    loans = np.unique(world.installments["loan"][parts[pays]])
    _clear_reports(world.loans["reported"], loans)
    touched = loans[world.loans["reported"][loans] == 0]
    world.loans["status_at"][touched] = (day + 1) * SECONDS_PER_DAY - 1
    world.loans.touch(touched)
    world.overdue_installments = parts[~pays]
    np.subtract.at(world.state.overdue_count, users[pays], 1)


def _clear_reports(reported: Ints, rows: Ints) -> None:
    """A report of days past due ends with a report of 0."""
    reported[rows[reported[rows] != NULL]] = 0


def _report(world: World, day: int) -> None:
    """On certain days past due the lender reports them with the bill or the loan."""
    days = np.array(world.parameters.arrears.reported_days)
    bills = world.overdue_bills
    dpd = day - world.bills["due_day"][bills]
    due = np.isin(dpd, days)
    world.bills["reported"][bills[due]] = dpd[due]
    world.bills.touch(bills[due])
    parts = world.overdue_installments
    dpd = day - world.installments["due_day"][parts]
    loans = world.installments["loan"][parts]
    worst = np.zeros(world.loans.size, dtype=np.int64) if parts.size else full(parts, 0)
    np.maximum.at(worst, loans, dpd)
    due = np.isin(dpd, days) & (worst[loans] == dpd)
    world.loans["reported"][loans[due]] = dpd[due]
    world.loans["status_at"][loans[due]] = day * SECONDS_PER_DAY + 3600
    world.loans.touch(loans[due])


def _write_off(world: World, day: int, users: Ints) -> None:
    """Give up everything these users owe and close their lines."""
    bills_table, loans_table, state = world.bills, world.loans, world.state
    bills = np.flatnonzero((bills_table["state"] == OPEN) & np.isin(bills_table["user_id"], users))
    bills_table["written_off"][bills] = bills_table["amount"][bills] - bills_table["paid"][bills]
    bills_table["state"][bills] = LOST
    bills_table.touch(bills)
    loans = np.flatnonzero((loans_table["state"] == OPEN) & np.isin(loans_table["user_id"], users))
    owners = loans_table["user_id"][loans]
    loans_table["written_off"][loans] = loans_table["principal_left"][loans]
    sold = world.random.chance("sold", world.parameters.arrears.sold_share, day, owners)
    reason = np.where(sold, CLOSE_REASON.code("sold"), CLOSE_REASON.code("written_off"))
    close_loans(world, loans, full(loans, day * SECONDS_PER_DAY + 2 * 3600), reason)
    parts = world.installments
    is_gone = (parts["state"] == OPEN) & np.isin(parts["user_id"], users)
    parts["state"][np.flatnonzero(is_gone)] = LOST
    kept = bills_table["state"][world.overdue_bills] == OPEN
    world.overdue_bills = world.overdue_bills[kept]
    world.overdue_installments = world.overdue_installments[
        parts["state"][world.overdue_installments] == OPEN
    ]
    state.overdue_count[users] = state.open_bills[users] = state.unbilled[users] = 0
    state.is_billable[users] = False
    state.is_lost[users] = True
    close_lines(world, day, users)
    open_disputes(world, day, owners, LOAN, loans_table["number"][loans])


def _by_user(user_id: Ints, rows: Ints) -> Ints:
    order = np.lexsort((rows, user_id[rows]))
    return rows[order]
