"""Landing folders: which exist, whether they are complete, which files are data."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from scoring.errors import TransientError
from scoring.landing.contract import Feed
from scoring.landing.control import CONTROL_FILE, EXAMPLE, Control, read_control
from scoring.landing.refusals import Refusal, refuse
from scoring.settings import Settings

SUCCESS_FILE = "_SUCCESS"
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl")
_PATTERN_MARKS = frozenset("*?[]{}")
_FOLDER_NAME = re.compile(r"dt=(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class LandingFolder:
    """One folder ``<feed>/dt=…``.

    Attributes:
        files: Data files, by name.
        seconds_left: Seconds until it counts as complete; 0 = it is.
        refusal: Why it cannot be read, if so.
        is_empty: Neither data nor a marker in it: nothing has landed.
    """

    feed: Feed
    dt: date
    path: Path
    files: tuple[Path, ...] = ()
    control: Control | None = None
    seconds_left: float = 0
    refusal: Refusal | None = None
    is_empty: bool = False


@dataclass
class Landing:
    """What lies in one feed's folder within a range of days."""

    folders: list[LandingFolder] = field(default_factory=list)
    strays: list[Refusal] = field(default_factory=list)


def find_folders(settings: Settings, feed: Feed, date_from: date | None, date_to: date) -> Landing:
    """Look at the folders of ``feed`` from ``date_from`` (or the beginning) to ``date_to``.

    Entries that are no ``dt=`` folder with a real date are returned as strays.

    Raises:
        TransientError: A folder vanished meanwhile, or cannot be read.
    """
    try:
        return _find_folders(settings, feed, date_from, date_to)
    except OSError as error:
        raise refuse_unreachable(feed.name, error) from error


def check_landing_is_there(settings: Settings, feeds_loaded: int) -> None:
    """Refuse to take a landing folder that is not mounted for one in which nothing arrived.

    Args:
        settings: The deployment.
        feeds_loaded: Feeds of which batches have been loaded before.

    Raises:
        TransientError: Of all these feeds no folder is left.
    """
    is_there = settings.landing.is_dir()
    if not feeds_loaded or (is_there and any(settings.landing.iterdir())):
        return
    raise TransientError(
        "landing folder not read",
        subject=str(settings.landing),
        expected=f"the folders of the {feeds_loaded} feeds that were read before",
        got="an empty folder" if is_there else "no folder",
        next_step="Mount it again, or correct CREDITLOOP_HOME, and repeat the command.",
    )


def refuse_unreachable(subject: str, error: OSError) -> TransientError:
    """Files that vanished while they were read, or may not be."""
    return TransientError(
        "landing folder not read",
        subject=subject,
        expected="files that stay in place and may be read",
        got=type(error).__name__,
        next_step="Check the folder's permissions and disk, and repeat the command.",
    )


def _find_folders(settings: Settings, feed: Feed, date_from: date | None, date_to: date) -> Landing:
    found = Landing()
    base = settings.landing / feed.name
    if not base.is_dir():
        return found
    for path in sorted(base.iterdir(), key=lambda entry: entry.name):
        if path.name.startswith((".", "_")):
            continue
        dt = _folder_date(path)
        if dt is None:
            found.strays.append(_refuse_name(feed, path))
        elif (date_from is None or dt >= date_from) and dt <= date_to:
            found.folders.append(_look_into(settings, feed, dt, path))
    return found


def unknown_feed_folders(settings: Settings, feeds: frozenset[str]) -> list[str]:
    """Names in the landing folder that are no feed."""
    if not settings.landing.is_dir():
        return []
    names = {path.name for path in settings.landing.iterdir() if path.name[0] not in "._"}
    return sorted(names - feeds)


def _folder_date(path: Path) -> date | None:
    match = _FOLDER_NAME.fullmatch(path.name)
    if match is None or not path.is_dir():
        return None
    try:
        return date.fromisoformat(match.group(1))
    except ValueError:
        return None


def _refuse_name(feed: Feed, path: Path) -> Refusal:
    return refuse(
        feed.name,
        path.name,
        None,
        rule="folder_date",
        expected="folders called dt=YYYY-MM-DD with a real date",
        got="a folder without one" if path.is_dir() else "a file",
        next_step="Rename or move it, and ingest again; nothing of it was kept.",
    )


