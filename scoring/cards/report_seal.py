"""A validation report belongs to exactly one card: the companion file that ties them together.

Beside ``<card_id>.json`` stand the report and ``<card_id>.report.json``, which holds the card's
hash and the SHA-256 of the report. A changed card or a changed report breaks the seal.

Usage: ``python -m scoring.cards.report_seal CARD.json REPORT``
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scoring.cards.card import Card
from scoring.cards.loader import load_card, read_catalog_seed
from scoring.errors import ConfigurationError, CreditloopError

SEAL_SUFFIX = ".report.json"
REPORT_SUFFIX = ".report.html"
"""Name of a generated report after the card's id; a written one may have another."""


class ReportSeal(BaseModel):
    """The content of ``<card_id>.report.json``.

    Attributes:
        card_id: The card the report is about.
        card_hash: That card's own hash.
        report: Name of the report, in the same folder.
        report_sha256: ``sha256:…`` over the report's bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    card_id: str
    card_hash: str
    report: Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
    report_sha256: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


def seal_path(card_id: str, folder: Path) -> Path:
    """Where the companion of a card's report is."""
    return folder / f"{card_id}{SEAL_SUFFIX}"


def write_report_seal(card: Card, report: Path) -> Path:
    """Say beside ``report`` that it is the report of exactly this card.

    Args:
        card: A sealed card.
        report: The finished report, in the folder that the card's file is in.

    Returns:
        The companion file, replaced in one go.

    Raises:
        ConfigurationError: The report cannot be read.
    """
    seal = ReportSeal(
        card_id=card.card_id,
        card_hash=card.hash,
        report=report.name,
        report_sha256=_hash_file(report, card.card_id),
    )
    target = seal_path(card.card_id, report.parent)
    aside = target.with_name(f".{target.name}")
    aside.write_text(seal.model_dump_json(indent=2) + "\n", encoding="utf-8")
    os.replace(aside, target)  # noqa: PTH105 - atomic on purpose
    return target


def read_report_seal(card: Card, folder: Path) -> ReportSeal:
    """The seal of the card's report, once report and card are found to be what was sealed.

    Args:
        card: A card that was checked against its own hash.
        folder: The folder of the card's file.

    Raises:
        ConfigurationError: There is no report, or it is of another card, or it was changed.
    """
    path = seal_path(card.card_id, folder)
    try:
        seal = ReportSeal.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _refused(path.name, "a validation report with its seal", "none") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(path.name, "a readable UTF-8 file", type(error).__name__) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise _refused(
            f"{path.name} at {place}", "a seal as it was written", first["msg"]
        ) from None
    if seal.card_id != card.card_id:
        raise _refused(f"{path.name} at card_id", repr(card.card_id), repr(seal.card_id))
    if seal.card_hash != card.hash:
        raise _refused(f"{path.name} at card_hash", f"{card.hash} (the card's)", seal.card_hash)
    actual = _hash_file(folder / seal.report, card.card_id)
    if seal.report_sha256 != actual:
        raise _refused(
            f"{path.name} at report_sha256",
            f"{actual} (of {seal.report} as it is now)",
            seal.report_sha256,
        )
    return seal


def _hash_file(path: Path, card_id: str) -> str:
    try:
        return "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise _refused(
            path.name, f"the readable report of {card_id}", type(error).__name__
        ) from None


def _refused(subject: str, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "validation report refused",
        subject=subject,
        expected=expected,
        got=got,
        next_step="Make the report of this very card, or restore the released files; a card "
        "without its report is not released.",
    )


def main(arguments: list[str]) -> int:
    """Seal a written report; the exit code is that of the error, if any."""
    if len(arguments) != 2:  # noqa: PLR2004 - card and report
        sys.stderr.write("usage: python -m scoring.cards.report_seal CARD.json REPORT\n")
        return 2
    card_file, report = (Path(argument) for argument in arguments)
    try:
        path = write_report_seal(load_card(card_file, read_catalog_seed()), report)
    except CreditloopError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{path.name} written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
