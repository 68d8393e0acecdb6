"""30,000 real card holders month by month: money to the cent, arrears beside the bank's codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

import duckdb
import pytest

from tests.acceptance.adapters import taiwan
from tests.acceptance.difference_classes import CLASSES
from tests.acceptance.figures import Figures
from tests.acceptance.money import money_figures
from tests.acceptance.readings import beside_the_marts
from tests.acceptance.runs import TAIWAN_MONTH_ENDS, run_taiwan_months
from tests.acceptance.sources import real_source
from tests.acceptance.taiwan_codes import write_cells
from tests.acceptance.taiwan_money import read_taiwan_money

pytestmark = pytest.mark.slow

Show = Callable[[Figures], None]

COUNTS = {
    "same code": 124_119,
    "bill not due yet": 30_000,
    "code of the next bill": 5_568,
    "-2 but billed and paid": 7_075,
    "settled but coded open": 49,
    "-1 but part paid": 388,
    "missed minimums not made up": 3_480,
    "paid, but coded late": 2_915,
    "minimum in whole dollars": 340,
    "bill out of line": 83,
    "unpaid, coded 0 until June": 2_451,
    "unpaid, coded 0 after June": 16,
    "unpaid, coded -1": 67,
    "-2 but open": 494,
    "code 1 before September": 13,
    "late before the first bill": 2_167,
    "missed minimums add up": 70,
    "an earlier miss coded 0": 272,
    "count stands still": 433,
}

# Two months in a row of one card holder, where both bills have fallen due.
PAIRS = (
    "from cells as first inner join cells as second "
    "on first.user_id = second.user_id and second.month = first.month + 1 and second.month < 9"
)


@pytest.fixture(scope="module")
def marts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts of all the months' ends and, beside them, the table ``cells``."""
    source = real_source(taiwan.NAME)
    run = run_taiwan_months(source, tmp_path_factory.mktemp("taiwan_months"))
    with beside_the_marts(run.settings) as connection:
        write_cells(connection, source)
        yield connection


def test_every_bill_and_payment_is_in_the_marts_to_the_cent(
    marts: duckdb.DuckDBPyConnection, show: Show
) -> None:
    lines = read_taiwan_money(marts, real_source(taiwan.NAME))
    show(money_figures("Taiwan", lines))
    assert [line.what for line in lines if line.users_apart or line.source != line.marts] == []
    due, covered, carried, september, spring, summer = (line.marts for line in lines)
    assert (due, september) == (Decimal("6565220990.00"), Decimal("1537381257.00"))
    assert due == covered + carried
    assert spring + summer == Decimal("949541777.00")


def test_every_cell_belongs_to_exactly_one_class(marts: duckdb.DuckDBPyConnection) -> None:
    cells = marts.execute(
        "select count(*), count(distinct (user_id, month)), min(classes_that_hold), "
        "max(classes_that_hold) from cells"
    ).fetchall()
    assert cells == [(180_000, 180_000, 1, 1)]


def test_each_class_of_difference_has_its_cells(
    marts: duckdb.DuckDBPyConnection, show: Show
) -> None:
    counts = dict(
        marts.execute("select difference_class, count(*) from cells group by all").fetchall()
    )
    rows = [(kind.name, counts[kind.name], kind.reason) for kind in CLASSES]
    show(Figures("Taiwan: codes and marts, 180,000 months", ("class", "months", "why"), rows))
    assert counts == COUNTS
    assert sum(COUNTS.values()) == 180_000


def test_codes_agree_with_the_marts_as_measured(
    marts: duckdb.DuckDBPyConnection, show: Show
) -> None:
    crossed = marts.execute(
        "from (pivot (select code, expected_code from cells where month < 9) on expected_code "
        "in (-2, -1, 0, 2, 3, 4, 5, 6) using count(*) group by code) order by code"
    ).fetchall()
    columns = ("code", "nothing due", "in full", "minimum", *(f"{n} late" for n in range(1, 6)))
    show(Figures("Taiwan: the bank's code by what the marts say", columns, crossed))
    (agreement,) = marts.execute(
        "select count(*) filter (code = expected_code), "
        "count(*) filter (code = if(state = 'late', months_late, expected_code)), "
        "count(*) filter ((code > 0) = (state = 'late')), count(*) from cells where month < 9"
    ).fetchall()
    rows = [
        ("same code, n months late being coded n + 1", agreement[0], agreement[0] / agreement[3]),
        ("same number, n months late being coded n", agreement[1], agreement[1] / agreement[3]),
        ("late or not", agreement[2], agreement[2] / agreement[3]),
    ]
    show(Figures("Taiwan: agreement in 150,000 months", ("reading", "months", "share"), rows))
    assert agreement == (124_119, 115_962, 138_781, 150_000)


