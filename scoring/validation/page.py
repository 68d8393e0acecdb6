"""The validation report as one page that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import jinja2

from scoring.training.split import OUT_OF_TIME, TRAINING
from scoring.validation import figures
from scoring.validation.case import FEWEST_SHOWN, Case
from scoring.validation.challenger import ROUNDS, SETTINGS
from scoring.validation.findings import Findings
from scoring.validation.limits import find_limits
from scoring.validation.names import name_part
from scoring.validation.resampling import FEWEST, RESAMPLES
from scoring.validation.words import (
    describe_calibration,
    describe_data,
    describe_making,
    list_label_counts,
    list_left_out,
    list_parts,
    list_tiles,
    summarise_left_out,
)

_CONTENTS = (
    ("limits", "Limits"),
    ("data", "Data"),
    ("features", "Features and points"),
    ("separation", "Separation"),
    ("calibration", "Calibration"),
    ("stability", "Stability"),
    ("vintages", "Vintages"),
    ("segments", "Segments"),
    ("challenger", "Challenger"),
    ("groups", "Protected groups"),
    ("making", "Making"),
)


def render_report(case: Case, findings: Findings) -> str:
    """The page; equal cases give equal bytes."""
    left_out = list_left_out(case)
    return (
        _make_templates()
        .get_template("report.html.j2")
        .render(
            card=case.card,
            contents=_CONTENTS,
            findings=findings,
            limits=find_limits(case, findings),
            tiles=list_tiles(case, findings, judged_part(case)),
            definitions=describe_data(case),
            parts=list_parts(case),
            label_counts=list_label_counts(case),
            left_out=left_out,
            left_out_text=summarise_left_out(left_out),
            calibration_text=describe_calibration(case),
            making=describe_making(case),
            base=case.base,
            base_rows=int(case.parts[case.base].size),
            moved=[part for part in case.parts if part != case.base],
            cut_off=case.cut_off,
            floor=case.floor_rows,
            fewest=FEWEST_SHOWN,
            fewest_subjects=FEWEST,
            resamples=RESAMPLES,
            rounds=ROUNDS,
            leaves=SETTINGS["num_leaves"],
            rate=SETTINGS["learning_rate"],
            **_draw_all(case, findings),
        )
    )


def judged_part(case: Case) -> str:
    """The part whose figures stand on top: the newest rows that training has not seen."""
    if OUT_OF_TIME in case.parts:
        return OUT_OF_TIME
    return next((part for part in case.parts if part != TRAINING), case.base)


def _draw_all(case: Case, findings: Findings) -> dict[str, object]:
    vintages = findings.vintages
    return {
        "woe_pictures": [figures.draw_woe(feature, case) for feature in findings.features],
        "correlation_picture": figures.draw_correlations(findings),
        "separation_pictures": list(_draw_separation(case, findings)),
        "calibration_pictures": [
            (part, figures.draw_calibration(part, found))
            for part, found in findings.calibration.items()
            if part != TRAINING
        ],
        "spread_pictures": list(_draw_spread(case, findings)),
        "vintage_picture": figures.draw_vintages(vintages)
        if vintages is not None and vintages.slices
        else None,
    }


def _draw_separation(case: Case, findings: Findings) -> Iterator[tuple[figures.Picture, str]]:
    found = findings.separation
    if all(entry.curve is None for entry in found.values()):
        return
    yield figures.draw_roc(found), "Receiver operating characteristic."
    part = judged_part(case)
    entry = found[part]
    if entry.curve is not None:
        yield (
            figures.draw_ks(part, entry),
            f"Kolmogorov–Smirnov distance, {name_part(part)} part.",
        )
    yield figures.draw_gains(found), "Gains: bad rows caught by turning away the riskiest."
    if entry.curve is not None:
        yield figures.draw_lift(part, entry), f"Bad rate by tenth, {name_part(part)} part."


def _draw_spread(case: Case, findings: Findings) -> Iterator[tuple[figures.Picture, str]]:
    part = judged_part(case)
    if len(case.parts) > 1:
        yield figures.draw_parts(findings.spread), "Scores of all rows, part by part."
    yield (
        figures.draw_classes(part, findings.spread[part]),
        f"Scores of good and of bad rows, {name_part(part)} part.",
    )


def _make_templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: Mapping[str, object] = {
        "number": _write_number,
        "signed": _write_signed,
        "share": _write_share,
        "count": _write_count,
        "p_value": _write_p_value,
        "part_name": name_part,
        "heading": _raise_first,
    }
    templates.filters.update(filters)
    return templates


def _write_number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _write_signed(value: float) -> str:
    return f"{value:+.4f}"


def _write_share(value: float, digits: int = 1) -> str:
    return f"{value:.{digits}%}"


def _write_count(value: int) -> str:
    return f"{value:,}"


def _write_p_value(value: float | None) -> str:
    if value is None:
        return "–"
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"  # noqa: PLR2004 - four decimals


def _raise_first(text: str) -> str:
    return text[:1].upper() + text[1:]
