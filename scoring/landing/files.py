"""Landed files: kind, hash of the bytes, and the columns a file says it has."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from scoring.landing.contract import Feed
from scoring.landing.control import CONTROL_FILE
from scoring.landing.expansion import largest_unpacked
from scoring.landing.folders import LandingFolder, refuse_unreachable
from scoring.landing.refusals import Refusal, refuse

FileKind = Literal["csv", "csv.gz", "parquet", "jsonl"]
_BLOCK_BYTES = 1 << 20
_HEADER_BYTES = 1 << 20
_WORKERS = 4


@dataclass(frozen=True)
class LandedFile:
    """One data file.

    Attributes:
        header: Column names in order; of Parquet with ``types``; empty for JSONL.
        types: DuckDB types of Parquet columns, beside ``header``.
    """

    feed: str
    dt: date
    path: Path
    kind: FileKind
    size: int
    header: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name inside its folder."""
        return self.path.name

    def refuse(self, rule: str, expected: str, got: str) -> Refusal:
        """The refusal of the batch on account of this file."""
        return refuse(self.feed, self.dt, self.name, rule=rule, expected=expected, got=got)


def describe_files(folder: LandingFolder) -> list[LandedFile]:
    """The data files of a folder, not yet opened.

    Raises:
        TransientError: One has vanished.
    """
    try:
        return [
            LandedFile(folder.feed.name, folder.dt, path, file_kind(path), path.stat().st_size)
            for path in folder.files
        ]
    except OSError as error:
        raise refuse_unreachable(f"{folder.feed.name}@{folder.dt}", error) from error


def file_kind(path: Path) -> FileKind:
    """Kind by the ending of the name, which ``folders`` has checked."""
    name = path.name.lower()
    if name.endswith(".csv.gz"):
        return "csv.gz"
    if name.endswith(".csv"):
        return "csv"
    return "parquet" if name.endswith(".parquet") else "jsonl"


def hash_folders(folders: Iterable[LandingFolder]) -> list[str]:
    """Hash of each folder's bytes: data files (in any order, whatever their names) and control."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(_hash_folder, folders))


def _hash_folder(folder: LandingFolder) -> str:
    control = folder.path / CONTROL_FILE
    try:
        parts = sorted(f"{file_kind(path)}:{_hash_file(path)}" for path in folder.files)
        if control.exists():
            parts.append(f"control:{_hash_file(control)}")
    except OSError as error:
        raise refuse_unreachable(f"{folder.feed.name}@{folder.dt}", error) from error
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def read_text_headers(files: list[LandedFile], feed: Feed) -> list[LandedFile | Refusal]:
    """Read the header of every CSV, and all of a compressed one to prove it whole."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(lambda file: _read_header(file, feed), files))


def _read_header(file: LandedFile, feed: Feed) -> LandedFile | Refusal:
    if file.size == 0:
        return file.refuse("empty_file", "a file with content", "0 bytes")
    if file.kind in ("parquet", "jsonl"):
        return file
    try:
        start = _read_start(file)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return file.refuse("unreadable", "a whole gzip file", "one that is cut off or damaged")
    if start is None:
        return refuse_expansion(file, f"{largest_unpacked(file.size)} bytes", "more")
    return _check_header(file, start, feed)


def _check_header(file: LandedFile, start: bytes, feed: Feed) -> LandedFile | Refusal:
    header = _parse_header(start)
    if header is None:
        return file.refuse(
            "encoding", "a header row in UTF-8 text", "bytes that are none (another encoding?)"
        )
    if not header:
        return file.refuse("empty_file", "a header row", "none")
    refusal = check_columns(file, header, feed)
    return refusal or replace(file, header=header)


def refuse_expansion(file: LandedFile, most: str, got: str) -> Refusal:
    """The refusal of a file that weighs little and claims much."""
    return file.refuse(
        "expansion", f"at most {most} out of a file of {file.size} bytes when unpacked", got
    )


def _read_start(file: LandedFile) -> bytes | None:
    """The first bytes; None when a compressed file unpacks to too much."""
    if file.kind == "csv":
        with file.path.open("rb") as plain:
            return plain.read(_HEADER_BYTES)
    with gzip.open(file.path, "rb") as packed:
        start = packed.read(_HEADER_BYTES)
        # Only the end of the stream holds its checksum.
        left = largest_unpacked(file.size) - len(start)
        while block := packed.read(_BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                return None
    return start


def _parse_header(start: bytes) -> tuple[str, ...] | None:
    text = start.decode("utf-8-sig", errors="surrogateescape")
    try:
        row = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
    except csv.Error:
        return None
    header = "".join(row)
    if "\0" in header or any("\ud800" <= character <= "\udfff" for character in header):
        return None
    return tuple(row)


def check_columns(file: LandedFile, header: tuple[str, ...], feed: Feed) -> Refusal | None:
    """Refuse a header that lacks a required column or names one twice."""
    named = [name for name in header if name]
    doubled = sorted({name for name in named if named.count(name) > 1})
    if doubled:
        known = {column.name for column in feed.columns}
        shown = ", ".join(name if name in known else "an unknown one" for name in doubled)
        return file.refuse("duplicate_column", "every column once", f"{shown} more than once")
    needed = feed.needed_columns(header)
    missing = [name for name in needed if name not in header]
    if missing:
        hint = " (is the delimiter a comma?)" if len(header) == 1 else ""
        return file.refuse(
            "missing_column",
            f"the columns {', '.join(needed)}",
            f"a header without {', '.join(missing)}{hint}",
        )
    return None
