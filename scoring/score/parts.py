"""A part of a night, scored by one card."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from scoring.errors import CreditloopError
from scoring.score.compiled import CompiledCard


@dataclass(frozen=True)
class ScoredPart:
    """Some users of a night, each once per card.

    Attributes:
        compiled: The card that scored them.
        evidence: At least ``months_on_book`` and ``evidence_days``, row by row the same users.
        scored: What ``score_batch`` made of them; None where the card failed.
        failure: Why it failed.
    """

    compiled: CompiledCard
    evidence: pa.RecordBatch | None
    scored: pa.RecordBatch | None
    failure: str | None = None


def failed_part(compiled: CompiledCard, error: Exception) -> ScoredPart:
    """A challenger that can score no more."""
    return ScoredPart(compiled, None, None, describe_failure(error))


def describe_failure(error: Exception) -> str:
    """Why, in a text that quotes no data: an unforeseen error only gives its type."""
    return str(error) if isinstance(error, CreditloopError) else type(error).__name__
