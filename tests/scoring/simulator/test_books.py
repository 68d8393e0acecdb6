"""What the marts read out of the feeds is what the simulated lender has in its books."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from scoring.landing.contract import load_feeds
from scoring.landing.identity import attach_vault
from scoring.landing.ingest import load_range
from scoring.marts.build import build_nights
from scoring.nights import Night
from scoring.settings import load_settings
from scoring.simulator.arrays import Bools, Ints
from scoring.simulator.batches import batch_folder, total_table, write_control, write_table
from scoring.simulator.default_chance import oldest_days_late
from scoring.simulator.life import live
from scoring.simulator.parameters import Parameters
from scoring.simulator.season import to_day
from scoring.simulator.world import OPEN, World
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.scoring.simulator.worlds import START, make_world

USERS, DAYS = 900, 338
_QUESTION = """
select
    identities.user_id,
    history.outstanding_amount,
    history.current_dpd_days,
    linkage.open_loan_count
from marts.fct_user_credit_history_daily as history
inner join marts.fct_user_product_linkage_daily as linkage using (user_key, as_of_date, known_on)
inner join vault.identities using (user_key)
order by identities.user_id
"""


@dataclass(frozen=True)
class Books:
    """One evening of every user, from the lender's side and from the marts.

    Attributes:
        is_lost: Users whose debts were written off.
        outstanding: Billed balance and owed parts of loans, in fen.
    """

    is_lost: Bools
    outstanding: tuple[Ints, Ints]
    dpd: tuple[Ints, Ints]
    open_loans: tuple[Ints, Ints]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    home = tmp_path_factory.mktemp("books") / "home"
    settings = load_settings(
        _env_file=None, home=home, identity_key=TEST_KEY, minimum_due_ratio=Decimal("0.1")
    )
    world = make_world(USERS, DAYS, 19, _often_distressed())
    for day in live(world, DAYS):
        for feed in load_feeds():
            table = world.batch.take_table(feed, 0)
            if table is not None:
                folder = batch_folder(settings.landing, feed, day)
                write_control(folder, total_table(feed, table, 0))
                write_table(table, folder / "part-000.parquet", "parquet")
    last = START + timedelta(days=DAYS - 1)
    load_range(settings, START, last)
    build_nights(settings, [Night(last, last, "books")])
    with open_warehouse(settings) as connection, attach_vault(connection, settings):
        found = connection.execute(_QUESTION).fetchall()
    users = np.array([int(user_id[1:]) for user_id, *_ in found])
    lender = _lender_side(world, last)
    marts = [np.array([_to_int(row[number]) for row in found]) for number in (1, 2, 3)]
    pairs = ((mine[users], theirs) for mine, theirs in zip(lender, marts, strict=True))
    return Books(world.state.is_lost[users], *pairs)


def _often_distressed() -> Parameters:
    parameters = Parameters()
    arrears = replace(parameters.arrears, distress_chance=0.0004, forget_chance=0.05)
    return replace(parameters, arrears=arrears)


def _to_int(value: object) -> int:
    return int(value * 100) if isinstance(value, Decimal) else int(str(value))


def _lender_side(world: World, last: date) -> tuple[Ints, Ints, Ints]:
    """Owed, days past due and open cash loans of each user."""
    day = to_day(last)
    state, parts = world.state, world.installments
    owed = state.billed_left.copy()
    is_open = parts["state"] == OPEN
    is_due = parts["due_day"] <= day
    amount = np.where(is_due, parts["amount"], parts["principal"])
    np.add.at(owed, parts["user_id"][is_open], amount[is_open])
    return owed, oldest_days_late(world, day), state.open_loans


def test_every_user_owes_what_the_lender_says(books: Books) -> None:
    lender, marts = books.outstanding
    assert (lender > 0).sum() > 300
    np.testing.assert_array_equal(marts, lender)


def test_every_user_is_as_late_as_the_lender_says(books: Books) -> None:
    lender, marts = books.dpd
    assert (lender > 0).sum() > 8
    np.testing.assert_array_equal(marts[~books.is_lost], lender[~books.is_lost])
    # A write-off is no payment: the days go on.
    assert books.is_lost.sum() > 3
    assert (marts[books.is_lost] > 210).all()


def test_every_user_has_the_cash_loans_that_the_lender_says(books: Books) -> None:
    lender, marts = books.open_loans
    assert (lender > 0).sum() > 80
    np.testing.assert_array_equal(marts, lender)
