"""Which files a generation means, and what publishing one night does to that list. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from scoring.publish.columns import CHANGES, CONSENTED, POINTS, REASONS, SCORES


@dataclass(frozen=True)
class PublishedFile:
    """One immutable file under ``published/`` as a generation names it.

    Attributes:
        table_name: Kind of file, a key of ``columns.CONTENT``.
        as_of_date: Its night; for ``consented_users`` the newest batch then loaded.
        known_on: What its night was computed with.
        file: Path relative to ``published/``.
        content_hash: Of the rows in it.
        row_count: Rows in it.
        is_current: Whether it belongs to the current reading of its night.
    """

    table_name: str
    as_of_date: date
    known_on: date
    file: str
    content_hash: str
    row_count: int
    is_current: bool = True


@dataclass(frozen=True)
class Manifest:
    """The files of one generation."""

    files: tuple[PublishedFile, ...] = ()

    def of(self, table_name: str, *, is_current: bool | None = None) -> list[PublishedFile]:
        """Files of one kind, oldest night first, all or only (not) current ones."""
        found = [
            file
            for file in self.files
            if file.table_name == table_name and is_current in (None, file.is_current)
        ]
        return sorted(found, key=lambda file: (file.as_of_date, file.known_on, file.file))

    def readings(self) -> dict[date, date]:
        """``as_of_date`` -> ``known_on`` of the current reading, oldest night first."""
        return {file.as_of_date: file.known_on for file in self.of(SCORES, is_current=True)}

    def find(self, table_name: str, as_of_date: date, known_on: date) -> PublishedFile | None:
        """The file that holds now for one kind, night and ``known_on``."""
        found = [
            file
            for file in self.of(table_name)
            if (file.as_of_date, file.known_on) == (as_of_date, known_on)
        ]
        # Of two values ever published the later one holds, and only that one can be current;
        # where neither is current (an older reading), `files` is kept in the order of publication.
        current = [file for file in found if file.is_current]
        if current or not found:
            return current[0] if current else None
        return [file for file in self.files if file in found][-1]

    def current_scores(self, as_of_date: date) -> PublishedFile | None:
        """The scores of the current reading of a night."""
        known_on = self.readings().get(as_of_date)
        return None if known_on is None else self.find(SCORES, as_of_date, known_on)

    def night_before(self, as_of_date: date) -> date | None:
        """The newest earlier published night."""
        return max((day for day in self.readings() if day < as_of_date), default=None)

    def night_after(self, as_of_date: date) -> date | None:
        """The oldest later published night."""
        return min((day for day in self.readings() if day > as_of_date), default=None)

    def newest(self) -> tuple[date, date] | None:
        """The newest published night and the ``known_on`` of its current reading."""
        return max(self.readings().items(), default=None)

    def makes_current(self, as_of_date: date, known_on: date) -> bool:
        """Whether publishing this reading makes it the current one of its night.

        The one that knows most is current, whatever the order of publication.
        """
        return known_on >= self.readings().get(as_of_date, known_on)

    def advance(self, scores: PublishedFile, points: PublishedFile) -> Manifest:
        """The list after one reading was published; its reasons and changes come with ``put``."""
        night, is_current = (
            scores.as_of_date,
            self.makes_current(scores.as_of_date, scores.known_on),
        )
        kept = []
        for file in self.files:
            if (file.table_name, file.file) == (SCORES, scores.file):
                continue
            if file.table_name == POINTS and _reading(file) == _reading(scores):
                continue
            if is_current and file.as_of_date == night and file.table_name in (REASONS, CHANGES):
                continue
            outdated = is_current and file.as_of_date == night and file.table_name != CONSENTED
            kept.append(replace(file, is_current=False) if outdated else file)
        return Manifest(
            (
                *kept,
                replace(scores, is_current=is_current),
                replace(points, is_current=is_current),
            )
        )

    def put(self, *files: PublishedFile) -> Manifest:
        """The list with each of ``files`` instead of what its table and night had."""
        places = {(file.table_name, file.as_of_date) for file in files}
        kept = [file for file in self.files if (file.table_name, file.as_of_date) not in places]
        return Manifest((*kept, *files))

    def with_consented(self, file: PublishedFile | None) -> Manifest:
        """The list with another set of consenting users, or none where nobody is asked."""
        kept = [other for other in self.files if other.table_name != CONSENTED]
        return Manifest((*kept, *([file] if file else [])))


def _reading(file: PublishedFile) -> tuple[date, date]:
    return file.as_of_date, file.known_on


def names(files: Iterable[PublishedFile]) -> list[str]:
    """Relative paths of files."""
    return [file.file for file in files]


def content_lines(manifest: Manifest, tables: Mapping[str, str]) -> list[str]:
    """What makes two generations equal for a reader, as sorted lines to be hashed."""
    lines = [
        f"{file.table_name} {file.as_of_date} {file.known_on} {file.content_hash} {file.is_current}"
        for file in manifest.files
        if file.table_name != CONSENTED
    ]
    lines += [f"{CONSENTED} {file.content_hash}" for file in manifest.of(CONSENTED)]
    lines += [f"{name} {text}" for name, text in tables.items()]
    return sorted(lines)
