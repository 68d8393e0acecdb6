"""What the page says of data, card and making, as rows of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from scoring.cards.calibration import calibration_formula
from scoring.training.split import CROSSED, HELD_OUT
from scoring.validation.case import Case
from scoring.validation.findings import Findings
from scoring.validation.names import name_part

Rows = list[tuple[str, str]]
_SHOWN_DATES = 36
_EXCLUDED = (
    "no consent to scoring then; fewer days of evidence than the card scores; no open account and"
    " nothing owed; bad already on the observation date"
)


@dataclass(frozen=True)
class Tile:
    """One figure of the head of the page."""

    title: str
    value: str
    note: str


@dataclass(frozen=True)
class PartRow:
    """One part of the data."""

    title: str
    rows: int
    bads: int
    dates: str


@dataclass(frozen=True)
class LeftOut:
    """A candidate that is not in the card, and why."""

    name: str
    rule: str
    detail: str
    iv: float | None
    auc: float | None


def list_tiles(case: Case, findings: Findings, part: str) -> list[Tile]:
    """The figures a reader looks for first, of the part that judges."""
    name = f"{name_part(part)} part"
    found, calibrated = findings.separation[part], findings.calibration[part]
    tiles = []
    if found.separation is not None:
        note = name
        if found.auc_low is not None and found.auc_high is not None:
            note = f"{found.auc_low:.3f} to {found.auc_high:.3f}, {name}"
        tiles.append(Tile("AUC", f"{found.separation.auc:.3f}", note))
        tiles.append(Tile("Gini", f"{found.separation.gini:.3f}", name))
        tiles.append(Tile("KS", f"{found.separation.ks:.3f}", name))
    else:
        tiles.append(Tile("AUC", "–", f"{name}: {found.silence}"))
    ratio = calibrated.observed_to_expected
    note = f"{ratio.low:.2f} to {ratio.high:.2f}, {name}"
    fitted = case.card.calibration
    if fitted is not None and fitted.fitted_on == part:
        note = f"{name}: 1 by construction"
    tiles.append(Tile("Observed / expected", f"{ratio.value:.2f}", note))
    psi = findings.spread[part].psi
    if psi is not None:
        tiles.append(Tile("PSI of the score", f"{psi:.3f}", f"{name} against training"))
    for duel in findings.challenge.duels if findings.challenge else ():
        if duel.part == part and duel.gap is not None:
            note = f"{duel.gap.low:+.3f} to {duel.gap.high:+.3f}, {name}"
            tiles.append(Tile("LightGBM less card, AUC", f"{duel.gap.value:+.3f}", note))
    return tiles


def describe_data(case: Case) -> Rows:
    """Source, fingerprint, dates and the definitions of good and bad."""
    facts = case.facts
    rows: Rows = [
        ("Source", str(facts.get("name", case.table.name))),
        ("Fingerprint", str(facts.get("content_hash", "not kept"))),
        ("Rows in all", f"{case.table.rows:,}, {int(case.table.target.sum()):,} of them bad"),
    ]
    rules = facts.get("label_rules")
    if isinstance(rules, dict):
        rows += _describe_rules(rules)
    elif "target" in facts:
        rows.append(("Bad", f"{facts['target']} = 1"))
        rows.append(("Performance window", "as the table's maker chose it; the file does not say"))
    if case.card.calibration is not None:
        rows.append(("Probability of", case.card.calibration.outcome))
    for key, title in (
        ("observation_dates", "Observation dates"),
        ("unmatured_dates", "Left out, window not over"),
    ):
        dates = facts.get(key)
        if isinstance(dates, list) and dates:
            rows.append((title, _list_dates(dates)))
    if "labels_as_of" in facts:
        rows.append(
            (
                "Outcomes",
                f"as of {facts['labels_as_of']}, known on {facts.get('labels_known_on')}",
            )
        )
    if facts.get("known_basis"):
        rows.append(("Known dates", str(facts["known_basis"])))
    if facts.get("out_of_time_from"):
        rows.append(("Out of time from", str(facts["out_of_time_from"])))
    rows += [
        (f"Scored only with {rule.feature_name}", f"≥ {rule.minimum.normalize():f}")
        for rule in case.card.scorability
    ]
    if facts.get("not_scored"):
        rows.append(("Not scored by the card", f"{facts['not_scored']:,} rows, not judged"))
    return rows


def _describe_rules(rules: dict[str, JsonValue]) -> Rows:
    bad, doubtful = rules.get("bad_days"), rules.get("indeterminate_days")
    months = rules.get("window_months")
    return [
        (
            "Performance window",
            f"the days after the observation date up to the same day {months} months later",
        ),
        ("Bad", f"{bad} or more days past due on any day of the window"),
        (
            "Indeterminate",
            f"the worst day has {doubtful} or more days past due but fewer than {bad}: left out",
        ),
        (
            "Excluded",
            _EXCLUDED,
        ),
    ]


def list_parts(case: Case) -> list[PartRow]:
    """Counts and dates of every part."""
    rows = []
    for part, numbers in case.parts.items():
        dates = "–"
        if case.table.dates is not None:
            found = case.table.dates[numbers]
            dates = f"{found.min()} to {found.max()}"
        bads = int(case.table.target[numbers].sum())
        rows.append(PartRow(name_part(part), int(numbers.size), bads, dates))
    return rows


def list_label_counts(case: Case) -> list[tuple[str, int]]:
    """Rows by outcome, those without a label among them; empty for a table."""
    counts = case.facts.get("label_counts")
    if not isinstance(counts, dict):
        return []
    return [(name, rows) for name, rows in counts.items() if isinstance(rows, int)]


def list_left_out(case: Case) -> list[LeftOut]:
    """Candidates of a training that are not in its card, in the order of the table."""
    dropped = {feature.feature_name: feature for feature in case.dropped}
    rows = []
    for fate in case.screening:
        if not fate.is_kept:
            rows.append(LeftOut(fate.feature_name, fate.rule, fate.detail, fate.iv, fate.auc))
        elif fate.feature_name in dropped:
            lost = dropped[fate.feature_name]
            detail = f"slope on its evidence {lost.slope:.4f}"
            rows.append(LeftOut(fate.feature_name, lost.rule, detail, fate.iv, fate.auc))
    return rows


def summarise_left_out(left_out: Sequence[LeftOut]) -> str:
    """How many by which rule."""
    rules = Counter(row.rule for row in left_out)
    said = ", ".join(f"{count} {rule}" for rule, count in sorted(rules.items()))
    return f"{len(left_out)} candidates are not in the card: {said}."


def describe_calibration(case: Case) -> str:
    """Where the card's probabilities come from."""
    fitted = case.card.calibration
    if fitted is None:
        return "The card has no calibration: judged is the probability that its scale implies."
    text = (
        f"{calibration_formula(case.card)}, fitted on {fitted.rows:,} rows ({fitted.bads:,} bad) of"
        f" the {name_part(fitted.fitted_on)} part of the training data."
    )
    if fitted.fitted_on == CROSSED:
        text += (
            " These are the held-out rows, and the training rows as weights score them that were"
            " fitted without their fold: neither is a wholly independent judge of the probability."
        )
    if fitted.fitted_on == HELD_OUT and HELD_OUT in case.parts:
        text += " Its slope and intercept there are right by construction."
    return text


def describe_making(case: Case) -> Rows:
    """Seed, options, parameters and library versions."""
    rows: Rows = [
        ("Seed", str(case.seed)),
        ("Cut-off of the approvals", f"{case.cut_off} points"),
        ("Smallest group shown", f"{case.floor_rows} rows"),
    ]
    training = case.card.training or {}
    for key, title in (("parameters", "Training parameters"), ("libraries", "Trained with")):
        found = training.get(key)
        if isinstance(found, dict):
            said = ", ".join(f"{name} {_write(value)}" for name, value in found.items())
            rows.append((title, said))
    return rows


def _write(value: JsonValue) -> str:
    if value is None or value == {}:
        return "–"
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return str(value)


def _list_dates(dates: Sequence[JsonValue]) -> str:
    shown = ", ".join(str(day) for day in dates[:_SHOWN_DATES])
    more = len(dates) - _SHOWN_DATES
    return f"{shown} and {more} more" if more > 0 else shown
