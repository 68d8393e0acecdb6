"""Which nights a night is compared with: those beside it among what is, or will be, published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import duckdb

from scoring.backfill.ledger import read_company
from scoring.changes.paused_world import Pause
from scoring.nights import Night
from scoring.publish.published import read_published
from scoring.settings import Settings


@dataclass(frozen=True)
class Reading:
    """One night as computed with what was known on a day."""

    as_of_date: date
    known_on: date


@dataclass(frozen=True)
class Pair:
    """Two readings, the earlier night first."""

    previous: Reading
    current: Reading

    @property
    def pause(self) -> Pause:
        """What the states between the two are made from."""
        return Pause(self.previous.as_of_date, self.current.as_of_date, self.current.known_on)


def find_pairs(
    connection: duckdb.DuckDBPyConnection, settings: Settings, night: Night
) -> list[Pair]:
    """The night against the one published before it, and the one published after it against it.

    Just as publishing compares them: only with current readings, and only if this reading will be
    the current one of its night. A night of a backfill meets the others of its backfill as if they
    were published; one that is still to come makes the pair once it is there.

    Args:
        connection: The warehouse.
        settings: The deployment.
        night: A night that is about to be published, or has been.
    """
    published = published_readings(settings)
    company = read_company(connection, night)
    readings = lay_over(published, company.staged) | {night.as_of_date: night.known_on}
    if night.known_on < published.get(night.as_of_date, night.known_on):
        return []
    return [
        pair
        for pair in pairs_beside(readings | dict.fromkeys(company.awaited, night.known_on), night)
        if company.awaited.isdisjoint({pair.previous.as_of_date, pair.current.as_of_date})
    ]


def published_readings(settings: Settings) -> dict[date, date]:
    """``as_of_date`` -> ``known_on`` of what readers see now."""
    publication = read_published(settings)
    return publication.manifest.readings() if publication else {}


def lay_over(published: Mapping[date, date], staged: Mapping[date, date]) -> dict[date, date]:
    """The current readings once ``staged`` is published: of each day the one that knows most."""
    readings = dict(published)
    for day, known_on in staged.items():
        readings[day] = max(known_on, readings.get(day, known_on))
    return readings


def pairs_beside(readings: Mapping[date, date], night: Night) -> list[Pair]:
    """The night against the one before it among ``readings``, and the one after it against it."""
    day = night.as_of_date
    before = max((other for other in readings if other < day), default=None)
    after = min((other for other in readings if other > day), default=None)
    days = [other for other in (before, day, after) if other is not None]
    return [
        Pair(Reading(earlier, readings[earlier]), Reading(later, readings[later]))
        for earlier, later in pairwise(days)
    ]
