"""Writing the report of a card, and sealing it to exactly that card."""

from __future__ import annotations

import os
from pathlib import Path

from scoring.cards.report_seal import REPORT_SUFFIX, write_report_seal
from scoring.training.files import write_card
from scoring.validation.case import Case
from scoring.validation.findings import find_all
from scoring.validation.page import render_report


def write_validation_report(case: Case, folder: Path) -> Path:
    """``<card_id>.report.html`` with its seal, and the card itself: what a release consists of.

    Returns:
        The card's file in ``folder``, for ``creditloop card register``.

    Raises:
        ConfigurationError: Another card of this name is in the folder, or the extra [train] is
            missing.
    """
    page = render_report(case, find_all(case))
    folder.mkdir(parents=True, exist_ok=True)
    card_file = folder / f"{case.card.card_id}.json"
    write_card(case.card, card_file)
    report = folder / f"{case.card.card_id}{REPORT_SUFFIX}"
    aside = report.with_name(f".{report.name}")
    aside.write_text(page, encoding="utf-8")
    os.replace(aside, report)  # noqa: PTH105 - atomic on purpose
    write_report_seal(case.card, report)
    return card_file
