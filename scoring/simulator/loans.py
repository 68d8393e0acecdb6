"""Loans and their instalments, pay-later plans among them: the feeds loans and installments."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import (
    NO_ROWS,
    NULL,
    Ints,
    Rows,
    day_in_month,
    full,
    rank_in_group,
    running_total,
    to_ints,
)
from scoring.simulator.encoding import DECISION
from scoring.simulator.schedules import (
    EQUAL_PRINCIPAL,
    MONTH_DAYS,
    principal_parts,
    split_evenly,
)
from scoring.simulator.world import HUABEI, JIEBEI, OPEN, SETTLED, World

ACCEPTED, REJECTED = range(len(DECISION.words))


def open_plans(
    world: World, day: int, users: Ints, principal: Ints, moment: Ints, origin: Ints | None = None
) -> None:
    """Open a pay-later instalment plan per row; ``origin`` = number of the bill it takes over."""
    huabei, random = world.parameters.huabei, world.random
    numbers = world.number("loan", users, 4)
    choice = random.integer("plan term", 0, len(huabei.plan_terms) - 1, day, users, numbers)
    terms = np.array(huabei.plan_terms)[choice]
    fee = to_ints(principal * np.array(huabei.plan_fees)[choice])
    rows = new_loans(users, numbers, HUABEI, principal, moment)
    rows["term_months"] = terms
    rows["method"] = full(users, EQUAL_PRINCIPAL)
    if origin is not None:
        rows["origin"] = origin
    add_loans(world, day, rows, terms, split_evenly(fee, terms), world.hidden.due_day[users])


def close_loans(world: World, loans: Ints, moment: Ints, reason: Ints | int) -> None:
    """End loans: free the line and mark the rows for sending."""
    table = world.loans
    users, product = table["user_id"][loans], table["product"][loans]
    for line in world.lines:
        mine = product == line.product
        np.subtract.at(line.used, users[mine], table["principal_left"][loans[mine]])
    np.subtract.at(world.state.open_loans, users[product == JIEBEI], 1)
    table["principal_left"][loans] = 0
    table["unpaid_count"][loans] = 0
    table["state"][loans] = SETTLED
    table["closed_at"][loans] = moment
    table["status_at"][loans] = moment
    table["close_reason"][loans] = reason
    table.touch(loans)


def send_loans(world: World) -> None:
    """Send the loans touched today as they are tonight."""
    loans = world.loans
    rows = {name: loans[name][touched] for touched in [loans.take_touched()] for name in _SENT}
    user_id = rows.pop("user_id")
    product = rows["product"]
    world.batch.add(
        "loans",
        user_id,
        loan_id=rows["number"],
        product=product,
        account_id=world.account_number(product, user_id),
        applied_at=rows["applied_at"],
        disbursed_at=rows["disbursed_at"],
        decision=rows["decision"],
        principal=rows["principal"],
        total_due=rows["total_due"],
        daily_rate=rows["rate"],
        term_months=rows["term_months"],
        term_days=rows["term_days"],
        repayment_method=rows["method"],
        lender_id=rows["lender"],
        origin_statement_id=rows["origin"],
        closed_at=rows["closed_at"],
        close_reason=rows["close_reason"],
        written_off_amount=rows["written_off"],
        reported_dpd=rows["reported"],
        status_at=rows["status_at"],
    )


_SENT = (
    *("user_id", "number", "product", "applied_at", "disbursed_at", "decision", "principal"),
    *("total_due", "rate", "term_months", "term_days", "method", "lender", "origin"),
    *("closed_at", "close_reason", "written_off", "reported", "status_at"),
)


def new_loans(users: Ints, numbers: Ints, product: int, principal: Ints, moment: Ints) -> Rows:
    """Rows of the table of loans, accepted and paid out at ``moment``, without terms yet."""
    unknown: tuple[str, ...] = (
        "total_due",
        "rate",
        "term_months",
        "term_days",
        "method",
        "origin",
        "closed_at",
    )
    unknown += ("close_reason", "written_off", "reported", "status_at")
    none = full(users, 0)
    return {
        **{name: full(users, NULL) for name in unknown},
        "user_id": users,
        "number": numbers,
        "product": full(users, product),
        "applied_at": moment,
        "disbursed_at": moment,
        "decision": full(users, ACCEPTED),
        "principal": principal,
        "lender": none,
        "state": full(users, OPEN),
        "first_installment": none,
        "installment_count": none,
        "unpaid_count": none,
        "principal_left": principal,
    }


def add_loans(
    world: World, day: int, rows: Rows, terms: Ints, interest: Ints | None, day_of_month: Ints
) -> Ints:
    """Add loans and their schedules and return their rows.

    ``interest`` is per instalment; None = from the rate.
    """
    users = rows["user_id"]
    if users.size == 0:
        return NO_ROWS
    owner = np.repeat(np.arange(users.size), terms)
    position = rank_in_group(owner)
    principal = principal_parts(rows, terms, owner, position)
    if interest is None:
        before = rows["principal"][owner] - running_total(owner, principal) + principal
        days = np.where(rows["term_days"] == NULL, MONTH_DAYS, rows["term_days"])[owner]
        interest = to_ints(before * rows["rate"][owner] * days / 1e8)
    due_day = day_in_month(day, position + 1, day_of_month[owner])
    has_days = rows["term_days"][owner] != NULL
    due_day = np.where(has_days, day + rows["term_days"][owner], due_day)
    amount = principal + interest
    first = np.cumsum(terms) - terms
    rows["total_due"] = np.add.reduceat(amount, first)
    rows["first_installment"] = world.installments.size + first
    rows["installment_count"] = rows["unpaid_count"] = terms
    loans = world.loans.append(rows)
    world.loans.touch(loans)
    schedule = {
        "user_id": users[owner],
        "loan": loans[owner],
        "number": position + 1,
        "due_day": due_day,
        "amount": amount,
        "principal": principal,
        "interest": interest,
        "state": full(owner, OPEN),
    }
    indices = world.installments.append(schedule)
    _plan_payments(world, indices)
    world.batch.add(
        "installments",
        users[owner],
        loan_id=rows["number"][owner],
        installment_no=position + 1,
        due_date=due_day,
        amount_due=amount,
        principal_due=principal,
        interest_due=interest,
    )
    return loans


def _plan_payments(world: World, indices: Ints) -> None:
    """Put down when each instalment will be paid and when it is checked."""
    table = world.installments
    users, due_day = table["user_id"][indices], table["due_day"][indices]
    item = world.loans["number"][table["loan"][indices]] * 100 + table["number"][indices]
    lead = world.random.integer("instalment lead", 0, 3, 0, users, item)
    lead = np.where(world.hidden.has_autopay[users], 0, lead)
    rows = {"user_id": users, "index": indices, "item": item}
    world.agenda("pay installments").put(due_day - lead, rows)
    world.agenda("check installments").put(due_day + 1, rows)


def installments_of(world: World, loans: Ints) -> Ints:
    """Indices of all instalments of these loans."""
    counts = world.loans["installment_count"][loans]
    owner = np.repeat(np.arange(loans.size), counts)
    return world.loans["first_installment"][loans][owner] + rank_in_group(owner)
