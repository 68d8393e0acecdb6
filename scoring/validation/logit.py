"""Logistic regression with standard errors, or the plain answer that there is no such fit."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from scoring.training.extras import require_library
from scoring.training.table import Int8s, Int64s
from scoring.validation.case import Floats

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Coefficient:
    """One coefficient by maximum likelihood, with its 95 % interval."""

    value: float
    standard_error: float
    p_value: float
    low: float
    high: float


def fit_logit(
    predictors: Floats, outcome: Int8s | Int64s, subjects: Int64s | None = None
) -> tuple[Coefficient, ...] | None:
    """Intercept, then one coefficient per column of ``predictors``.

    Args:
        predictors: A column per predictor.
        outcome: 1 or 0, row by row.
        subjects: Whom each row is about; standard errors are then robust to several rows of one.

    Returns:
        None where the outcome is one class, predictors repeat one another or part it perfectly.
    """
    if outcome.min() == outcome.max():
        return None
    models = require_library("statsmodels.api")
    faults = require_library("statsmodels.tools.sm_exceptions")
    robust = {} if subjects is None else {"cov_type": "cluster", "cov_kwds": {"groups": subjects}}
    # Without a fit the search runs off to infinity; the result is refused, not its way there.
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("error", faults.ModelWarning)
        try:
            model = models.Logit(outcome, models.add_constant(predictors, has_constant="add"))
            fit = model.fit(disp=0, **robust)
        except (faults.ModelWarning, np.linalg.LinAlgError):
            return None
        bounds = fit.conf_int(1 - CONFIDENCE)
        found = zip(fit.params, fit.bse, fit.pvalues, bounds, strict=True)
    return tuple(
        Coefficient(float(value), float(error), float(p_value), float(low), float(high))
        for value, error, p_value, (low, high) in found
    )