def test_a_code_answers_the_bill_of_its_own_month(
    marts: duckdb.DuckDBPyConnection, show: Show
) -> None:
    """Not the bill that is paid in that month, as one would think: the same cells, both ways."""
    ((cells, own, before, own_late, before_late),) = marts.execute(
        "select count(*), count(*) filter (second.expected_code = second.code), "
        "count(*) filter (first.expected_code = second.code), "
        "count(*) filter (second.state = 'late' and second.code > 0), "
        f"count(*) filter (first.state = 'late' and second.code > 0) {PAIRS}"
    ).fetchall()
    rows = [
        ("the bill of its month, paid in the next", own, own / cells, own_late),
        ("the bill of the month before, paid in its month", before, before / cells, before_late),
    ]
    columns = ("what a code answers", "same code", "share", "both late")
    show(Figures("Taiwan: which bill a code of May to August answers", columns, rows))
    assert (cells, own, before) == (120_000, 99_387, 82_862)
    assert (own_late, before_late) == (8_324, 4_844)


def test_a_first_missed_bill_is_coded_2(marts: duckdb.DuckDBPyConnection) -> None:
    """And hardly ever 1, hence n + 1 for n months late; the code before was below 1."""
    coded = marts.execute(
        "select count(*) filter (code = 1), count(*) filter (code = 2) from cells "
        "where month < 9 and months_late = 1 and previous_code < 1"
    ).fetchall()
    assert coded == [(1, 4_190)]


def test_a_card_leaves_arrears_when_the_missed_minimum_is_paid_too(
    marts: duckdb.DuckDBPyConnection, show: Show
) -> None:
    """One bill behind (code 2): twice 3.5 % of the bill, and not 2 % or once 3.5 %, ends it."""
    rows = marts.execute(
        "select floor(100 * paid / bill)::integer as share, count(*) filter (code <= 0), "
        "count(*) filter (code > 0) from cells where month between 5 and 8 and previous_code = 2 "
        "and state = 'minimum_met' and paid < 0.1 * bill group by share order by share"
    ).fetchall()
    columns = ("% of the bill paid", "no longer late", "still late")
    show(Figures("Taiwan: who was one bill behind", columns, rows))
    ended = {share: out / (out + still) for share, out, still in rows}
    assert max(ended[share] for share in (2, 3, 4)) < 0.05
    assert min(ended[share] for share in (7, 8, 9)) > 0.45


def test_who_is_coded_late_after_paying_all_was_not_behind(
    marts: duckdb.DuckDBPyConnection, show: Show
) -> None:
    """The next bill missed is a first one again (2), not a second one (3)."""
    rows = marts.execute(
        "select first.difference_class, count(*) filter (second.code = 2), "
        f"count(*) filter (second.code = 3) {PAIRS} "
        "where first.code = 2 and second.months_late = 1 and first.difference_class "
        "in ('missed minimums not made up', 'paid, but coded late') group by all order by all"
    ).fetchall()
    columns = ("class, coded 2", "next bill missed: 2", "3")
    show(Figures("Taiwan: what the next missed bill is coded", columns, rows))
    assert rows == [("missed minimums not made up", 149, 122), ("paid, but coded late", 1_259, 56)]


def test_the_bank_codes_missed_bills_otherwise_from_july_on(
    marts: duckdb.DuckDBPyConnection, show: Show
) -> None:
    rows = marts.execute(
        "select monthname(make_date(2005, month, 1)), count(*) filter (code = 0), "
        "count(*) filter (code = 2) from cells where month < 9 and months_late = 1 "
        "and coalesce(previous_code < 1, true) group by month order by month"
    ).fetchall()
    columns = ("bill of", "coded 0", "coded 2")
    show(Figures("Taiwan: a first missed bill", columns, rows))
    assert [row[1] for row in rows] == [772, 1_079, 595, 24, 13]


def test_looking_back_from_the_last_night_gives_the_arrears_of_every_earlier_one(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    """Days past due of 150,000 holder nights, from the dates of the last night alone."""
    nights = ", ".join(f"date '{day}'" for day in TAIWAN_MONTH_ENDS)
    apart = marts.execute(
        f"""
        with late as (
            select user_key, night, max(night - due_date) as days_past_due
            from warehouse.intermediate.int_obligations, unnest([{nights}]) as nights (night)
            where as_of_date = '{TAIWAN_MONTH_ENDS[-1]}' and late_days is not null
                and due_date < night and (met_date is null or met_date > night)
            group by all
        )
        select count(*), count(*) filter (current_dpd_days <> coalesce(days_past_due, 0))
        from warehouse.marts.fct_user_credit_history_daily as history
        left join late on history.user_key = late.user_key and history.as_of_date = late.night
        """
    ).fetchall()
    assert apart == [(150_000, 0)]
