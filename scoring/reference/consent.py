"""Who may be scored, and whose gated data may be used."""

from __future__ import annotations

from scoring.reference.known_world import KnownWorld
from scoring.reference.ledger import UserLedger
from scoring.reference.values import Row


def consent_columns(ledger: UserLedger, world: KnownWorld) -> Row:
    """Consent as the night's users table has it.

    Before any consents row was landed, consents are kept outside the system and all may be scored.
    """
    return {
        "has_scoring_consent": not world.are_consents_landed
        or _is_granted("credit_scoring", ledger.consents),
        "has_gated_consent": _is_granted("consent_gated_data", ledger.consents),
        "consent_basis": "in_feed" if world.are_consents_landed else "outside_system",
    }


def _is_granted(purpose: str, consents: list[Row]) -> bool:
    """The newest change counts; of two at one moment (merged users) a revocation wins."""
    changes = [row for row in consents if row["purpose"] == purpose]
    if not changes:
        return False
    newest_at = max(row["changed_at"] for row in changes)
    return all(row["state"] == "granted" for row in changes if row["changed_at"] == newest_at)
