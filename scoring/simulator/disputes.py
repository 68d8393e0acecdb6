"""Objections of users against records: the feed disputes."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Ints, Rows, full
from scoring.simulator.encoding import LOANS, OUTCOME, RECORD_KIND, STATEMENTS
from scoring.simulator.world import World

STATEMENT, INSTALLMENT, LOAN = range(len(RECORD_KIND.words))
_SHARE = 0.05


def open_disputes(
    world: World, day: int, users: Ints, kind: int, records: Ints, parts: Ints | None = None
) -> None:
    """A few of the owners of these records object within days and get an answer within weeks."""
    random = world.random
    item = records * 3 + kind
    objects = random.chance("disputes", _SHARE, day, users, item)
    users, records, item = users[objects], records[objects], item[objects]
    opened_day = day + random.integer("disputes after", 1, 10, day, users, item)
    resolved_day = opened_day + random.integer("resolved after", 3, 20, day, users, item)
    upheld = random.chance("upheld", 0.3, day, users, item)
    outcome = np.where(upheld, OUTCOME.code("upheld"), OUTCOME.code("rejected"))
    order = np.argsort(users, kind="stable")
    numbers = full(users, 0)
    numbers[order] = world.number("dispute", users[order], 2)
    rows: Rows = {
        "user_id": users,
        "dispute_id": numbers,
        "record_kind": full(users, kind),
        "record": records,
        "part": full(users, NULL) if parts is None else parts[objects],
        "opened_at": opened_day * SECONDS_PER_DAY + 10 * 3600,
        "resolved_at": full(users, NULL),
        "outcome": full(users, NULL),
    }
    world.agenda("disputes").put(opened_day, rows)
    answered = {
        **rows,
        "resolved_at": resolved_day * SECONDS_PER_DAY + 16 * 3600,
        "outcome": outcome,
    }
    world.agenda("disputes").put(resolved_day, answered)


def step_disputes(world: World, day: int) -> None:
    """Send what was opened or resolved today."""
    rows = world.agenda("disputes").take(day)
    if rows is None:
        return
    words = [
        _record_id(int(kind), int(record), int(part))
        for kind, record, part in zip(
            rows["record_kind"], rows.pop("record"), rows.pop("part"), strict=True
        )
    ]
    world.batch.add_rows("disputes", rows, {"record_id": words})


def _record_id(kind: int, record: int, part: int) -> str:
    if kind == STATEMENT:
        return f"{STATEMENTS.prefix}{record:0{STATEMENTS.digits}d}"
    loan_id = f"{LOANS.prefix}{record:0{LOANS.digits}d}"
    return f"{loan_id}#{part}" if kind == INSTALLMENT else loan_id
