"""Every constant of the simulated world.

Grades: [P]/[A] published with a source, [C] consumer pages, unverified, [J] judgement, set so that
the measured arrears match the published ones (docs/simulator.md shows both).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Effects:
    """Causal effects that close the loop between spending, repaying, score and limits."""

    limit_flow_elasticity: float = 0.41
    """Change of ln(limit) per ln(payment flow): Ouyang, JFE 2026 [A]."""
    cash_access_spending: float = 0.19
    """Relative gain of monthly spending once cash is available (randomised pay-later trial) [A]."""
    streak_points: float = 5.0
    """Lender score points per on-time bill in a row, up to ``streak_cap`` [J]."""
    streak_cap: int = 12
    late_points: float = 55.0
    """Points lost per recent late payment; the memory halves in 90 days [J]."""
    arrears_points: float = 110.0
    """Points lost while something is past due [J]."""
    eligibility_score: int = 600
    """The cash line opens at this lender score [C]."""


@dataclass(frozen=True)
class Spending:
    """Purchases, refunds and income."""

    log_rate_mean: float = -1.42
    log_rate_sd: float = 0.85
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
    draw_chance: float = 0.006
    """Per day and user with room on the line [J]."""
    early_chance: float = 0.0012
    """Per day and open loan: settled before its time, without a penalty [C]/[J]."""


@dataclass(frozen=True)
class Arrears:
    """Distress and forgetfulness."""

    distress_chance: float = 0.00006
    """Per day for a user of average creditworthiness [J]."""
    debt_slope: float = 5.0
    """Rise of the chance per monthly income owed, up to four [J]."""
    distress_slope: float = 0.7
    """Fall of ln(chance) per standard deviation of creditworthiness [J]."""
    short_share: float = 0.64
    long_share: float = 0.14
    """Of distress: 10-45 days, 45-160 days; the rest never ends [J]."""
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
    write_off_after_days: int = 180
    reported_days: tuple[int, ...] = (30, 60, 90, 120, 150, 180)


@dataclass(frozen=True)
class Parameters:
    """All of them."""

    effects: Effects = field(default_factory=Effects)
    spending: Spending = field(default_factory=Spending)
    huabei: Huabei = field(default_factory=Huabei)
    jiebei: Jiebei = field(default_factory=Jiebei)
    arrears: Arrears = field(default_factory=Arrears)
