"""What the card may not be trusted in, in words made of the findings."""

from __future__ import annotations

from collections.abc import Iterator

from scoring.training.split import HELD_OUT, OUT_OF_TIME, TRAINING
from scoring.validation.calibration import Interval
from scoring.validation.case import WHOLE, Case
from scoring.validation.findings import Findings
from scoring.validation.names import name_part

FEW_BADS = 200
_DRIFT, _OTHER_POPULATION = 0.1, 0.25
_LARGEST_LOSS = 0.05
_CLOSE = 0.7
_SIGNIFICANT = 0.05
_CONTRARY_WOE = 0.2


def find_limits(case: Case, findings: Findings) -> tuple[str, ...]:
    """One sentence or two per limit, the gravest first."""
    return (
        *case.warnings,
        *_of_the_card(case),
        *_of_the_data(case),
        *_of_separation(findings),
        *_of_calibration(case, findings),
        *_of_stability(findings),
        *_of_features(findings),
        *_of_challenger(findings),
        *_of_groups(case, findings),
    )


def _of_the_card(case: Case) -> Iterator[str]:
    if case.card.kind == "expert":
        yield (
            "The points are expert judgement: no data chose them, and the odds of the scale are"
            " an intent."
        )
    if case.card.calibration is None:
        yield (
            "The card states no probability; calibration is judged by the odds that its scale"
            " implies."
        )


def _of_the_data(case: Case) -> Iterator[str]:
    if WHOLE in case.parts:
        yield (
            "These rows are not those the card was trained on, or cannot be shown to be: there is"
            " no training part to compare with, and no challenger."
        )
    for part, rows in case.parts.items():
        bads = int(case.table.target[rows].sum())
        fewest = min(bads, rows.size - bads)
        if fewest < FEW_BADS:
            word = "bad" if bads <= rows.size - bads else "good"
            yield (
                f"Few {word} rows: {fewest:,} of {rows.size:,} in the {name_part(part)} part"
                f" (fewer than {FEW_BADS}); its figures are rough, as their intervals show."
            )
    if case.has_training and OUT_OF_TIME not in case.parts:
        yield (
            "No out-of-time part: nothing here shows how the card fares on later dates than it"
            " was trained on."
        )
    window = case.facts.get("label_rules")
    if OUT_OF_TIME in case.parts and isinstance(window, dict):
        yield (
            f"Performance windows of {window.get('window_months')} months overlap where"
            " observation dates lie closer together: the out-of-time part shares calendar time"
            " with training, though no row."
        )
    basis = case.facts.get("known_basis")
    if isinstance(basis, str) and "assumed" in basis:
        yield f"Known dates: {basis}. Features may hold what was learned only later."
    counts = case.facts.get("label_counts")
    left_out = counts.get("no credit") if isinstance(counts, dict) else None
    if left_out:
        yield (
            f"{left_out:,} rows without credit have no outcome and are not judged; the card says"
            " of such users only what it learned from those with credit."
        )


def _of_separation(findings: Findings) -> Iterator[str]:
    base = findings.separation.get(TRAINING)
    for part, found in findings.separation.items():
        if found.silence:
            yield f"The {name_part(part)} part holds {found.silence}: separation is not measured."
        elif base and base.separation and found.separation:
            loss = base.separation.auc - found.separation.auc
            if loss > _LARGEST_LOSS:
                yield (
                    f"The AUC falls by {loss:.3f} from training to the {name_part(part)} part:"
                    " the card fits its training rows too closely, or the world has changed."
                )


def _of_calibration(case: Case, findings: Findings) -> Iterator[str]:
    fitted = case.card.calibration.fitted_on if case.card.calibration else None
    if fitted is not None and fitted in findings.calibration:
        yield (
            f"The probabilities were fitted on the {name_part(fitted)} part, so that its slope,"
            " intercept and observed/expected are right by construction; only other parts tell."
        )
    for part, found in findings.calibration.items():
        # The card was fitted to its training rows: they are no judge of it.
        if part in {fitted, TRAINING}:
            continue
        ratio = found.observed_to_expected
        if _misses(ratio, 1):
            way = "understated" if ratio.value > 1 else "overstated"
            yield (
                f"Risk is {way} on the {name_part(part)} part: observed over expected is"
                f" {_write(ratio)}."
            )
        if found.slope is not None and _misses(found.slope, 1):
            way = "too extreme" if found.slope.value < 1 else "too alike"
            yield (
                f"The probabilities are {way} on the {name_part(part)} part: the slope is"
                f" {_write(found.slope)}."
            )


