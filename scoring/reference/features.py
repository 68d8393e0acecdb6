"""All features of all users of a night."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from scoring.reference.consent import consent_columns
from scoring.reference.history import history_features
from scoring.reference.known_world import Question, look_back
from scoring.reference.ledger import read_ledgers
from scoring.reference.linkage import linkage_features
from scoring.reference.raw_rows import Raw
from scoring.reference.repayment import repayment_features
from scoring.reference.spending import spending_features
from scoring.reference.values import Row


def compute_features(
    raw: Raw, question: Question, users: Collection[int] | None = None
) -> dict[int, Row]:
    """User key -> every feature and the consent columns, of each listed user.

    Args:
        raw: All rows of these users, and all that a row of theirs depends on.
        question: The night.
        users: Those that are asked for; without them everybody.
    """
    world = look_back(raw, question)
    if users is not None:
        world = replace(world, listed=[user for user in world.listed if user in users])
    computed = {}
    for user, ledger in read_ledgers(world).items():
        spending = spending_features(ledger.spending, question.as_of)
        repayment = repayment_features(ledger, question.as_of)
        spent = {days: spending[f"spend_amount_{days}d"] for days in (90, 365)}
        repaid = repayment["repayment_amount_90d"]
        computed[user] = (
            spending
            | repayment
            | history_features(user, ledger, world)
            | linkage_features(ledger, spent, repaid, question.as_of)
            | consent_columns(ledger, world)
        )
    return computed
