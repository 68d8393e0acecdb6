"""Estimates of the planted effects: plain ones, and those of an oracle that sees what is hidden."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import Floats
from scoring.simulator.world import HUABEI, JIEBEI
from tests.scoring.simulator.effects.observed import DAYS, score_terms, usable
from tests.scoring.simulator.effects.tallies import Observed

NAMES = (
    "limit_flow_elasticity",
    "limit_spending_elasticity",
    "streak_points",
    "streak_cash_limit_log",
    "cash_access_spending",
    "cash_access_arrears",
    "reporting_shock",
    "loop_gain",
)


def estimate(seen: Observed) -> tuple[dict[str, float], dict[str, float]]:
    """The plain and the oracle's estimate of each effect in ``NAMES``."""
    plain, oracle = _plain(seen), _oracle(seen)
    for found in (plain, oracle):
        found["loop_gain"] = found["limit_flow_elasticity"] * found["limit_spending_elasticity"]
    return plain, oracle


def _plain(seen: Observed) -> dict[str, float]:
    """What regressions on the feeds alone would say."""
    world = seen.world
    users = usable(seen)
    users = users[(seen.recent[users] > 0) & (world.huabei.limit[users] > 0)]
    log_flow = np.log(seen.recent[users])
    log_limit = np.log(world.huabei.limit[users].astype(np.float64))
    with_cash = users[(world.jiebei.limit[users] > 0) & world.has_cash_access()[users]]
    log_cash = np.log(world.jiebei.limit[with_cash].astype(np.float64))
    streak = score_terms(world, world.start + DAYS - 1)[:, 0]
    rate = seen.purchases.sum(axis=1) / seen.days.sum(axis=1)
    late = seen.onsets / seen.days.sum(axis=1)
    share = seen.later / seen.bought
    return {
        "limit_flow_elasticity": _slope(log_limit, log_flow),
        "limit_spending_elasticity": _slope(log_flow, log_limit),
        "streak_points": _slope(world.state.score[users], streak[users]),
        "streak_cash_limit_log": _slope(log_cash, streak[with_cash]),
        "cash_access_spending": float(rate[1] / rate[0] - 1.0),
        "cash_access_arrears": float(late[1] / late[0] - 1.0),
        "reporting_shock": float(share[1] / share[0] - 1.0),
    }


def _oracle(seen: Observed) -> dict[str, float]:
    """The same with the hidden variables."""
    world = seen.world
    users = usable(seen)
    terms = score_terms(world, world.start + DAYS - 1)[users]
    huabei = _decisions(seen, HUABEI)
    cash = _decisions(seen, JIEBEI)
    access, limit = _purchase_effects(seen)
    hazard = seen.onsets / seen.hazard
    share = seen.later / seen.wanted
    return {
        "limit_flow_elasticity": _slope(huabei[:, 0], huabei[:, 1], huabei[:, 2:4]),
        "limit_spending_elasticity": limit,
        "streak_points": _slope(world.state.score[users], terms[:, 0], terms[:, 1:]),
        "streak_cash_limit_log": _slope(
            cash[:, 0], cash[:, 4], np.column_stack((cash[:, 1:3], cash[:, 5:]))
        ),
        "cash_access_spending": access,
        "cash_access_arrears": float(hazard[1] / hazard[0] - 1.0),
        "reporting_shock": float(share[1] / share[0] - 1.0),
    }


def _decisions(seen: Observed, product: int) -> Floats:
    """Decisions about limits above the smallest ones, where rounding to tens is small."""
    rows = seen.decisions[product]
    kept: Floats = rows[rows[:, 0] > np.log(600_00)]
    return kept


def _slope(outcome: Floats, cause: Floats, others: Floats | None = None) -> float:
    """Least-squares coefficient of ``cause``, with a constant and ``others`` held."""
    columns = [np.ones(cause.size), cause, *([] if others is None else others.T)]
    coefficients, *_ = np.linalg.lstsq(np.column_stack(columns), outcome, rcond=None)
    return float(coefficients[1])


def _purchase_effects(seen: Observed) -> tuple[float, float]:
    """Poisson regression of purchases on cash access and ln(relative limit), by cells.

    The hidden expectation is the offset; Newton's method (McCullagh and Nelder, 1989, 2.5).
    """
    filled = seen.expected > 0
    access = np.repeat([[0.0], [1.0]], seen.expected.shape[1], axis=1)[filled]
    count, expected = seen.count[filled], seen.expected[filled]
    limit = seen.log_limit[filled] / expected
    design = np.column_stack((np.ones(count.size), access, limit))
    beta = np.zeros(3)
    for _ in range(20):
        mean = expected * np.exp(design @ beta)
        beta = beta + np.linalg.solve(
            design.T @ (design * mean[:, None]), design.T @ (count - mean)
        )
    return float(np.expm1(beta[1])), float(beta[2])
