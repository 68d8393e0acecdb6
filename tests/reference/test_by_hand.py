"""Parts of the reference that are easy to get wrong, against values worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from scoring.reference.delinquency import delinquency_features
from scoring.reference.obligations import Obligation
from scoring.reference.seeds import ENTROPY_TERMS
from scoring.reference.spending_shape import concentration, entropy


def _decimals(*amounts: str) -> list[Decimal]:
    return [Decimal(amount) for amount in amounts]


def test_entropy_terms_are_those_of_the_formula() -> None:
    assert list(ENTROPY_TERMS) == list(range(1001))
    assert [ENTROPY_TERMS[share] for share in (0, 1, 368, 500, 1000)] == _decimals(
        "0", "0.006908", "0.367879", "0.346574", "0"
    )


def test_shares_are_rounded_to_thousandths_halves_up() -> None:
    assert entropy(_decimals("50", "50")) == Decimal("0.693148")
    assert entropy(_decimals("1", "1999")) == Decimal("0.006908")
    assert entropy([]) is None


def test_concentration_is_one_in_one_place_and_less_in_several() -> None:
    assert concentration(_decimals("3", "1")) == Decimal("0.625")
    assert concentration(_decimals("7.77")) == 1
    assert concentration([]) is None


def _late(due: date, last: date, met: date | None, as_of: date) -> Obligation:
    return Obligation(
        kind="installment",
        obligation_id="l#1",
        line=None,
        owner=1,
        as_of=as_of,
        due_date=due,
        last_on_time_date=last,
        amount_due=Decimal(100),
        converted_amount=Decimal(0),
        paid_amount=Decimal(0),
        waived_amount=Decimal(0),
        uncovered_amount=Decimal(100),
        met_date=met,
        full_date=met,
        has_matured=True,
        is_disputed=False,
    )


def test_month_points_are_clipped_and_the_day_of_payment_is_not_past_due() -> None:
    """31 January: 21 days, 28 February: 49, 31 March: paid."""
    as_of = date(2025, 5, 31)
    item = _late(date(2025, 1, 10), date(2025, 1, 12), date(2025, 3, 31), as_of)
    features = delinquency_features([item], as_of)
    assert features["past_due_months_12m"] == 2
    assert features["past_due_30_months_24m"] == 1
    assert features["roll_forward_count_12m"] == 2
    assert features["roll_back_count_12m"] == 1
    assert features["late_severity_days_24m"] == 80
    assert features["days_since_last_late_30"] == 61
