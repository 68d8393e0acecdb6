"""Every constant of the simulated world.

Grades: [P]/[A] published with a source, [C] consumer pages, unverified, [J] judgement, set so that
the measured arrears match the published ones (docs/simulator.md shows both).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Literal, get_args

WorldName = Literal["default", "null"]
WORLD_NAMES: tuple[WorldName, ...] = get_args(WorldName)


@dataclass(frozen=True)
class Effects:
    """The planted causal effects; in the null world each of them is 0.

    Each is *direct*: what happens if only its cause is changed by hand, all else held.
    """

    limit_flow_elasticity: float = 0.41
    """Change of ln(limit set by a decision) per ln(payment flow): Ouyang, JFE 2026 [A]."""
    limit_spending_elasticity: float = 0.10
    """Change of ln(purchases per day) per ln(pay-later limit) [J]; closes the loop."""
    streak_points: float = 5.0
    """Lender score points per bill or instalment on time in a row, up to ``Lender.streak_cap`` [J];
    the cash limit follows the score by ``Lender.cash_limit_scale``."""
    late_points: float = 55.0
    """Lender score points lost per recent late payment; the memory halves in 90 days [J]."""
    arrears_points: float = 110.0
    """Lender score points lost while something is past due [J]."""
    utilisation_points: float = 40.0
    """Lender score points lost as the use of the pay-later line goes from 50 to 150 % [J]."""
    cash_access_spending: float = 0.19
    """Relative gain of purchases once the cash line is open (randomised pay-later trial) [A]."""
    cash_access_arrears: float = 0.0
    """Relative gain of the hazard of distress once the cash line is open (same trial) [A]."""
    reporting_shock: float = -0.14
    """Relative change of pay-later use from the reporting day on: BIS Working Paper 1239 [A]."""

    @classmethod
    def none(cls) -> Effects:
        """No effect at all."""
        return cls(**dict.fromkeys(EFFECT_NAMES, 0.0))


EFFECT_NAMES = tuple(effect.name for effect in fields(Effects))


@dataclass(frozen=True)
class Drift:
    """What changes with the calendar, whatever the lender does."""

    reporting_after_days: int = 540
    """Days from the start of the world to the day on which pay-later use is reported [J]."""
    pay_later_trend: float = 0.08
    """Relative growth of the taste for paying later, per year: a trend that hides the shock [J]."""
    rollout_spending: float = 0.15
    """Relative gain of purchases once a region's shops take the wallet: the instrument for payment
    flow, after the bike rollout of Ouyang [J]."""
    rollout_first_day: int = 60
    rollout_gap_days: int = 14
    """Day of the world of the first region's rollout, and days between one region and the next."""


@dataclass(frozen=True)
class Lender:
    """How the lender scores and sets limits: its policy."""

    base_points: float = 500.0
    tenure_points: float = 26.0
    """Per ln(1 + months registered / 3) [J]."""
    streak_cap: int = 12
    eligibility_score: int = 600
    """The cash line opens at this rounded score, sharply [C]."""
    huabei_limit_scale: float = 110.0
    cash_limit_scale: float = 70.0
    """Score points that multiply a limit by e [J]."""
    huabei_base: int = 4500_00
    jiebei_base: int = 9000_00
    """Limit in fen of a user of average means and flow at a score of 600 (620) [J]."""


@dataclass(frozen=True)
class Spending:
    """Purchases, refunds and income."""

    log_rate_mean: float = -1.42
    log_rate_sd: float = 0.80
    log_rate_quality: float = 0.22
    """Mean, spread and share of creditworthiness in ln(purchases per day): who is worth credit also
    buys more, which is one of the confoundings [J]."""
    log_amount_mean: float = 3.9
    log_amount_sd: float = 1.05
    closed_share: float = 0.02
    refunded_share: float = 0.035
    partial_refund_share: float = 0.25
    installment_share: float = 0.10
    installment_from: int = 600_00
    """Share of pay-later purchases of at least this many fen bought in instalments [J]."""
    distress_factor: float = 0.6
    pay_day_factor: float = 1.25
    off_pay_day_factor: float = 0.95
    pay_day_days: int = 5
    """Purchases in the days from the pay day on, and otherwise [J]."""
    dormant_share: float = 0.1
    dormant_factor: float = 0.05
    """Of users who sleep through a quarter, and what they still buy [J]."""
    transfer_chance: float = 0.004
    """Per day: money from a friend [J]."""


@dataclass(frozen=True)
class Huabei:
    """The pay-later line."""

    smallest_limit: int = 20_00
    """20 CNY [A-press]; in fen."""
    largest_limit: int = 50_000_00
    """50,000 CNY [C]."""
    minimum_ratio: float = 0.10
    """Share of a bill that must be paid [C]."""
    daily_fee: float = 0.0005
    """Of the unpaid part, per day after the due date [C]."""
    minimum_chance: float = 0.035
    """Of paying a bill by its minimum, at average discipline and a small bill [J]."""
    bill_plan_chance: float = 0.03
    bill_plan_from: int = 300_00
    """Bills of 300 CNY or more may be turned into instalments [J]."""
    plan_terms: tuple[int, ...] = (3, 6, 12)
    """Months of an instalment plan [T]."""
    plan_fees: tuple[float, ...] = (0.025, 0.045, 0.088)
    """Fee of the whole plan, by term [C]."""


