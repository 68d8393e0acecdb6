"""Why a code of the Taiwan set differs from the marts: named classes, each with its own rule."""

from __future__ import annotations

from dataclasses import dataclass

MINIMUM_IN_USE = "0.035"
"""What most who pay the minimum pay, as a share of the bill; read off the payments."""


@dataclass(frozen=True)
class DifferenceClass:
    """One answer to how a code and the marts go together.

    Attributes:
        name: What the tables call it.
        rule: SQL over the columns of ``cells``; rules exclude each other without an order.
        reason: One line, rooted in the data.
    """

    name: str
    rule: str
    reason: str


_DIFFERENT = "month < 9 and code <> expected_code"
_SETTLED = f"{_DIFFERENT} and state in ('nothing_due', 'paid_in_full')"
_PART_PAID = f"{_DIFFERENT} and state = 'minimum_met'"
_OPEN_BY_CODE_0 = f"{_DIFFERENT} and state = 'late' and code = 0"
_BOTH_LATE = f"{_DIFFERENT} and state = 'late' and code >= 2"

_WHOLE_DOLLARS = "paid >= floor(0.02 * bill)"
_OUT_OF_LINE = (
    "bill > 1.5 * neighbour_bill and paid > 0 and paid >= floor(0.02 * neighbour_bill)"
    f" and not {_WHOLE_DOLLARS}"
)
_BEHIND = "coalesce(previous_code >= 1, false)"
_TOO_LITTLE = f"paid < {MINIMUM_IN_USE} * greatest(previous_code, 2) * bill"

CLASSES = (
    DifferenceClass(
        "same code",
        "month < 9 and code = expected_code",
        "-2 nothing due, -1 paid in full, 0 minimum paid, n + 1 for n months late",
    ),
    DifferenceClass(
        "bill not due yet",
        "month = 9",
        "September: the payment for this bill comes after the source ends",
    ),
    # Nothing is open by the marts.
    DifferenceClass(
        "code of the next bill",
        f"{_SETTLED} and code > expected_code and code = next_code",
        "nothing left open on this bill: the code is already that of the next bill",
    ),
    DifferenceClass(
        "-2 but billed and paid",
        f"{_SETTLED} and code = -2",
        "-2 (no use) on a bill above 0 that was paid in full; most such cards are always -2",
    ),
    DifferenceClass(
        "settled but coded open",
        f"{_SETTLED} and code > expected_code and code <> next_code",
        "nothing is open by bills and payments, and the next bill has another code: unexplained",
    ),
    # The minimum is met by the marts.
    DifferenceClass(
        "-1 but part paid",
        f"{_PART_PAID} and code = -1",
        "the set's legend for -1 is 'pay duly', which here was less than the bill",
    ),
    DifferenceClass(
        "missed minimums not made up",
        f"{_PART_PAID} and code >= 2 and month > 4 and {_BEHIND} and {_TOO_LITTLE}",
        "the bank asks for missed minimums as well; the estimated one is of this bill alone",
    ),
    DifferenceClass(
        "paid, but coded late",
        f"{_PART_PAID} and code >= 2 and month > 4 and not ({_BEHIND} and {_TOO_LITTLE})",
        "the minimum came in the month, so after the due day: the source has months, no days",
    ),
    # Late by the marts, not by the code.
    DifferenceClass(
        "minimum in whole dollars",
        f"{_OPEN_BY_CODE_0} and {_WHOLE_DOLLARS}",
        "2 % rounded down to the dollar was paid, less than a dollar short of 2 %",
    ),
    DifferenceClass(
        "bill out of line",
        f"{_OPEN_BY_CODE_0} and {_OUT_OF_LINE}",
        "the bill is over 1.5 times both its neighbours; of those the payment is 2 %",
    ),
    DifferenceClass(
        "unpaid, coded 0 until June",
        f"{_OPEN_BY_CODE_0} and month <= 6 and not {_WHOLE_DOLLARS} and not ({_OUT_OF_LINE})",
        "until June many missed bills are coded 0; the same behaviour is coded 2 from July on",
    ),
    DifferenceClass(
        "unpaid, coded 0 after June",
        f"{_OPEN_BY_CODE_0} and month > 6 and not {_WHOLE_DOLLARS} and not ({_OUT_OF_LINE})",
        "less than 2 % paid and coded 0 all the same: what is left of the class before",
    ),
    DifferenceClass(
        "unpaid, coded -1",
        f"{_DIFFERENT} and state = 'late' and code = -1",
        "less than 2 % paid, coded 'pay duly'; most bills are under 1,000 dollars",
    ),
    # Whatever the marts say.
    DifferenceClass(
        "-2 but open",
        f"{_DIFFERENT} and state in ('minimum_met', 'late') and code = -2",
        "-2 (no use) although part of a bill stayed open; most such cards are always -2",
    ),
    DifferenceClass(
        "code 1 before September",
        f"{_DIFFERENT} and state in ('minimum_met', 'late') and code = 1",
        "1 is a code of September; seven cards have it earlier, and from then on every month",
    ),
    # Late by both, or by a code that began before the first bill.
    DifferenceClass(
        "late before the first bill",
        f"({_PART_PAID} and code >= 2 and month = 4)"
        f" or ({_BOTH_LATE} and code > expected_code and lowest_code_so_far >= 1)",
        "coded late in every month since April: arrears from bills that are not in the source",
    ),
    DifferenceClass(
        "missed minimums add up",
        f"{_BOTH_LATE} and code > expected_code and lowest_code_so_far < 1",
        "the bank adds up all minimums missed; in the marts a later payment met the older one",
    ),
    DifferenceClass(
        "an earlier miss coded 0",
        f"{_BOTH_LATE} and code < expected_code and lowest_code_of_spell < 1",
        "the bank's count starts later, as a missed bill of the spell was coded 0 or below",
    ),
    DifferenceClass(
        "count stands still",
        f"{_BOTH_LATE} and code < expected_code and lowest_code_of_spell >= 1",
        "coded late all along while the minimum was not paid, but the number does not grow",
    ),
)
