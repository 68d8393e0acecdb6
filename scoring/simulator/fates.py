"""What becomes of a purchase: receipt confirmed, trade closed, money refunded."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import (
    NULL,
    SECONDS_PER_DAY,
    Bools,
    Floats,
    Ints,
    Rows,
    full,
    rank_in_group,
    to_ints,
)
from scoring.simulator.encoding import PAYMENT_METHOD, TRANSACTION_STATUS
from scoring.simulator.loans import open_plans
from scoring.simulator.world import World

BALANCE, DEBIT, PAY_LATER, PLAN, CARD, OTHER = range(len(PAYMENT_METHOD.words))
SETTLED, REFUNDED, CLOSED = range(len(TRANSACTION_STATUS.words))
CONFIRM, CLOSE, REFUND = range(3)
"""What an agenda row does on its day."""
_FATES = {
    CONFIRM: ("confirming", SETTLED),
    CLOSE: ("closing", CLOSED),
    REFUND: ("refunding", REFUNDED),
}
OFFLINE = 0
_PARTIAL_FROM = 10_00


def draw_fates(world: World, day: int, rows: Rows) -> None:
    """Confirm offline purchases now; put down when the others are confirmed, closed, refunded."""
    random, users = world.random, rows["user_id"]
    item = rank_in_group(users)
    spending = world.parameters.spending
    offline = rows["channel"] == OFFLINE
    rows["confirmed_at"] = np.where(offline, rows["occurred_at"], NULL)
    closed = ~offline & random.chance("closed", spending.closed_share, day, users, item)
    close_day = day + random.integer("closed after", 1, 3, day, users, item)
    _put_fate(world, rows, closed, close_day, CLOSE)
    waits = 1 + to_ints(-3.0 * np.log(random.uniform("confirmed after", day, users, item)))
    confirmed = ~offline & ~closed
    confirm_day = np.where(offline, day, day + np.minimum(waits, 15))
    later = _put_fate(world, rows, confirmed, confirm_day, CONFIRM)
    refunded = random.chance("refunded", spending.refunded_share, day, users, item)
    refunded &= ~closed & (rows["payment_method"] != PLAN)
    refund_day = confirm_day + random.integer("refunded after", 1, 10, day, users, item)
    known = {**rows, "confirmed_at": np.where(offline, rows["occurred_at"], later)}
    _put_fate(world, known, refunded, refund_day, REFUND)


def _put_fate(world: World, rows: Rows, chosen: Bools, days: Ints, event: int) -> Ints:
    """Put the row of each chosen purchase down as it will be sent; return the moments."""
    users = rows["user_id"]
    name, status = _FATES[event]
    moment = world.moment(name, 0, users, rows["transaction_id"]) + days * SECONDS_PER_DAY
    sent = dict(rows)
    sent["event"] = full(users, event)
    sent["moment"] = moment
    if event == CONFIRM:
        sent["confirmed_at"] = moment
    else:
        sent["status"], sent["status_at"] = full(users, status), moment
    part = {column: values[chosen] for column, values in sent.items()}
    world.agenda("transactions").put(days[chosen], part)
    return moment


def settle_fates(world: World, day: int) -> None:
    """Do and send what was put down for today."""
    rows = world.agenda("transactions").take(day)
    if rows is None:
        return
    event = rows.pop("event")
    moment = rows.pop("moment")
    confirm(world, day, {name: values[event == CONFIRM] for name, values in rows.items()})
    _give_back(world, {name: values[event == CLOSE] for name, values in rows.items()})
    refunds = {name: values[event == REFUND] for name, values in rows.items()}
    partial = _refund(world, refunds, moment[event == REFUND])
    # A purchase refunded in part stays settled, so there is nothing new to send about it.
    unchanged = np.zeros(event.size, dtype=np.bool_)
    unchanged[np.flatnonzero(event == REFUND)[partial]] = True
    send(world, {name: values[~unchanged] for name, values in rows.items()})


def confirm(world: World, day: int, rows: Rows) -> None:
    """Receipt is confirmed: a pay-later purchase goes onto the bill, an instalment plan starts."""
    users, method = rows["user_id"], rows["payment_method"]
    later = method == PAY_LATER
    np.add.at(world.state.unbilled, users[later], rows["amount"][later])
    world.state.is_billable[users[later]] = True
    plan = method == PLAN
    open_plans(world, day, users[plan], rows["amount"][plan], rows["confirmed_at"][plan])


def _give_back(world: World, rows: Rows) -> None:
    """A closed purchase is undone: the line has its room back, the balance its money."""
    users, method, amount = rows["user_id"], rows["payment_method"], rows["amount"]
    on_line = (method == PAY_LATER) | (method == PLAN)
    np.subtract.at(world.huabei.used, users[on_line], amount[on_line])
    np.add.at(world.state.balance, users[method == BALANCE], amount[method == BALANCE])


def _refund(world: World, rows: Rows, moment: Ints) -> Bools:
    """Send refunds as rows of their own; return which were partial.

    A refund of a pay-later purchase lowers the next bill, whether or not the old one was paid.
    """
    users, amount = rows["user_id"], rows["amount"]
    random, item = world.random, rows["transaction_id"]
    share: Floats = 0.1 + 0.8 * random.uniform("refunded share", 0, users, item)
    spending = world.parameters.spending
    partial = random.chance("partial refund", spending.partial_refund_share, 0, users, item)
    partial &= amount >= _PARTIAL_FROM
    refunded = np.where(partial, to_ints(amount * share), amount)
    later = rows["payment_method"] == PAY_LATER
    np.subtract.at(world.state.unbilled, users[later], refunded[later])
    np.subtract.at(world.huabei.used, users[later], refunded[later])
    world.state.is_billable[users[later]] = True
    world.state.spending_30d[users] = np.maximum(world.state.spending_30d[users] - refunded, 0)
    refund = dict(rows)
    refund["refund_of"] = rows["transaction_id"]
    refund["transaction_id"] = world.number("transaction", users, 6)
    refund["occurred_at"] = refund["confirmed_at"] = moment
    refund["amount"] = refunded
    refund["balance_after"] = full(users, NULL)
    refund["status"] = full(users, SETTLED)
    refund["status_at"] = full(users, NULL)
    send(world, refund)
    return partial


def send(world: World, rows: Rows) -> None:
    """Send transactions as they are."""
    world.batch.add_rows("transactions", rows)
