"""Refused batches: one shape for the message and for what ``ops.batches`` remembers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from scoring.errors import DataRefusedError

CORRECT_FILE = "Correct or replace the file and ingest the day again; nothing of it was kept."


@dataclass(frozen=True)
class Refusal:
    """Why a whole batch is refused.

    Attributes:
        rule: Short name of the file-level rule, e.g. ``missing_column``.
        error: What the user sees.
    """

    rule: str
    error: DataRefusedError


def refuse(
    feed: str,
    dt: date | str,
    file: str | None,
    *,
    rule: str,
    expected: str,
    got: str,
    next_step: str = CORRECT_FILE,
) -> Refusal:
    """Build the refusal of a batch, or of one of its files.

    Args:
        feed: Name of the feed.
        dt: Batch date, or the folder's name when it is no date.
        file: Name of the file inside the folder, if the rule is about one.
        rule: Short name of the rule.
        expected: The rule in words.
        got: The offending value, free of personal data.
        next_step: What to do now.
    """
    subject = f"{feed}@{dt}" + (f"/{file}" if file else "")
    error = DataRefusedError(
        f"batch refused ({rule})",
        subject=subject,
        expected=expected,
        got=got,
        next_step=next_step,
    )
    return Refusal(rule, error)