@dataclass(frozen=True)
class Jiebei:
    """The cash line."""

    smallest_limit: int = 500_00
    """500 CNY [C]; in fen."""
    largest_limit: int = 300_000_00
    """300,000 CNY [C]."""
    rate_scores: tuple[int, ...] = (620, 660, 700, 740, 800)
    rates: tuple[int, ...] = (60_000, 50_000, 40_000, 30_000, 20_000, 15_000)
    """Daily rates in 1e-8, one more than ``rate_scores``: 0.06 % … 0.015 % [C]."""
    terms: tuple[int, ...] = (3, 6, 12)
    largest_open_loans: int = 5
    ask_chance: float = 0.08
    """Per monthly review, for a user without the line [J]."""
    rejected_share: float = 0.15
    """Of wishes without room that become an application, and are turned down [J]."""
    draw_chance: float = 0.004
    """Per day and user with room on the line [J]."""
    cancelled_share: float = 0.008
    """Of draws: given back the day after [J]."""
    early_chance: float = 0.0012
    """Per day and open loan: settled before its time, without a penalty [C]/[J]."""


@dataclass(frozen=True)
class Arrears:
    """Strain, distress and forgetfulness.

    Strain is a hidden spell of pressure before some distress: it changes how a user borrows and
    pays, so that behaviour foretells arrears without causing them.
    """

    strain_chance: float = 0.0005
    strain_slope: float = 0.1
    """Of falling under strain, per day at average creditworthiness; fall of ln(chance) per standard
    deviation [J]."""
    strain_mean_days: float = 200.0
    strain_hazard_factor: float = 30.0
    strain_draw_factor: float = 4.0
    strain_minimum_factor: float = 5.0
    strain_pay_later_factor: float = 1.3
    strain_forget_factor: float = 2.0
    """How strain multiplies the chances of distress, of a cash draw, of paying the minimum only, of
    paying later and of forgetting [J]."""
    distress_chance: float = 0.000036
    """Per day for a calm user of average creditworthiness [J]."""
    distress_slope: float = 0.75
    """Fall of ln(chance) per standard deviation of creditworthiness [J]."""
    distress_shares: tuple[float, ...] = (0.66, 0.08)
    """Of distress that is short, long; the rest never ends [J]."""
    distress_mean_days: tuple[float, ...] = (20.0, 90.0)
    """Of short and long distress; it ends with the same chance every day [J]."""
    forget_chance: float = 0.012
    forget_slope: float = 0.6
    """Per payment by hand at average discipline; fall of ln(chance) per standard deviation [J]."""
    minimum_cure_share: float = 0.2
    """Of overdue bills that are cured with the minimum only [J]."""
    sold_share: float = 0.2
    """Of loans given up: sold to somebody else [J]."""
    cure_chance: float = 0.3
    """Per day, once able to pay [J]."""
    freeze_after_days: int = 4
    write_off_after_days: int = 210
    reported_days: tuple[int, ...] = (30, 60, 90, 120, 150, 180)


@dataclass(frozen=True)
class Parameters:
    """All of them."""

    effects: Effects = field(default_factory=Effects)
    drift: Drift = field(default_factory=Drift)
    lender: Lender = field(default_factory=Lender)
    spending: Spending = field(default_factory=Spending)
    huabei: Huabei = field(default_factory=Huabei)
    jiebei: Jiebei = field(default_factory=Jiebei)
    arrears: Arrears = field(default_factory=Arrears)


_POINTS_OF_USUAL_CONDUCT = 45.0
"""Average score points that conduct brings in the default world."""


def make_parameters(
    world: WorldName = "default", effects: dict[str, float] | None = None
) -> Parameters:
    """The parameters of a named world with single effects set otherwise.

    ``null`` has every effect at 0 and keeps the confounding: creditworthiness and income still move
    score, limits, flow and arrears. Its base score makes up for the points that conduct brings
    elsewhere, so that about as many users are eligible for cash.

    >>> make_parameters("null").effects.cash_access_spending
    0.0
    >>> make_parameters("null", {"streak_points": 5.0}).effects.streak_points
    5.0
    """
    parameters = Parameters()
    if world == "null":
        base = parameters.lender.base_points + _POINTS_OF_USUAL_CONDUCT
        parameters = replace(
            parameters,
            effects=Effects.none(),
            lender=replace(parameters.lender, base_points=base),
        )
    return replace(parameters, effects=replace(parameters.effects, **(effects or {})))