def _look_into(settings: Settings, feed: Feed, dt: date, path: Path) -> LandingFolder:
    escaped = _find_escape(settings, feed, dt, path)
    if escaped is not None:
        return LandingFolder(feed, dt, path, refusal=escaped)
    entries = sorted(path.iterdir(), key=lambda entry: entry.name)
    names = {entry.name for entry in entries}
    data = tuple(entry for entry in entries if not entry.name.startswith((".", "_")))
    marked = bool(names & {CONTROL_FILE, SUCCESS_FILE})
    if not marked:
        if not data:
            return LandingFolder(feed, dt, path, is_empty=True)
        left = _seconds_left(settings, [path, *data])
        if left > 0:
            return LandingFolder(feed, dt, path, data, seconds_left=left)
    control = [entry for entry in entries if entry.name == CONTROL_FILE]
    for entry in [*data, *control]:
        refusal = (
            _find_escape(settings, feed, dt, entry)
            or _refuse_file_name(feed, dt, entry)
            or _refuse_kind(feed, dt, entry)
        )
        if refusal is not None:
            return LandingFolder(feed, dt, path, data, refusal=refusal)
    return _read_totals(LandingFolder(feed, dt, path, data), has_control=CONTROL_FILE in names)


def _seconds_left(settings: Settings, paths: list[Path]) -> float:
    newest = max(path.lstat().st_mtime for path in paths)
    # The wall clock decides only whether to wait, never what a result is.
    return max(0.0, newest + settings.landing_quiet_seconds - time.time())


def _find_escape(settings: Settings, feed: Feed, dt: date, path: Path) -> Refusal | None:
    # Resolving is dear, and every night looks at every folder: what is no link is where it is seen.
    is_feed_link = (settings.landing / feed.name).is_symlink()
    if not is_feed_link and not path.is_symlink():
        return None
    if path.resolve().is_relative_to(settings.landing.resolve()):
        return None
    return refuse(
        feed.name,
        dt,
        path.name if path.parent.name.startswith("dt=") else None,
        rule="outside_landing",
        expected="files inside the landing folder",
        got="a link that leads out of it",
        next_step="Replace the link by the file itself and ingest again; nothing of it was kept.",
    )


def _refuse_file_name(feed: Feed, dt: date, path: Path) -> Refusal | None:
    """Refuse names that DuckDB would take for patterns, or that no log or store can hold."""
    if path.name.isprintable() and not set(path.name) & _PATTERN_MARKS:
        return None
    return refuse(
        feed.name,
        dt,
        path.name,
        rule="file_name",
        expected=f"names in printable UTF-8 without {' '.join(sorted(_PATTERN_MARKS))}",
        got="another one",
        next_step="Rename it and ingest again; nothing of it was kept.",
    )


def _refuse_kind(feed: Feed, dt: date, path: Path) -> Refusal | None:
    if path.is_file() and path.name.lower().endswith((*SUFFIXES, CONTROL_FILE)):
        return None
    return refuse(
        feed.name,
        dt,
        path.name,
        rule="file_kind",
        expected=f"files that end in {', '.join(SUFFIXES)}",
        got=_describe_kind(path),
        next_step="Remove or convert it and ingest again; names that start with . or _ are not "
        "looked at.",
    )


def _describe_kind(path: Path) -> str:
    if path.is_dir():
        return "a folder"
    if not path.is_file():
        return "a link to nothing, or no plain file"
    return f"the ending {path.suffix or '(none)'}"


def _read_totals(folder: LandingFolder, *, has_control: bool) -> LandingFolder:
    feed, dt = folder.feed, folder.dt
    control = None
    if has_control:
        try:
            control = read_control(folder.path / CONTROL_FILE, feed)
        except ValueError as error:
            refusal = refuse(
                feed.name,
                dt,
                CONTROL_FILE,
                rule="control_file",
                expected=f"control totals like {EXAMPLE}",
                got=str(error),
            )
            return LandingFolder(feed, dt, folder.path, folder.files, refusal=refusal)
    if not folder.files and (control is None or control.rows != 0):
        refusal = refuse(
            feed.name,
            dt,
            None,
            rule="no_data_file",
            expected='a data file, or _control.json with {"rows": 0}',
            got="a complete folder without either",
        )
        return LandingFolder(feed, dt, folder.path, refusal=refusal)
    return LandingFolder(feed, dt, folder.path, folder.files, control)
