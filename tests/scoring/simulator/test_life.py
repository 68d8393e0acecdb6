"""The money adds up, the rules of the lender hold, and the world looks like its sources."""

from __future__ import annotations

import numpy as np
import pytest

from scoring.simulator.arrays import Ints
from scoring.simulator.fates import CLOSE, CONFIRM, PAY_LATER, PLAN
from scoring.simulator.world import ACTIVE, FROZEN, HUABEI, JIEBEI, OPEN, World
from tests.scoring.simulator.conftest import DAYS, USERS
from tests.scoring.simulator.worlds import Written, live_quietly, make_world

LATEST_REPAYMENTS = """
    (
        select * from repayments
        qualify row_number() over (partition by repayment_id order by dt desc) = 1
    )
"""


@pytest.fixture(scope="module")
def small_world() -> World:
    world = make_world(1000, 300, 3)
    live_quietly(world, 300)
    return world


def test_a_bill_is_never_paid_more_than_it_asks(written: Written) -> None:
    found = written.one(
        f"""
        with paid as (
            select statement_id, sum(amount) as amount
            from {LATEST_REPAYMENTS}
            where status = 'succeeded' and statement_id is not null
            group by statement_id
        )
        select count(*), count(*) filter (where paid.amount > statements.amount_due)
        from paid
        inner join (select distinct statement_id, amount_due from statements) as statements
            using (statement_id)
        """
    )
    assert int(str(found[0])) > 1000
    assert found[1] == 0


def test_a_repaid_loan_was_paid_to_the_last_fen_or_settled_early(written: Written) -> None:
    found = written.one(
        f"""
        with paid as (
            select loan_id, sum(amount) as amount, bool_or(is_final) as is_final
            from {LATEST_REPAYMENTS}
            where status = 'succeeded' and loan_id is not null
            group by loan_id
        )
        select
            count(*) filter (where not paid.is_final),
            count(*) filter (where paid.is_final),
            count(*) filter (where not paid.is_final and paid.amount <> loans.total_due),
            count(*) filter (where paid.is_final and paid.amount < loans.principal),
        from paid
        inner join (select * from loans where close_reason = 'repaid') as loans using (loan_id)
        """
    )
    assert int(str(found[0])) > 50
    assert int(str(found[1])) > 5
    assert found[2:] == (0, 0)


def test_a_schedule_adds_up_to_its_loan(written: Written) -> None:
    found = written.one(
        """
        with schedules as (
            select
                loan_id,
                sum(amount_due) as amount,
                sum(principal_due) as principal,
                count(*) filter (where principal_due + interest_due <> amount_due) as odd,
            from installments
            group by loan_id
        )
        select
            count(*),
            count(*) filter (where schedules.amount <> loans.total_due),
            count(*) filter (where schedules.principal <> loans.principal),
            sum(schedules.odd),
        from schedules
        inner join (select distinct loan_id, total_due, principal from loans) as loans
            using (loan_id)
        """
    )
    assert int(str(found[0])) > 300
    assert found[1:] == (0, 0, 0)


def test_the_cash_line_opens_at_a_lender_score_of_600_sharply(written: Written) -> None:
    landed_later = "product = 'jiebei' and decided_at >= '2024-01-01'"
    granted = written.one(
        f"select count(*), min(score_used) from limit_decisions "
        f"where {landed_later} and action = 'grant'"
    )
    declined = written.one(
        f"select count(*), max(score_used) from limit_decisions "
        f"where {landed_later} and action = 'decline'"
    )
    assert int(str(granted[0])) > 10
    assert int(str(granted[1])) >= 600
    assert int(str(declined[0])) > 10
    assert int(str(declined[1])) <= 600


def test_limits_and_rates_stay_in_the_published_ranges(written: Written) -> None:
    assert (
        written.count("accounts", "product = 'huabei' and credit_limit not between 20 and 50000")
        == 0
    )
    assert (
        written.count("accounts", "product = 'jiebei' and credit_limit not between 500 and 300000")
        == 0
    )
    assert (
        written.count("loans", "product = 'jiebei' and daily_rate not between 0.00015 and 0.0006")
        == 0
    )
    assert written.count("accounts", "product = 'huabei' and due_day not in (8, 9, 10)") == 0


