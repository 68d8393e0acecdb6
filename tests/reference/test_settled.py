"""Of whom bills and loans are left out; that no feature shows it is told by test_equality."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from scoring.warehouse.store import open_warehouse
from tests.reference import settled_users as kinds
from tests.reference.settled_users import EDGE, KINDS, Settled
from tests.reference.worlds import World, old_world

DAYS = [EDGE + timedelta(days=offset) for offset in (-1, 0, 1)]
CUT: dict[type[Settled], int] = {
    **dict.fromkeys((Settled, kinds.NoAccount, kinds.ObjectsToNewBill), -30),
    **dict.fromkeys((kinds.ClosesLoans, kinds.Credited, kinds.PaidAtLast), -30),
    **dict.fromkeys((kinds.PaysIntoCash, kinds.PaysIntoCashLater, kinds.PaysIntoLater), -30),
    kinds.Stopped: -210,
}
"""Whose bills are left out -> the oldest bill that is kept, in days from the user's day."""


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return old_world(tmp_path_factory.getbasetemp())


def _read_cuts(world: World) -> dict[str, date]:
    """What a user's cash loan of long ago is called -> first_kept_date, on the last night."""
    with open_warehouse(world.settings) as connection:
        return dict(
            connection.execute(
                "select loans.loan_id, left_out.first_kept_date"
                " from intermediate.int_statements__left_out as left_out"
                " inner join staging.stg_loans as loans using (user_key)"
                " where loans.loan_id like 'l900-%' and left_out.as_of_date = ?",
                [world.nights[-1].question.as_of],
            ).fetchall()
        )


def test_bills_are_left_out_of_whom_all_was_settled(world: World) -> None:
    expected = {
        f"l900-{kind.__name__}-{day}": day + timedelta(days=offset)
        for kind, offset in CUT.items()
        for day in DAYS
        # Paid on the user's day: outside the windows on their last day outside, not after it.
        if kind is not kinds.PaidAtLast or day <= EDGE
    }
    assert _read_cuts(world) == expected


def test_most_kinds_keep_their_bills() -> None:
    assert set(CUT) < set(KINDS)
    assert len(set(KINDS) - set(CUT)) >= 15


@pytest.mark.parametrize(
    ("number", "left_out"),
    [(1000, DAYS[:2]), (1001, DAYS[:1]), (1002, []), (1003, []), (1004, []), (900, DAYS)],
    ids=["closed on the day", "due on it", "due later", "paid later", "given up", "long ago"],
)
def test_loans_are_left_out_that_were_over(number: int, left_out: list[date], world: World) -> None:
    with open_warehouse(world.settings) as connection:
        found = connection.execute(
            "select loans.loan_id"
            " from intermediate.int_loans__left_out as left_out"
            " inner join staging.stg_loans as loans on left_out.loan_key = loans.loan_key"
            " where left_out.as_of_date = ? and loans.loan_id like ? order by loans.loan_id",
            [world.nights[-1].question.as_of, f"l{number}-ClosesLoans-%"],
        ).fetchall()
    assert found == [(f"l{number}-ClosesLoans-{day}",) for day in left_out]
