"""Strain, distress, days past due, cure, write-off and disputes about them."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Bools, Floats, Ints, full, to_ints
from scoring.simulator.bills import charge_fees, drop_overdue, shortfall
from scoring.simulator.disputes import INSTALLMENT, LOAN, STATEMENT, open_disputes
from scoring.simulator.encoding import CLOSE_REASON
from scoring.simulator.lender import close_lines
from scoring.simulator.loans import close_loans
from scoring.simulator.payments import pay_bills, pay_installments
from scoring.simulator.world import LONG, LOST, OPEN, SHORT, World

_FOR_EVER = 10**6


def step_distress(world: World, day: int) -> None:
    """Some come under strain; some lose the means to pay, for a while or for ever."""
    arrears, random, state = world.parameters.arrears, world.random, world.state
    strained = random.chance("strain", strain_chance(world), day)
    users = np.flatnonzero(strained & (state.strain_until <= day))
    state.strain_until[users] = day + _spell(
        world, "strain length", day, users, arrears.strain_mean_days
    )
    hit = random.chance("distress", distress_chance(world, day), day)
    users = np.flatnonzero(hit & (state.distress_until <= day))
    draw = random.uniform("distress kind", day, users)
    kind = np.searchsorted(np.cumsum(arrears.distress_shares), draw, side="right")
    length = full(users, _FOR_EVER)
    for finite in (SHORT, LONG):
        mine = kind == finite
        mean_days = arrears.distress_mean_days[finite]
        length[mine] = _spell(world, "distress length", day, users[mine], mean_days)
    state.distress_until[users] = day + length
    state.distress_kind[users] = kind


def strain_chance(world: World) -> Floats:
    """Each user's chance per day of coming under strain."""
    arrears = world.parameters.arrears
    chances: Floats = arrears.strain_chance * np.exp(
        -arrears.strain_slope * world.hidden.creditworthiness
    )
    return chances


def distress_chance(world: World, day: int) -> Floats:
    """Each user's chance per day of losing the means to pay: the hazard behind all arrears.

    Creditworthiness and strain move it, and cash access by its planted effect; debt does not.
    """
    arrears, effects = world.parameters.arrears, world.parameters.effects
    hazard = arrears.distress_chance * np.exp(
        -arrears.distress_slope * world.hidden.creditworthiness
    )
    is_strained = world.state.strain_until > day
    hazard = hazard * np.where(is_strained, arrears.strain_hazard_factor, 1.0)
    hazards: Floats = hazard * np.where(
        world.has_cash_access(), 1.0 + effects.cash_access_arrears, 1.0
    )
    return hazards


def _spell(world: World, purpose: str, day: int, users: Ints, mean_days: float) -> Ints:
    """Days that a spell lasts: exponential, so that it never remembers how long it has lasted."""
    draws = world.random.uniform(purpose, day, users)
    return np.maximum(to_ints(-mean_days * np.log(draws)), 1)


def step_checks(world: World, day: int) -> None:
    """The day after a due date: on time, or past due from now on."""
    bills = world.agenda("check bills").take(day)
    if bills is not None:
        index = bills["index"]
        is_late = (world.bills["state"][index] == OPEN) & (shortfall(world, index) > 0)
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
    state = world.state
    # What was paid since may have met the minimum.
    owners = world.bills["user_id"][world.overdue_bills]
    is_met = (shortfall(world, world.overdue_bills) == 0) | (state.billed_left[owners] == 0)
    drop_overdue(world, is_met)
    late = np.concatenate(
        (
            world.bills["user_id"][world.overdue_bills],
            world.installments["user_id"][world.overdue_installments],
        )
    )
    users = np.unique(late)
    # One number per user and day: who pays, pays everything that is past due.
    chance = world.parameters.arrears.cure_chance
    pays = world.random.chance("cure", chance, day, users) & ~world.is_distressed(day, users)
    is_paying = np.zeros(world.hidden.size, dtype=np.bool_)
    is_paying[users[pays]] = True
    _cure_bills(world, day, is_paying)
    _cure_installments(world, day, is_paying)