def test_every_kind_of_event_happens(written: Written) -> None:
    for table, column, words in (
        ("transactions", "status", {"settled", "refunded", "closed"}),
        ("transactions", "direction", {"in", "out"}),
        (
            "transactions",
            "payment_method",
            {"balance", "debit", "huabei", "huabei_installment", "credit_card", "other"},
        ),
        ("accounts", "status", {"active", "frozen", "closed"}),
        ("repayments", "method", {"autopay", "manual", "early", "third_party"}),
        ("repayments", "status", {"succeeded", "failed", "reversed"}),
        (
            "loans",
            "repayment_method",
            {"equal_installment", "equal_principal", "interest_first", "bullet"},
        ),
        ("loans", "decision", {"accepted", "rejected"}),
        ("limit_decisions", "action", {"grant", "raise", "cut", "freeze", "close", "decline"}),
        ("consents", "state", {"granted", "revoked"}),
    ):
        found = written.connection.execute(
            f"select distinct {column} from {table} where {column} is not null"
        ).fetchall()
        assert {word for (word,) in found} == words


def test_spending_has_the_right_size_and_season(written: Written) -> None:
    purchases = """
        (
            select distinct transaction_id, user_id, occurred_at, amount from transactions
            where direction = 'out' and refund_of is null
        )
    """
    per_user_day = written.one(f"select count(*) / ({USERS} * {DAYS}) from {purchases}")[0]
    assert 0.2 < float(str(per_user_day)) < 0.4
    usual, double_eleven = written.one(
        f"""
        select
            count(*) / 365,
            count(*) filter (where occurred_at::date between '2024-11-10' and '2024-11-11') / 2,
        from {purchases}
        """
    )
    assert float(str(double_eleven)) > 2 * float(str(usual))
    top_tenth = written.one(
        f"""
        with users as (select user_id, sum(amount) as amount from {purchases} group by user_id),
        tenths as (
            select amount, ntile(10) over (order by amount desc, user_id) as tenth from users
        )
        select sum(amount) filter (where tenth = 1) / sum(amount) from tenths
        """
    )[0]
    assert float(str(top_tenth)) > 0.3


def test_what_is_used_of_a_line_is_what_its_owner_owes(small_world: World) -> None:
    world = small_world
    loans = world.loans
    owed = world.state.unbilled.copy()
    owed += world.state.billed_left
    np.add.at(owed, *_open_principal(world, HUABEI))
    for day in range(world.start + 300, world.last_day + 1):
        rows = world.agenda("transactions").take(day)
        if rows is not None:
            waits = np.isin(rows["event"], (CONFIRM, CLOSE))
            waits &= np.isin(rows["payment_method"], (PAY_LATER, PLAN))
            np.add.at(owed, rows["user_id"][waits], rows["amount"][waits])
    cash_owed = np.zeros_like(owed)
    np.add.at(cash_owed, *_open_principal(world, JIEBEI))
    for line, expected in ((world.huabei, owed), (world.jiebei, cash_owed)):
        lives = np.isin(line.status, (ACTIVE, FROZEN))
        assert lives.sum() > 150
        np.testing.assert_array_equal(line.used[lives], expected[lives])
    assert int((loans["unpaid_count"] < 0).sum()) == 0


def _open_principal(world: World, product: int) -> tuple[Ints, Ints]:
    loans = world.loans
    mine = (loans["state"] == OPEN) & (loans["product"] == product)
    return loans["user_id"][mine], loans["principal_left"][mine]


def test_counters_agree_with_the_books(small_world: World) -> None:
    world, users = small_world, small_world.hidden.size
    bills, loans = world.bills, world.loans
    overdue = np.bincount(bills["user_id"][world.overdue_bills], minlength=users)
    owners = world.installments["user_id"][world.overdue_installments]
    overdue += np.bincount(owners, minlength=users)
    np.testing.assert_array_equal(world.state.overdue_count, overdue)
    newest = world.state.newest_bill[world.state.newest_bill >= 0]
    is_open = np.flatnonzero(bills["state"] == OPEN)
    assert np.isin(is_open, newest).all()
    owing = np.flatnonzero(world.state.billed_left > 0)
    np.testing.assert_array_equal(np.sort(bills["user_id"][is_open]), owing)
    is_open = (loans["state"] == OPEN) & (loans["product"] == JIEBEI)
    open_loans = np.bincount(loans["user_id"][is_open], minlength=users)
    np.testing.assert_array_equal(world.state.open_loans, open_loans)
