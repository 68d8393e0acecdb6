"""Refused batches: one shape for the message and for what ``ops.batches`` remembers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from scoring.errors import DataRefusedError

_SHOWN_NAME = 120
# With three digits it may as well be an id or a phone number.
_COLUMN_NAME = re.compile(r"(?!(?:\D*\d){3})[^\W\d][\w .-]{0,62}")
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


def show_name(name: str) -> str:
    r"""A name from outside that can neither break a line of a log nor fill it.

    Example:
        >>> show_name("a\nb.csv")
        'a?b.csv'
    """
    shown = "".join(each if each.isprintable() else "?" for each in name[:_SHOWN_NAME])
    return shown + ("…" if len(name) > _SHOWN_NAME else "")


def show_column(name: str) -> str:
    """A column's name from outside, if it looks like one: a file without a header has values there.

    Example:
        >>> show_column("device_type"), show_column("u0000001"), show_column("")
        ('device_type', '(unusual name)', '(unnamed)')
    """
    if not name:
        return "(unnamed)"
    return name if _COLUMN_NAME.fullmatch(name) else "(unusual name)"


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
    subject = f"{feed}@{show_name(str(dt))}" + (f"/{show_name(file)}" if file else "")
    error = DataRefusedError(
        f"batch refused ({rule})",
        subject=subject,
        expected=expected,
        got=got,
        next_step=next_step,
    )
    return Refusal(rule, error)
