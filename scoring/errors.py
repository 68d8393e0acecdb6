"""Every error a user can meet, with the facts, the next step and the exit code.

A message reads ``<what failed> for <subject>: expected <rule>, got <value>. <next step>``.
``subject`` names an object and a date (``transactions@2025-01-31``), never a person.
"""

from __future__ import annotations

from typing import ClassVar


class CreditloopError(Exception):
    """Base of all errors that are reported as one clear line.

    Attributes:
        what: What failed, a noun phrase or short clause ("batch refused").
        subject: The object it failed for, with its date.
        expected: The rule, rendered from the constant that was checked.
        got: The offending value, free of personal data.
        next_step: What to do now, ideally a command.
    """

    exit_code: ClassVar[int] = 1
    is_transient: ClassVar[bool] = False

    def __init__(self, what: str, *, subject: str, expected: str, got: str, next_step: str) -> None:
        self.what = what
        self.subject = subject
        self.expected = expected
        self.got = got
        self.next_step = next_step
        super().__init__(f"{what} for {subject}: expected {expected}, got {got}. {next_step}")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), dict(self.__dict__)))


def _rebuild(kind: type[CreditloopError], facts: dict[str, str]) -> CreditloopError:
    error = kind.__new__(kind)
    CreditloopError.__init__(
        error,
        facts["what"],
        subject=facts["subject"],
        expected=facts["expected"],
        got=facts["got"],
        next_step=facts["next_step"],
    )
    error.__dict__.update(facts)
    return error


class PermanentError(CreditloopError):
    """Stops until somebody changes something; retrying cannot help."""


class DataRefusedError(PermanentError):
    """Landed data broke a file-level rule; nothing of the batch was kept (exit 1)."""


class GateClosedError(PermanentError):
    """A gate's stopping expectation failed or errored; nothing below it ran (exit 1)."""


class ConfigurationError(PermanentError):
    """A setting, option or key is wrong (exit 2)."""

    exit_code: ClassVar[int] = 2


class TransientError(CreditloopError):
    """Lock, disk or network trouble; the same command may succeed later (exit 3)."""

    exit_code: ClassVar[int] = 3
    is_transient: ClassVar[bool] = True
