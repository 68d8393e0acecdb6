"""All features of all users of a night."""

from __future__ import annotations

from tests.reference.consent import consent_columns
from tests.reference.history import history_features
from tests.reference.known_world import Question, look_back
from tests.reference.ledger import read_ledgers
from tests.reference.linkage import linkage_features
from tests.reference.repayment import repayment_features
from tests.reference.spending import spending_features
from tests.reference.values import Row


def compute_features(raw: dict[str, list[Row]], question: Question) -> dict[int, Row]:
    """User key -> every feature and the consent columns, of each listed user."""
    world = look_back(raw, question)
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
