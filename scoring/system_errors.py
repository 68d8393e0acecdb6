"""Trouble of the machine (disk, permissions, memory) as errors that a user can act on."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import duckdb

from scoring.errors import ConfigurationError, CreditloopError, PermanentError, TransientError

PASSING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE}
    | {errno.EBUSY, errno.ESTALE}
)
"""May be over when the same command is repeated."""

LASTING = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR})
"""Stays until somebody changes the path or its permissions."""

_DAMAGED = ("Corrupt database file", "not a valid DuckDB database file", "Could not read enough")
_NO_MEMORY = ("Out of Memory Error", "std::bad_alloc")
# Kinds whose text is the system's or the store's own; the text of others quotes rows.
_STORAGE_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)


def as_known_error(error: BaseException) -> CreditloopError | None:
    """The error as a user should meet it; None if it is none of the machine's.

    Example:
        >>> str(as_known_error(OSError(errno.EROFS, "x", "/srv/creditloop/lock")))[:46]
        'file not used for /srv/creditloop/lock: expect'
    """
    if isinstance(error, CreditloopError):
        return error
    if isinstance(error, MemoryError):
        return _no_memory("this process")
    if isinstance(error, duckdb.Error):
        # What DuckDB raises last may only follow from what came first.
        found = (_from_duckdb(each) for each in _chain(error))
        return next((each for each in found if each is not None), None)
    if isinstance(error, OSError):
        return _describe(error.errno, str(error.filename or "the file system"))
    return None


def from_storage_text(text: str) -> CreditloopError | None:
    """The trouble that DuckDB's text about its files tells of; nothing of it is quoted."""
    if any(sign in text for sign in _NO_MEMORY):
        return _no_memory("DuckDB")
    code = next((each for each in PASSING | LASTING if os.strerror(each) in text), None)
    if code is not None:
        return _describe(code, "DuckDB")
    return damaged_file() if any(sign in text for sign in _DAMAGED) else None


def tells_of_damage(error: BaseException) -> bool:
    """Whether DuckDB says of a file that it is not whole: whose file it is, the caller knows."""
    return any(sign in str(error) for sign in _DAMAGED)


def damaged_file(subject: str = "a DuckDB file of CREDITLOOP_HOME") -> CreditloopError:
    """A file whose content is not what was written."""
    return PermanentError(
        "damaged file found",
        subject=subject,
        expected="blocks that match their checksums",
        got="one that does not, or is missing",
        next_step="Run `creditloop doctor --files`, which reads every store and names the damaged; "
        "docs/faults.md says how each is mended.",
    )


def _from_duckdb(error: BaseException) -> CreditloopError | None:
    if isinstance(error, duckdb.OutOfMemoryException):
        return _no_memory("DuckDB")
    # A damaged block is reported by the base class itself.
    if isinstance(error, _STORAGE_ERRORS) or type(error) is duckdb.Error:
        return from_storage_text(str(error))
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _no_memory(subject: str) -> CreditloopError:
    return ConfigurationError(
        "work not finished",
        subject=subject,
        expected="enough memory and room for spilled files",
        got="neither",
        next_step="Raise CREDITLOOP_MEMORY_LIMIT (the machine needs 1 GiB beside it) or make room "
        "on the disk of CREDITLOOP_HOME; the same command continues.",
    )


def _describe(code: int | None, subject: str) -> CreditloopError | None:
    if code in PASSING:
        return TransientError(
            "file not written",
            subject=subject,
            expected="room and a working disk",
            got=os.strerror(code),
            next_step="Make room or wait, and repeat the command; it continues where it stopped.",
        )
    if code in LASTING:
        return ConfigurationError(
            "file not used",
            subject=subject,
            expected="a path that this user can read and write",
            got=os.strerror(code),
            next_step="Correct its permissions, or set CREDITLOOP_HOME to another folder.",
        )
    return None
