"""The validation report on real data: the Taiwan set, its protected columns measured."""

from __future__ import annotations

import re

import pytest

from scoring.training.files import train_on_file
from scoring.validation.findings import find_all
from scoring.validation.limits import find_limits
from scoring.validation.on_file import case_of_file_training
from scoring.validation.options import ReportOptions
from scoring.validation.page import render_report
from tests.acceptance.sources import real_source
from tests.acceptance.test_taiwan_card import PROTECTED, TARGET


@pytest.mark.slow
def test_report_of_the_taiwan_card_finds_what_is_known_of_the_set() -> None:
    path = real_source("uci_taiwan_default") / "UCI_Credit_Card.csv"
    result = train_on_file(
        path, target=TARGET, card_id="taiwan_v1", exclude=PROTECTED, id_column="ID"
    )
    options = ReportOptions(protected=tuple(PROTECTED), segments=("LIMIT_BAL",))
    case = case_of_file_training(result, path, options)
    findings = find_all(case)
    held_out = findings.separation["held_out"]
    assert held_out.separation is not None
    assert held_out.auc_low is not None
    assert held_out.auc_high is not None
    assert held_out.auc_low < held_out.separation.auc < held_out.auc_high
    # Hanley and McNeil (1982) give a standard error near 0.0065 for 1,659 bads of 7,500.
    assert 0.02 < held_out.auc_high - held_out.auc_low < 0.032
    assert sum(row.rows for row in held_out.gains) == 7500
    assert held_out.gains[0].lift > 2.5
    calibration = findings.calibration["held_out"]
    assert len(calibration.bins) == 20
    assert calibration.slope is not None
    assert calibration.slope.value == pytest.approx(1, abs=0.1)
    # The set's only strong feature, by all who have looked at it.
    assert max(findings.features, key=lambda entry: entry.iv or 0).feature_name == "PAY_0"
    # Half a thousand rows more or less is no drift: the rows are split by a hash.
    assert max(entry.psi["held_out"] for entry in findings.features) < 0.02
    (duel,) = (d for d in findings.challenge.duels if d.part == "held_out")  # type: ignore[union-attr]
    assert duel.gap is not None
    assert abs(duel.gap.value) < 0.02
    sex = next(slicing for slicing in findings.protected if slicing.title == "SEX")
    assert [entry.name for entry in sex.slices] == ["1", "2"]
    # Women (2) default less often in this set: 20.8 % against 24.2 %.
    assert sex.slices[0].observed > sex.slices[1].observed
    assert any(text.startswith("No out-of-time part") for text in find_limits(case, findings))
    page = render_report(case, findings)
    assert not re.search(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert len(page) < 2_000_000
