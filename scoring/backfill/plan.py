"""What a backfill would change and why, and how long it would take; writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta

from scoring.backfill.ledger import Rule, Scope
from scoring.steps import STEPS

ESTIMATED_STEPS = tuple(step for step in STEPS if step != "ingest")
"""Steps whose time a day takes, in the order of a night."""


@dataclass(frozen=True)
class PlannedDay:
    """One day of the range.

    Attributes:
        as_of_date: The business day.
        known_on: Last batch the new reading would look at.
        published_known_on: What readers see now looked at; None if the day is not published.
        causes: Why the day would change: ``missing``, ``restated``, ``reopened``, ``code``,
            ``card``; empty if nothing is known that would change it.
        restated_users: Cause -> users whose records became known later than the reading; only
            for a reading that would look further.
        tables: Tables whose content may change.
    """

    as_of_date: date
    known_on: date
    published_known_on: date | None
    causes: Sequence[str] = ()
    restated_users: Mapping[str, int] = field(default_factory=dict)
    tables: Sequence[str] = ()


@dataclass(frozen=True)
class Plan:
    """What a backfill would do.

    Attributes:
        date_from: First day.
        date_to: Last day.
        rule: ``original`` or ``latest``.
        scope: ``all`` or ``affected``.
        days: One entry per day of the range.
        nights_at_once: Days per dbt invocation.
        estimated_seconds: By what the last runs took; None without any.
        resumes: Id of the unfinished backfill that would go on.
        blocked_by: Ids of unfinished backfills that are in the way.
        unread_batches: Loaded batches that no build has taken in: what they restate is not
            counted yet.
    """

    date_from: date
    date_to: date
    rule: Rule
    scope: Scope
    days: Sequence[PlannedDay]
    nights_at_once: int
    estimated_seconds: float | None = None
    resumes: str | None = None
    blocked_by: Sequence[str] = ()
    unread_batches: int = 0

    @property
    def causes(self) -> dict[date, Sequence[str]]:
        """Day -> why, for the ledger."""
        return {day.as_of_date: day.causes or ("asked for",) for day in self.days}

    def to_dict(self) -> dict[str, object]:
        """The plan as plain values, for ``--json``."""
        return asdict(self)

    def render(self) -> str:
        """The plan as lines of plain text."""
        rows = [
            ("day", "known on", "published", "why", "users restated", "tables"),
            *(_row(day) for day in self.days),
        ]
        widths = [max(len(row[number]) for row in rows) for number in range(len(rows[0]))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return "\n".join([self._headline(), *lines, *self._notes()])

    def _headline(self) -> str:
        time = (
            "no earlier run to estimate from"
            if self.estimated_seconds is None
            else f"about {timedelta(seconds=round(self.estimated_seconds))}"
        )
        return (
            f"backfill {self.date_from}..{self.date_to}, known on {self.rule}, {self.scope} users: "
            f"{len(self.days)} days, up to {self.nights_at_once} in one dbt invocation, one "
            f"generation; {time}"
        )

    def _notes(self) -> list[str]:
        notes = [f"goes on with {self.resumes}"] if self.resumes else []
        notes += [f"blocked by the unfinished {other}" for other in self.blocked_by]
        if self.unread_batches:
            notes.append(
                f"{self.unread_batches} loaded batches were not taken in by a build yet; what "
                "they restate is not counted"
            )
        return notes


def _row(day: PlannedDay) -> tuple[str, ...]:
    users = ", ".join(f"{cause} {count:,}" for cause, count in sorted(day.restated_users.items()))
    return (
        str(day.as_of_date),
        str(day.known_on),
        str(day.published_known_on or "-"),
        ", ".join(day.causes) or "nothing known",
        users or "-",
        ", ".join(day.tables) or "-",
    )
