"""What happens on a day of a world, in order, and how a world lives through its days."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from scoring.simulator.arrears import step_arrears, step_checks, step_distress
from scoring.simulator.bills import send_bills, step_bill_payments, step_bills
from scoring.simulator.disputes import step_disputes
from scoring.simulator.draws import step_cancellations, step_draws, step_early_settlement
from scoring.simulator.lender import send_lines, step_freezes, step_reviews, step_score
from scoring.simulator.lives import plan_lives, step_lives
from scoring.simulator.loans import send_loans
from scoring.simulator.payments import step_installment_payments, step_reversals
from scoring.simulator.people import plan_people, step_people
from scoring.simulator.purchases import step_purchases
from scoring.simulator.world import World

STEPS: tuple[Callable[[World, int], None], ...] = (
    step_people,
    step_lives,
    step_distress,
    step_bills,
    step_reversals,
    step_bill_payments,
    step_installment_payments,
    step_checks,
    step_arrears,
    step_purchases,
    step_draws,
    step_cancellations,
    step_early_settlement,
    step_score,
    step_freezes,
    step_reviews,
    step_disputes,
)
"""What happens on a day, in this order; then the day's changed records are sent."""


def live(world: World, days: int) -> Iterator[int]:
    """Let a new world live for some days; yields each day number in the evening.

    What the day sends lies in ``world.batch`` then, to be taken before the next day.
    """
    plan_people(world)
    plan_lives(world)
    for day in range(world.start, world.start + days):
        for step in STEPS:
            step(world, day)
        send_bills(world)
        send_loans(world)
        send_lines(world, day)
        yield day
