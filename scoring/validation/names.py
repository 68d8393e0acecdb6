"""What a report calls the parts."""

from __future__ import annotations

from scoring.training.split import CROSSED, HELD_OUT, OUT_OF_TIME, TRAINING
from scoring.validation.case import WHOLE

_NAMES = {
    TRAINING: "training",
    HELD_OUT: "held-out",
    CROSSED: "cross-fitted",
    OUT_OF_TIME: "out-of-time",
    WHOLE: "new-data",
}


def name_part(part: str) -> str:
    """The part in words."""
    return _NAMES.get(part, part)
