"""What a backfill is asked to do, and which readings of which days that means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import duckdb

from scoring.backfill.ledger import Rule, Scope
from scoring.errors import ConfigurationError


@dataclass(frozen=True)
class Request:
    """A backfill as somebody asks for it.

    Attributes:
        date_from: First business day.
        date_to: Last business day.
        rule: ``original``: each day as known at its own end; ``latest``: as known now.
        scope: ``all`` users, or only those ``affected`` by what came late.
        reason: Why, for the record.
        left_out: Days of the range that are not asked for.
    """

    date_from: date
    date_to: date
    rule: Rule = "original"
    scope: Scope = "all"
    reason: str | None = None
    left_out: frozenset[date] = frozenset()

    @property
    def days(self) -> list[date]:
        """Every business day that is asked for, oldest first."""
        count = (self.date_to - self.date_from).days + 1
        days = [self.date_from + timedelta(days=number) for number in range(count)]
        return [day for day in days if day not in self.left_out]

    @property
    def subject(self) -> str:
        """As messages name it."""
        return f"backfill@{self.date_from}..{self.date_to}"


def check_request(request: Request) -> None:
    """Refuse a range that is none, and a scope that its rule gives nothing to do.

    Raises:
        ConfigurationError: It is refused.
    """
    if request.date_from > request.date_to:
        raise ConfigurationError(
            "backfill refused",
            subject=request.subject,
            expected="a first day that is not after the last",
            got="the opposite",
            next_step="Swap --from and --to.",
        )
    if request.scope == "affected" and request.rule != "latest":
        raise ConfigurationError(
            "backfill refused",
            subject=request.subject,
            expected="--known-on latest beside --affected-only",
            got=f"--known-on {request.rule}",
            next_step="Add --known-on latest: as known then, nothing can have come late.",
        )


def choose_readings(
    connection: duckdb.DuckDBPyConnection | None, request: Request
) -> dict[date, date]:
    """``as_of_date`` -> ``known_on`` of what the request means now.

    ``latest`` looks at every batch that is loaded; of a day after the newest one, at what its own
    night would.
    """
    newest = _newest_batch(connection) if connection and request.rule == "latest" else None
    return {day: max(day, newest or day) for day in request.days}


def _newest_batch(connection: duckdb.DuckDBPyConnection) -> date | None:
    row = connection.execute("select max(dt) from ops.batches where state = 'loaded'").fetchone()
    return row[0] if row else None
