"""Training data that cannot be used: one shape of message for all of it."""

from __future__ import annotations

from collections.abc import Sequence

from scoring.errors import DataRefusedError

_SHOWN = 12


def table_refused(place: str, *, expected: str, got: str, next_step: str) -> DataRefusedError:
    """The error for a table that no card can be trained on; ``place`` names table and column."""
    return DataRefusedError(
        "training data refused",
        subject=place,
        expected=expected,
        got=got,
        next_step=next_step,
    )


def no_feature_left(place: str, screened: Sequence[object]) -> DataRefusedError:
    """The error for a fit that no screened feature survives."""
    return table_refused(
        place,
        expected="at least one feature that separates good from bad",
        got=f"none of {len(screened)} screened ones",
        next_step="Add features, or lower minimum_iv.",
    )


def list_names(names: Sequence[str]) -> str:
    """Up to a dozen names, then how many more."""
    shown = ", ".join(names[:_SHOWN])
    more = len(names) - _SHOWN
    return f"{shown} and {more} more" if more > 0 else shown or "none"
