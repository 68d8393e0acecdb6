"""What the score means as a probability, fitted on rows that the points have not seen."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from scoring.training.metrics import fit_line
from scoring.training.refusals import table_refused
from scoring.training.table import Int8s, Int64s

_DECIMALS = 12


def fit_calibration(
    score: Int64s, target: Int8s, part: str, outcome: str, table_name: str
) -> dict[str, object]:
    """The card's ``calibration``: logistic in the published score.

    Args:
        score: Published scores of the part.
        target: 1 bad, 0 good.
        part: What the part is called.
        outcome: What the probability is of.
        table_name: What a message calls the data.

    Raises:
        DataRefusedError: More points do not mean less risk there.
    """
    intercept, slope = fit_line(score.astype(np.float64), target)
    if slope >= 0:
        raise table_refused(
            f"{table_name} at its {part} part",
            expected="less risk with more points",
            got=f"{slope:+.6f} log odds of bad per point",
            next_step="Look for a target that means the opposite, or use more data.",
        )
    return {
        "method": "logistic",
        "intercept": _write(intercept),
        "slope": _write(slope),
        "fitted_on": part,
        "rows": int(target.size),
        "bads": int(target.sum()),
        "outcome": outcome,
    }


def _write(value: float) -> str:
    text = format(Decimal(repr(value)).quantize(Decimal(1).scaleb(-_DECIMALS)), "f")
    return text.rstrip("0").rstrip(".")
