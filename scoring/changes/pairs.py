"""Which nights a night is compared with: those beside it among what is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from scoring.changes.paused_world import Pause
from scoring.nights import Night
from scoring.publish.manifest import Manifest
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


def find_pairs(settings: Settings, night: Night) -> list[Pair]:
    """The night against the one published before it, and the one published after it against it.

    Just as publishing compares them: only with current readings, and only if this reading will be
    the current one of its night.

    Args:
        settings: The deployment.
        night: A night that is about to be published, or has been.
    """
    publication = read_published(settings)
    manifest = publication.manifest if publication else Manifest()
    reading = Reading(night.as_of_date, night.known_on)
    if not manifest.makes_current(night.as_of_date, night.known_on):
        return []
    before = _reading(manifest, manifest.night_before(night.as_of_date))
    after = _reading(manifest, manifest.night_after(night.as_of_date))
    pairs = [Pair(before, reading)] if before else []
    return [*pairs, Pair(reading, after)] if after else pairs


def _reading(manifest: Manifest, day: date | None) -> Reading | None:
    return None if day is None else Reading(day, manifest.readings()[day])
