"""Quarantined rows: what may be shown of them, and their encrypted text."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import date

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from scoring.landing.identity import identity_secret
from scoring.settings import Settings

_SHOWN_LENGTH = 30
_KEPT_MARKS = frozenset(".,:;+-/_ '\"{}[]()")
_PURPOSE = b"creditloop quarantine"


@dataclass(frozen=True)
class QuarantinedRow:
    """One refused row.

    Attributes:
        row_number: Data row in its file, from 1; header and empty lines do not count.
        shown_value: The offending value without personal data, if it is one value.
        raw_row: The row as landed, encrypted.
    """

    dt: date
    file_name: str
    row_number: int
    rule: str
    column: str | None
    shown_value: str | None
    raw_row: str


def mask_value(value: str) -> str:
    """The shape of a value: digits become 9, letters x, everything unusual ``?``.

    Example:
        >>> mask_value("12a.50")
        '99x.99'
    """
    shape = "".join(_mask_character(character) for character in value[:_SHOWN_LENGTH])
    return shape + ("…" if len(value) > _SHOWN_LENGTH else "")


def show_value(raw_row: str, column: str | None) -> str | None:
    """The shape of the value at fault; never the value: shifted columns put names anywhere."""
    if column is None:
        return None
    value = json.loads(raw_row).get(column)
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return mask_value(text)


class RowCipher:
    """Encrypts raw rows with a key derived from the identity key."""

    def __init__(self, settings: Settings) -> None:
        derived = HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(
            identity_secret(settings)
        )
        self._fernet = Fernet(base64.urlsafe_b64encode(derived))

    def encrypt(self, raw_row: str) -> str:
        """The row as a token that only ``decrypt`` with the same key can read."""
        return self._fernet.encrypt(raw_row.encode("utf-8", errors="replace")).decode()

    def decrypt(self, token: str) -> str:
        """The row behind a token.

        Raises:
            cryptography.fernet.InvalidToken: It was encrypted with another key.
        """
        return self._fernet.decrypt(token.encode()).decode()


def _mask_character(character: str) -> str:
    if character.isascii() and character.isdigit():
        return "9"
    if character.isascii() and character.isalpha():
        return "x"
    return character if character in _KEPT_MARKS else "?"
