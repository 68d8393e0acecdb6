"""The true probability that a user is 90 days past due within the next 12 months.

Everything behind arrears is memoryless in this world, so the probability follows from the hidden
state of the evening alone. A distress leads to default if it lasts until a debt is 90 days past
due. Such lasting distress comes with a hazard that depends on whether the user is under strain, and
strain comes and goes as a two-state Markov chain; the chance of none within the time that is left
is the survival function of that Markov-modulated Poisson process (Fischer and Meier-Hellstern,
1993): the row sums of exp(M t) with M = Q - diag(hazards). benchmarks/simulated_world.py compares
it with the shares of defaults that many futures of one world bring.
"""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import Bools, Floats, Ints
from scoring.simulator.arrears import distress_chance, strain_chance
from scoring.simulator.purchases import is_here, pay_later_share
from scoring.simulator.world import ACTIVE, ENDLESS, World

HORIZON_DAYS = 365
DEFAULT_DPD = 90
_WAIT_DAYS = 20
"""Mean days from the loss of means to the next due date."""
_MONTHS_TO_OWE = 3.0
"""Months of purchases that decide whether a distressed user comes to owe anything."""


def default_chance(world: World, day: int) -> Floats:
    """Probability (0-1) of each user in the evening of ``day``; 1 for those who are there already.

    Users that neither owe nor can come to owe anything have 0.
    """
    days_late = oldest_days_late(world, day)
    calm, strained = _survival(world, day)
    is_strained = world.state.strain_until > day
    ahead = 1.0 - np.where(is_strained, strained, calm)
    lasts = _lasts(world, days_late)
    is_distressed = world.state.distress_until > day
    chance = np.where(is_distressed, lasts + (1.0 - lasts) * ahead, ahead) * _owes(world, day)
    chances: Floats = np.where(world.state.is_lost | (days_late >= DEFAULT_DPD), 1.0, chance)
    return chances


def oldest_days_late(world: World, day: int) -> Ints:
    """Days past due of each user's oldest debt; 0 = nothing is past due."""
    days_late = np.zeros(world.hidden.size, dtype=np.int64)
    for table, rows in (
        (world.bills, world.overdue_bills),
        (world.installments, world.overdue_installments),
    ):
        np.maximum.at(days_late, table["user_id"][rows], day - table["due_day"][rows])
    return days_late


def _lasting_share(world: World, days: float) -> float:
    """Share of spells of distress that last at least so many days."""
    arrears = world.parameters.arrears
    lasting = 1.0 - sum(arrears.distress_shares)
    for share, mean_days in zip(arrears.distress_shares, arrears.distress_mean_days, strict=True):
        lasting += share * float(np.exp(-days / mean_days))
    return lasting


def _survival(world: World, day: int) -> tuple[Floats, Floats]:
    """Chance of no lasting distress early enough to default, from calm and from strain."""
    arrears = world.parameters.arrears
    needed = DEFAULT_DPD + _WAIT_DAYS
    is_strained = world.state.strain_until > day
    factor = arrears.strain_hazard_factor
    hazard = distress_chance(world, day) * _lasting_share(world, needed)
    calm_hazard = np.where(is_strained, hazard / factor, hazard)
    return modulated_survival(
        onset=strain_chance(world),
        end=1.0 / arrears.strain_mean_days,
        hazards=(calm_hazard, calm_hazard * factor),
        days=HORIZON_DAYS - needed,
    )


def modulated_survival(
    *, onset: Floats, end: float, hazards: tuple[Floats, Floats], days: float
) -> tuple[Floats, Floats]:
    """Chance of no event within ``days`` of a Poisson process with two hazards per day.

    The process changes from the first to the second state with rate ``onset`` and back with
    ``end``. Returns the chance for both starting states.

    >>> none = np.array([0.0])
    >>> calm, other = modulated_survival(onset=none, end=0.0, hazards=(none + 0.01, none), days=100)
    >>> round(float(calm[0]), 6), round(float(other[0]), 6)  # exp(-1), 1
    (0.367879, 1.0)
    """
    first, second = -(onset + hazards[0]), -(end + hazards[1])
    mean = (first + second) / 2.0
    root = np.sqrt(np.maximum(mean * mean - (first * second - onset * end), 1e-18))
    scale, wave = np.exp(mean * days), root * days
    even, odd = scale * np.cosh(wave), scale * np.sinh(wave) / root
    return even + odd * (first - mean + onset), even + odd * (second - mean + end)


def _lasts(world: World, days_late: Ints) -> Floats:
    """Chance that a distress at hand lasts until its debt is 90 days past due."""
    remaining = np.where(days_late > 0, DEFAULT_DPD - days_late, DEFAULT_DPD + _WAIT_DAYS)
    mean_days = np.array([*world.parameters.arrears.distress_mean_days, np.inf])
    kind = world.state.distress_kind
    chances: Floats = np.exp(-np.maximum(remaining, 0) / mean_days[kind])
    return np.where(kind == ENDLESS, 1.0, chances)


def _owes(world: World, day: int) -> Floats:
    """Chance that a user in distress has, or comes to have, something to pay."""
    users = np.arange(world.hidden.size)
    monthly = 30.0 * world.hidden.purchase_rate * pay_later_share(world, day, users)
    can_buy: Bools = (world.huabei.status == ACTIVE) & is_here(world, day)
    comes_to_owe = np.where(can_buy, 1.0 - np.exp(-_MONTHS_TO_OWE * monthly), 0.0)
    owes = (world.huabei.used > 0) | (world.jiebei.used > 0)
    chances: Floats = np.where(owes, 1.0, comes_to_owe)
    return chances
