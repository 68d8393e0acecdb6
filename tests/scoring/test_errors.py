"""Errors carry their facts, survive pickling, and read the same everywhere."""

from __future__ import annotations

import pickle

from scoring.errors import (
    ConfigurationError,
    CreditloopError,
    DataRefusedError,
    GateClosedError,
    TransientError,
)


def make(kind: type[CreditloopError]) -> CreditloopError:
    return kind(
        "batch refused",
        subject="loans@2025-01-31",
        expected="12 rows",
        got="11 rows",
        next_step="Send the file again.",
    )


def test_message_has_place_rule_value_and_next_step() -> None:
    assert str(make(DataRefusedError)) == (
        "batch refused for loans@2025-01-31: expected 12 rows, got 11 rows. Send the file again."
    )


def test_exit_codes_are_those_of_the_contract() -> None:
    kinds = (DataRefusedError, GateClosedError, ConfigurationError, TransientError)
    assert [kind.exit_code for kind in kinds] == [1, 1, 2, 3]
    assert [kind.is_transient for kind in kinds] == [False, False, False, True]


def test_error_survives_pickling_between_processes() -> None:
    error = pickle.loads(pickle.dumps(make(TransientError)))
    assert isinstance(error, TransientError)
    assert str(error) == str(make(TransientError))
    assert error.subject == "loans@2025-01-31"
