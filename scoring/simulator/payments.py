"""Payments of bills and instalments, as planned: the feed repayments."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Bools, Floats, Ints, Rows, full
from scoring.simulator.encoding import CLOSE_REASON, PAID_BY, PAYMENT_STATUS
from scoring.simulator.loans import close_loans
from scoring.simulator.world import HUABEI, OPEN, SETTLED, World

AUTOPAY, MANUAL, EARLY, THIRD_PARTY = range(len(PAID_BY.words))
SUCCEEDED, FAILED, REVERSED = range(len(PAYMENT_STATUS.words))


def pay_bills(
    world: World,
    day: int,
    users: Ints,
    amount: Ints,
    *,
    is_autopay: bool,
    bounces: Bools | None = None,
) -> None:
    """Pay ``amount`` on each user's newest bill; where it ``bounces`` it is reversed the next day.

    Who has bills past due and pays the newest one to the last fen has settled them all, whatever
    refunds have moved in between: such a payment is final.
    """
    table, state = world.bills, world.state
    bills = state.newest_bill[users]
    bounces = np.zeros(users.size, dtype=np.bool_) if bounces is None else bounces
    numbers = world.number("repayment", users, 6)
    is_final = (amount == state.billed_left[users]) & (state.overdue_count[users] > 0) & ~bounces
    # Now and then somebody pays into the line instead of naming the bill.
    is_general = world.random.chance("into the line", 0.03, day, users, numbers)
    is_general &= ~bounces & ~is_final & (not is_autopay)
    rows = {
        "user_id": users,
        "repayment_id": numbers,
        "statement_id": np.where(is_general, NULL, table["number"][bills]),
        "account_id": np.where(is_general, world.account_number(HUABEI, users), NULL),
        "paid_at": world.moment("payment", day, users, numbers),
        "amount": amount,
        "method": _draw_methods(world, day, users, numbers, is_autopay),
        "status": full(users, SUCCEEDED),
        "is_final": is_final.astype(np.int64),
    }
    world.batch.add_rows("repayments", rows)
    reversed_rows = {name: values[bounces] for name, values in rows.items()}
    reversed_rows["status"] = full(users[bounces], REVERSED)
    world.agenda("reversals").put(full(users[bounces], day + 1), reversed_rows)
    bills, amount, users = bills[~bounces], amount[~bounces], users[~bounces]
    state.paid_total[users] += amount
    state.billed_left[users] -= amount
    world.huabei.used[users] -= amount
    table["state"][bills[state.billed_left[users] == 0]] = SETTLED


def pay_installments(world: World, day: int, indices: Ints, *, is_autopay: bool) -> None:
    """Pay instalments in full; a loan without open instalments ends."""
    table, loans = world.installments, world.loans
    owners = table["loan"][indices]
    users = table["user_id"][indices]
    numbers = world.number("repayment", users, 6)
    paid_at = world.moment("payment", day, users, numbers)
    world.batch.add(
        "repayments",
        users,
        repayment_id=numbers,
        loan_id=loans["number"][owners],
        installment_no=table["number"][indices],
        paid_at=paid_at,
        amount=table["amount"][indices],
        method=_draw_methods(world, day, users, numbers, is_autopay),
        status=SUCCEEDED,
        is_final=0,
    )
    table["state"][indices] = SETTLED
    principal = table["principal"][indices]
    for line in world.lines:
        mine = loans["product"][owners] == line.product
        np.subtract.at(line.used, users[mine], principal[mine])
    np.subtract.at(loans["principal_left"], owners, principal)
    np.subtract.at(loans["unpaid_count"], owners, 1)
    paid_off = np.unique(owners[loans["unpaid_count"][owners] == 0])
    closed_at = full(paid_off, day * SECONDS_PER_DAY)
    is_last = np.isin(owners, paid_off)
    np.maximum.at(closed_at, np.searchsorted(paid_off, owners[is_last]), paid_at[is_last])
    close_loans(world, paid_off, closed_at, CLOSE_REASON.code("repaid"))


def step_installment_payments(world: World, day: int) -> None:
    """Pay the instalments planned for today, if their owners can and do not forget."""
    rows = world.agenda("pay installments").take(day)
    if rows is None:
        return
    is_open = world.installments["state"][rows["index"]] == OPEN
    indices, item = rows["index"][is_open], rows["item"][is_open]
    users = world.installments["user_id"][indices]
    has_autopay = world.hidden.has_autopay[users]
    is_broke = world.is_distressed(day, users)
    chance = forget_chance(world, day, users)
    forgets = ~has_autopay & world.random.chance("forgets part", chance, 0, users, item)
    pays = ~is_broke & ~forgets
    pay_installments(world, day, indices[pays & has_autopay], is_autopay=True)
    pay_installments(world, day, indices[pays & ~has_autopay], is_autopay=False)
    failed = indices[is_broke & has_autopay]
    owners = world.installments["loan"][failed]
    send_failure(
        world,
        day,
        world.installments["user_id"][failed],
        world.installments["amount"][failed],
        {
            "loan_id": world.loans["number"][owners],
            "installment_no": world.installments["number"][failed],
        },
    )


def step_reversals(world: World, day: int) -> None:
    """Send yesterday's bounced payments again, reversed."""
    rows = world.agenda("reversals").take(day)
    if rows is not None:
        world.batch.add_rows("repayments", rows)


def forget_chance(world: World, day: int, users: Ints) -> Floats:
    """Probability that a payment by hand slips the user's mind until after the due date."""
    arrears = world.parameters.arrears
    discipline = world.hidden.discipline[users]
    is_strained = world.state.strain_until[users] > day
    chances: Floats = arrears.forget_chance * np.exp(-arrears.forget_slope * discipline)
    return chances * np.where(is_strained, arrears.strain_forget_factor, 1.0)


def send_failure(world: World, day: int, users: Ints, amount: Ints, target: Rows) -> None:
    """Send an automatic debit that found too little."""
    numbers = world.number("repayment", users, 6)
    rows = {
        "user_id": users,
        "repayment_id": numbers,
        "paid_at": day * SECONDS_PER_DAY + 3600 + numbers % 3600,
        "amount": amount,
        "method": full(users, AUTOPAY),
        "status": full(users, FAILED),
        "is_final": full(users, 0),
    }
    world.batch.add_rows("repayments", rows | target)


def _draw_methods(world: World, day: int, users: Ints, numbers: Ints, is_autopay: bool) -> Ints:
    if is_autopay:
        return full(users, AUTOPAY)
    friend = world.random.chance("third party", 0.012, day, users, numbers)
    return np.where(friend, THIRD_PARTY, MANUAL)
