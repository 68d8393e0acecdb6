"""Trouble of the machine (disk, permissions, memory) as errors that a user can act on."""

from __future__ import annotations

import errno
import os

import duckdb

from scoring.errors import ConfigurationError, CreditloopError, TransientError

PASSING = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.EBUSY, errno.ESTALE}
)
"""May be over when the same command is repeated."""

LASTING = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR})
"""Stays until somebody changes the path or its permissions."""


def as_known_error(error: BaseException) -> CreditloopError | None:
    """The error as a user should meet it; None if it is none of the machine's.

    Example:
        >>> str(as_known_error(OSError(errno.EROFS, "x", "/srv/creditloop/lock")))[:46]
        'file not used for /srv/creditloop/lock: expect'
    """
    if isinstance(error, CreditloopError):
        return error
    if isinstance(error, duckdb.OutOfMemoryException):
        return ConfigurationError(
            "work not finished",
            subject="DuckDB",
            expected="enough memory and room for spilled files",
            got="neither",
            next_step="Raise CREDITLOOP_MEMORY_LIMIT or make room on the disk of CREDITLOOP_HOME; "
            "the same command continues.",
        )
    if isinstance(error, duckdb.IOException):
        # Its text quotes a path and the system's words, never rows.
        code = next((each for each in PASSING | LASTING if os.strerror(each) in str(error)), None)
        return _describe(code, "DuckDB")
    if isinstance(error, OSError):
        return _describe(error.errno, str(error.filename or "the file system"))
    return None


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
