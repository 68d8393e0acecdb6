"""Who the users are: hidden traits that never reach a feed, and the dates of their lives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scoring.simulator.arrays import NULL, SECONDS_PER_DAY, Bools, Floats, Ints, to_ints
from scoring.simulator.parameters import Drift, Parameters
from scoring.simulator.randomness import Randomness

PAST_DAYS = 6 * 365
"""How long before the start the oldest users registered."""
REGIONS = 31
ARRIVAL_DAYS = 365
"""Users that come later register within this many days of the start, however long the world is."""


@dataclass(frozen=True)
class Population:
    """Hidden traits, one entry per user; days are day numbers, money is fen.

    Attributes:
        creditworthiness: Standard normal; higher = fewer and shorter spells of distress.
        discipline: Standard normal, correlated 0.4 with creditworthiness; pays on time.
        income: Monthly income.
        purchase_rate: Mean purchases per day.
        amount_mean: Mean of ln(purchase amount in CNY).
        pay_later_taste: Share (0-1) of purchases paid with the pay-later line.
        cash_taste: Factor on drawing and asking for cash, mean about 1.
        score_offset: What the lender knows and no feed tells, in its score points.
        home_category: First of the user's three favourite categories.
        region: Region (1-31), also in the feed; it decides the day of the rollout.
        baseline_flow: Payment flow per 30 days without any effect, in fen.
        is_thin: Hardly any activity and no credit line.
        gets_salary: Income arrives on the platform on ``pay_day``.
        has_autopay: Bills and instalments are debited by themselves.
        registered_at: Moment of registration (may lie before the world starts).
        verified_at: Moment of identity verification; NULL = never.
        left_day: From when the user is gone for good.
        merged_day: From when the user is merged into the user numbered one lower; NULL = never.
        line_day: When the pay-later line opens; NULL = never.
    """

    creditworthiness: Floats
    discipline: Floats
    income: Ints
    purchase_rate: Floats
    amount_mean: Floats
    pay_later_taste: Floats
    cash_taste: Floats
    score_offset: Floats
    home_category: Ints
    region: Ints
    baseline_flow: Ints
    is_thin: Bools
    gets_salary: Bools
    has_autopay: Bools
    pay_day: Ints
    due_day: Ints
    review_day: Ints
    registered_at: Ints
    verified_at: Ints
    left_day: Ints
    merged_day: Ints
    line_day: Ints

    @property
    def size(self) -> int:
        """Number of users."""
        return self.income.size

    @property
    def registered_day(self) -> Ints:
        """Day of registration."""
        return self.registered_at // SECONDS_PER_DAY


def draw_population(random: Randomness, start: int, parameters: Parameters) -> Population:
    """Draw everybody's traits; ``start`` is the day number of the world's first day."""
    creditworthiness = random.normal("creditworthiness")
    log_income = np.log(6500.0) + 0.55 * random.normal("income") + 0.25 * creditworthiness
    is_thin = random.chance("thin", 0.08)
    spending = parameters.spending
    log_rate = spending.log_rate_mean + spending.log_rate_sd * random.normal("purchase rate")
    log_rate = log_rate + spending.log_rate_quality * creditworthiness
    purchase_rate = np.minimum(np.exp(log_rate), 4.0) * np.where(is_thin, 0.08, 1.0)
    amount_mean = spending.log_amount_mean + 0.35 * random.normal("amount")
    amount_mean = amount_mean + 0.35 * (log_income - np.log(6500.0))
    registered_at = _draw_registrations(random, start)
    return Population(
        creditworthiness=creditworthiness,
        discipline=0.4 * creditworthiness + np.sqrt(1 - 0.16) * random.normal("discipline"),
        income=to_ints(np.exp(log_income)) * 100,
        purchase_rate=purchase_rate,
        amount_mean=amount_mean,
        pay_later_taste=0.1 + 0.8 * random.uniform("pay later taste") ** 1.3,
        cash_taste=np.exp(0.9 * random.normal("cash taste") - 0.4),
        score_offset=24.0 * creditworthiness + 22.0 * random.normal("score offset"),
        home_category=random.integer("home category", 0, 11),
        region=random.integer("region", 1, REGIONS),
        baseline_flow=to_ints(30.0 * purchase_rate * np.exp(amount_mean + 0.6) * 100.0),
        is_thin=is_thin,
        gets_salary=random.chance("salary", 0.3),
        has_autopay=random.chance("autopay", 0.45),
        pay_day=random.integer("pay day", 1, 28),
        due_day=8 + random.integer("due day", 0, 2),
        review_day=random.integer("review day", 1, 28),
        registered_at=registered_at,
        **_draw_dates(random, start, registered_at, is_thin),
    )


def rollout_days(drift: Drift, start: int) -> Ints:
    """Day number of the rollout by region number (0 is no region): one region after the other."""
    order = (np.arange(REGIONS + 1) * 7) % REGIONS
    return start + drift.rollout_first_day + drift.rollout_gap_days * order


def _draw_registrations(random: Randomness, start: int) -> Ints:
    existed = random.chance("existed", 0.9)
    before = start - random.integer("registered before", 1, PAST_DAYS)
    later = start + random.integer("registered later", 0, ARRIVAL_DAYS - 1)
    seconds = random.integer("registered second", 7 * 3600, SECONDS_PER_DAY - 3600)
    return np.where(existed, before, later) * SECONDS_PER_DAY + seconds


def _draw_dates(
    random: Randomness, start: int, registered_at: Ints, is_thin: Bools
) -> dict[str, Ints]:
    day = registered_at // SECONDS_PER_DAY
    verified_at = registered_at + random.integer("verified after", 600, 4 * SECONDS_PER_DAY)
    is_verified = random.chance("verified", np.where(is_thin, 0.6, 0.98))
    life_days = to_ints(-3650.0 * np.log(random.uniform("left after"))) + 30
    line_after = 6 + to_ints(120.0 * random.uniform("line after") ** 2)
    has_line = random.chance("line", 0.8) & is_verified & ~is_thin
    # Odd users may turn out to be the person before them, who stays, so no chains arise.
    numbers = np.arange(day.size)
    partner_day = np.maximum(day, day[np.maximum(numbers - 1, 0)])
    is_merged = random.chance("merged", 0.006) & (numbers % 2 == 1)
    return {
        "verified_at": np.where(is_verified, verified_at, NULL),
        "left_day": np.maximum(day, start) + life_days,
        "merged_day": np.where(
            is_merged, partner_day + random.integer("merged after", 30, 1500), NULL
        ),
        "line_day": np.where(has_line, day + line_after, NULL),
    }