def _of_stability(findings: Findings) -> Iterator[str]:
    for part, spread in findings.spread.items():
        if spread.psi is not None and spread.psi > _DRIFT:
            word = "another population" if spread.psi > _OTHER_POPULATION else "a drift"
            yield f"Scores of the {name_part(part)} part show {word}: index {spread.psi:.3f}."
        moved = [entry for entry in findings.features if entry.psi.get(part, 0) > _DRIFT]
        if moved:
            names = ", ".join(f"{entry.feature_name} ({entry.psi[part]:.3f})" for entry in moved)
            yield f"Features that drift on the {name_part(part)} part: {names}."


def _of_features(findings: Findings) -> Iterator[str]:
    unsure = [
        entry.feature_name
        for entry in findings.features
        if entry.p_value is not None and entry.p_value > _SIGNIFICANT
    ]
    if unsure:
        yield (
            f"Beside the others these features are not told from chance (p > {_SIGNIFICANT}):"
            f" {', '.join(unsure)}."
        )
    if findings.features and all(entry.coefficient is None for entry in findings.features):
        yield "The regression of the features has no fit here: no standard errors are given."
    for number, entry in enumerate(findings.features):
        others = findings.features[number + 1 :]
        for place, other in enumerate(others, number + 1):
            correlation = float(findings.correlations[number, place])
            if abs(correlation) > _CLOSE:
                yield (
                    f"{entry.feature_name} and {other.feature_name} say much the same"
                    f" (correlation {correlation:.2f}); reasons drawn from them overlap."
                )
    for part in (HELD_OUT, OUT_OF_TIME):
        contrary = [
            entry.feature_name
            for entry in findings.features
            if any(
                bin_.woe[TRAINING] * bin_.woe[part] < 0
                and abs(bin_.woe[TRAINING] - bin_.woe[part]) > _CONTRARY_WOE
                for bin_ in entry.bins
                if {TRAINING, part} <= bin_.woe.keys()
            )
        ]
        if contrary:
            yield (
                f"A bin turns from better to worse than average, or back, on the"
                f" {name_part(part)} part: {', '.join(contrary)}."
            )


def _of_challenger(findings: Findings) -> Iterator[str]:
    for duel in findings.challenge.duels if findings.challenge else ():
        if duel.gap is not None and duel.gap.low > 0:
            yield (
                f"A gradient-boosting model ranks better on the {name_part(duel.part)} part by"
                f" {_write(duel.gap, 4)} of AUC: the price of a card that can be read."
            )


def _of_groups(case: Case, findings: Findings) -> Iterator[str]:
    if not case.protected:
        yield "No protected attribute was at hand: nothing here says whether the card is fair."
    for slicing in findings.protected:
        for entry in slicing.slices:
            if entry.is_adverse and entry.impact is not None:
                yield (
                    f"{slicing.title}, {entry.name}: approved {entry.impact:.2f} times as often"
                    f" as the most approved group at {case.cut_off} points, below four fifths."
                )
            if entry.is_off:
                way = "understated" if entry.observed_to_expected.value > 1 else "overstated"
                yield (
                    f"{slicing.title}, {entry.name}: risk is {way}, observed over expected"
                    f" {_write(entry.observed_to_expected)}."
                )
    for slicing in (findings.known, *findings.segments):
        off = [entry.name for entry in slicing.slices if entry.is_off]
        if off:
            yield f"By {slicing.title}, probabilities are off for: {', '.join(off)}."


def _misses(interval: Interval, value: float) -> bool:
    return not interval.low <= value <= interval.high


def _write(interval: Interval, digits: int = 3) -> str:
    return f"{interval.value:.{digits}f} ({interval.low:.{digits}f} to {interval.high:.{digits}f})"
