"""A training in one screen of text."""

from __future__ import annotations

from collections import Counter

from scoring.training.result import TrainingResult


def render_summary(result: TrainingResult) -> str:
    """Parts and their figures, features by reach, what was left out and why."""
    card = result.card
    rules = Counter(fate.rule for fate in result.screening if not fate.is_kept)
    rules.update(feature.rule for feature in result.dropped)
    lines = [
        f"{card.card_id}: {len(card.features)} of {len(result.screening)} columns",
        (
            f"{card.scale.base_score} points at {card.scale.base_odds} good to one bad,"
            f" {card.scale.pdo} points double the odds, base {card.base_points}"
        ),
        "",
        (
            f"{'part':<12} {'rows':>9} {'bad':>8} {'AUC':>7} {'KS':>7} {'Gini':>7} {'Brier':>7}"
            f" {'slope':>7} {'O/E':>6}"
        ),
    ]
    lines += [
        f"{entry.part:<12} {entry.rows:>9,} {entry.bads:>8,} {entry.auc:>7.4f} {entry.ks:>7.4f}"
        f" {entry.gini:>7.4f} {entry.brier:>7.4f} {entry.calibration_slope:>7.3f}"
        f" {entry.observed_to_expected:>6.3f}"
        for entry in result.metrics
    ]
    fitted_on = card.calibration.fitted_on if card.calibration is not None else "nothing"
    lines += [f"(probabilities fitted on {fitted_on})", ""]
    lines.append(f"{'feature':<40} {'IV':>7} {'bins':>5} {'points':>12}  direction")
    for feature in result.features:
        points = [part.points for part in feature.bins]
        reach = f"{min(points)} to {max(points)}"
        lines.append(
            f"{feature.feature_name:<40} {feature.iv:>7.4f} {len(feature.bins) - 1:>5}"
            f" {reach:>12}  {feature.monotone}"
        )
    if rules:
        left_out = ", ".join(f"{count} {rule}" for rule, count in sorted(rules.items()))
        lines += ["", f"left out: {left_out}"]
    return "\n".join(lines)