def _cure_bills(world: World, day: int, is_paying: Bools) -> None:
    state, overdue = world.state, world.overdue_bills
    owners = world.bills["user_id"][overdue]
    is_cured = is_paying[owners]
    missing = np.zeros(world.hidden.size, dtype=np.int64)
    np.maximum.at(missing, owners[is_cured], shortfall(world, overdue[is_cured]))
    users = np.unique(owners[is_cured])
    left, short = state.billed_left[users], missing[users]
    share = world.parameters.arrears.minimum_cure_share
    only_minimum = world.random.chance("cures with minimum", share, day, users) & (short < left)
    in_full = users[~only_minimum]
    charge_fees(world, day, in_full, state.billed_left[in_full])
    pay_bills(world, day, users, np.where(only_minimum, short, left), is_autopay=False)
    drop_overdue(world, is_cured)


def _cure_installments(world: World, day: int, is_paying: Bools) -> None:
    state, parts = world.state, world.overdue_installments
    users = world.installments["user_id"][parts]
    still_open = world.installments["state"][parts] == OPEN
    pays = is_paying[users]
    pay_installments(world, day, parts[pays & still_open], is_autopay=False)
    loans = np.unique(world.installments["loan"][parts[pays]])
    _clear_reports(world.loans["reported"], loans)
    touched = loans[world.loans["reported"][loans] == 0]
    world.loans["status_at"][touched] = (day + 1) * SECONDS_PER_DAY - 1
    world.loans.touch(touched)
    world.overdue_installments = parts[~pays]
    np.subtract.at(state.overdue_count, users[pays], 1)


def _clear_reports(reported: Ints, rows: Ints) -> None:
    """A report of days past due ends with a report of 0."""
    reported[rows[reported[rows] != NULL]] = 0


def _report(world: World, day: int) -> None:
    """On certain days past due the lender reports them with the loan (a bill does at its issue)."""
    days = np.array(world.parameters.arrears.reported_days)
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
    owing = users[state.billed_left[users] > 0]
    bills = state.newest_bill[owing]
    bills_table["written_off"][bills] = state.billed_left[owing]
    bills_table["state"][bills] = LOST
    bills_table.touch(bills)
    loans = np.flatnonzero((loans_table["state"] == OPEN) & np.isin(loans_table["user_id"], users))
    owners = loans_table["user_id"][loans]
    parts = world.installments
    is_gone = np.flatnonzero((parts["state"] == OPEN) & np.isin(parts["user_id"], users))
    # Given up is what is owed by now: parts that are due, and the principal of those to come.
    is_due = parts["due_day"][is_gone] <= day
    owed = np.where(is_due, parts["amount"][is_gone], parts["principal"][is_gone])
    loans_table["written_off"][loans] = 0
    np.add.at(loans_table["written_off"], parts["loan"][is_gone], owed)
    sold = world.random.chance("sold", world.parameters.arrears.sold_share, day, owners)
    reason = np.where(sold, CLOSE_REASON.code("sold"), CLOSE_REASON.code("written_off"))
    close_loans(world, loans, full(loans, day * SECONDS_PER_DAY + 2 * 3600), reason)
    parts["state"][is_gone] = LOST
    is_lost = np.isin(bills_table["user_id"][world.overdue_bills], users)
    world.overdue_bills = world.overdue_bills[~is_lost]
    world.overdue_installments = world.overdue_installments[
        parts["state"][world.overdue_installments] == OPEN
    ]
    state.overdue_count[users] = state.billed_left[users] = state.unbilled[users] = 0
    state.is_billable[users] = False
    state.is_lost[users] = True
    close_lines(world, day, users)
    open_disputes(world, day, owners, LOAN, loans_table["number"][loans])


def _by_user(user_id: Ints, rows: Ints) -> Ints:
    order = np.lexsort((rows, user_id[rows]))
    return rows[order]
