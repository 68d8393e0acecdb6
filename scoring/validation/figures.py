"""The pictures of a validation report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from scoring.validation.calibration import PartCalibration
from scoring.validation.case import Case
from scoring.validation.drawing import (
    BAD,
    FAINT,
    GOOD,
    INK,
    PART_COLOURS,
    Axes,
    draw_picture,
)
from scoring.validation.features import FeatureFigures
from scoring.validation.findings import Findings, ScoreSpread
from scoring.validation.names import name_part
from scoring.validation.separation import PartSeparation
from scoring.validation.slices import Slicing

_LABELLED = 12
_LONGEST = 26


@dataclass(frozen=True)
class Picture:
    """A picture, and what it shows in words for those who cannot see it."""

    uri: str
    words: str


def draw_roc(found: Mapping[str, PartSeparation]) -> Picture:
    """The receiver operating characteristic of every part."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle="--", linewidth=1)
        for part, entry in found.items():
            if entry.curve is not None and entry.separation is not None:
                label = f"{name_part(part)} {entry.separation.auc:.3f}"
                axes.plot(
                    entry.curve.goods, entry.curve.bads, color=PART_COLOURS[part], label=label
                )
        _set_shares(axes, "good rows below the score", "bad rows below the score")
        _add_legend(axes, "lower right", "AUC")

    return Picture(draw_picture(draw), f"ROC curves. {_say(found, 'auc')}")


def draw_ks(part: str, entry: PartSeparation) -> Picture:
    """Cumulative shares of good and bad rows by score, and their largest distance."""
    curve = entry.curve
    if curve is None or entry.separation is None:
        raise ValueError(f"{part} has no curve")
    place = int(np.argmax(np.abs(curve.bads - curve.goods)))

    def draw(axes: Axes) -> None:
        axes.step(curve.score, curve.bads, where="post", color=BAD, label="bad")
        axes.step(curve.score, curve.goods, where="post", color=GOOD, label="good")
        at = curve.score[place]
        axes.plot([at, at], [curve.goods[place], curve.bads[place]], color=INK, linewidth=1.2)
        axes.set_xlabel("score")
        axes.set_ylabel("rows at or below")
        axes.set_ylim(0, 1)
        ks = entry.separation.ks if entry.separation else 0.0
        _add_legend(axes, "lower right", f"KS {ks:.3f} at {at}")

    words = f"Good and bad rows by score, {name_part(part)} part: KS {entry.separation.ks:.3f}."
    return Picture(draw_picture(draw), words)


def draw_gains(found: Mapping[str, PartSeparation]) -> Picture:
    """Share of the bad rows caught by turning away the riskiest share of all rows."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=FAINT, linestyle="--", linewidth=1)
        for part, entry in found.items():
            if entry.curve is not None:
                axes.plot(
                    entry.curve.rows,
                    entry.curve.bads,
                    color=PART_COLOURS[part],
                    label=name_part(part),
                )
        _set_shares(axes, "riskiest share of all rows", "bad rows among them")
        _add_legend(axes, "lower right", None)

    return Picture(draw_picture(draw), "Gains: bad rows caught by share of rows, riskiest first.")


def draw_lift(part: str, entry: PartSeparation) -> Picture:
    """Bad rate per tenth of the rows, riskiest first, against that of all."""

    def draw(axes: Axes) -> None:
        rates = [100 * row.bad_rate for row in entry.gains]
        axes.bar(range(1, len(rates) + 1), rates, color=PART_COLOURS[part], width=0.75)
        average = 100 * entry.bads / entry.rows
        axes.axhline(average, color=INK, linewidth=1, linestyle="--")
        axes.annotate(
            f"all rows {average:.1f} %",
            (1, average),
            xycoords=("axes fraction", "data"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
        )
        axes.set_xticks(range(1, len(rates) + 1))
        axes.set_xlabel("tenth of the rows, riskiest first")
        axes.set_ylabel("bad rows, %")
        axes.grid(visible=False, axis="x")

    return Picture(draw_picture(draw), f"Bad rate by tenth of the {name_part(part)} part.")


def draw_calibration(part: str, found: PartCalibration) -> Picture:
    """Observed shares with their intervals over stated probabilities."""

    def draw(axes: Axes) -> None:
        stated = np.array([100 * entry.expected for entry in found.bins])
        seen = np.array([100 * entry.observed.value for entry in found.bins])
        low = np.array([100 * entry.observed.low for entry in found.bins])
        high = np.array([100 * entry.observed.high for entry in found.bins])
        end = 1.05 * max(float(stated.max()), float(high.max()))
        axes.plot([0, end], [0, end], color=INK, linewidth=1, linestyle="--")
        bars = [np.maximum(seen - low, 0), np.maximum(high - seen, 0)]
        axes.errorbar(
            stated, seen, yerr=bars, fmt="o", markersize=3.5, color=PART_COLOURS[part], linewidth=1
        )
        axes.set_xlim(0, end)
        axes.set_ylim(0, end)
        axes.set_xlabel("stated probability of bad, %")
        axes.set_ylabel("observed, %")

    return Picture(draw_picture(draw), f"Calibration of the {name_part(part)} part in 20 bins.")


def draw_classes(part: str, spread: ScoreSpread) -> Picture:
    """Good and bad rows by score, each as shares of its own class."""

    def draw(axes: Axes) -> None:
        for counts, colour, label in ((spread.goods, GOOD, "good"), (spread.bads, BAD, "bad")):
            if counts.sum():
                shares = 100 * counts / counts.sum()
                axes.stairs(shares, spread.edges, fill=True, alpha=0.3, color=colour)
                axes.stairs(shares, spread.edges, color=colour, label=label)
        axes.set_xlabel("score")
        axes.set_ylabel("rows of the class, %")
        _add_legend(axes, "upper left", None)

    return Picture(draw_picture(draw), f"Scores of good and bad, {name_part(part)} part.")


def draw_parts(spreads: Mapping[str, ScoreSpread]) -> Picture:
    """All rows by score, part beside part."""

    def draw(axes: Axes) -> None:
        for part, spread in spreads.items():
            counts = spread.goods + spread.bads
            axes.stairs(
                100 * counts / max(counts.sum(), 1),
                spread.edges,
                color=PART_COLOURS[part],
                label=name_part(part),
                linewidth=1.4,
            )
        axes.set_xlabel("score")
        axes.set_ylabel("rows of the part, %")
        _add_legend(axes, "upper left", None)

    return Picture(draw_picture(draw), "Scores of the parts.")


def draw_woe(feature: FeatureFigures, case: Case) -> Picture:
    """Weight of evidence by bin: bars of the base part, marks of the others."""
    bins = feature.bins
    place = np.arange(len(bins))[::-1]

    def draw(axes: Axes) -> None:
        axes.barh(
            place,
            [entry.woe.get(case.base, 0.0) for entry in bins],
            color=PART_COLOURS[case.base],
            height=0.66,
            label=name_part(case.base),
        )
        for part, marker in zip(list(case.parts)[1:], ("o", "D"), strict=False):
            known = [number for number, entry in enumerate(bins) if part in entry.woe]
            axes.plot(
                [bins[number].woe[part] for number in known],
                place[known],
                linestyle="none",
                marker=marker,
                markersize=4.5,
                color=PART_COLOURS[part],
                label=name_part(part),
            )
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(place, [_shorten(entry.label) for entry in bins])
        axes.set_xlabel("weight of evidence (more is better)")
        axes.grid(visible=False, axis="y")

    height = 0.9 + 0.26 * len(bins)
    words = f"Weight of evidence of the bins of {feature.feature_name}."
    return Picture(draw_picture(draw, height=height), words)


def draw_correlations(findings: Findings) -> Picture:
    """Correlations of the weights of evidence of the card's features."""
    names = [_shorten(entry.feature_name) for entry in findings.features]
    count = len(names)

    def draw(axes: Axes) -> None:
        mesh = axes.pcolormesh(
            findings.correlations[::-1], cmap="RdBu_r", vmin=-1, vmax=1, edgecolors="none"
        )
        axes.set_xticks(np.arange(count) + 0.5, [str(number + 1) for number in range(count)])
        labels = [f"{name}  {number + 1}" for number, name in enumerate(names)][::-1]
        axes.set_yticks(np.arange(count) + 0.5, labels)
        axes.grid(visible=False)
        axes.set_aspect("equal")
        bar = axes.figure.colorbar(mesh, ax=axes, shrink=0.6, drawedges=False)
        bar.solids.set(rasterized=False, edgecolor="face")
        if count <= _LABELLED:
            for row in range(count):
                for column in range(count):
                    value = float(findings.correlations[row, column])
                    axes.text(
                        column + 0.5,
                        count - row - 0.5,
                        f"{value:.2f}",
                        ha="center",
                        va="center",
                        fontsize=6.5,
                        color="#ffffff" if abs(value) > 0.6 else "#101214",  # noqa: PLR2004
                    )
        else:
            axes.tick_params(labelsize=6)

    size = 1.2 + 0.3 * min(count, 14)
    words = "Correlations of the features' weights of evidence."
    return Picture(draw_picture(draw, width=max(size + 1.8, 5.0), height=max(size, 2.2)), words)


def draw_vintages(slicing: Slicing) -> Picture:
    """Observed with intervals and expected bad rate of every vintage."""
    slices = slicing.slices

    def draw(axes: Axes) -> None:
        place = np.arange(len(slices))
        ratio = [entry.observed_to_expected for entry in slices]
        seen = np.array([100 * entry.observed for entry in slices])
        expected = np.array([100 * entry.expected for entry in slices])
        low = expected * [entry.low for entry in ratio]
        high = expected * [entry.high for entry in ratio]
        bars = [np.maximum(seen - low, 0), np.maximum(high - seen, 0)]
        axes.errorbar(place, seen, yerr=bars, fmt="o", markersize=4, color=BAD, label="observed")
        axes.plot(place, expected, color=GOOD, marker="_", markersize=12, label="expected")
        turn = 60 if len(slices) > 4 else 0  # noqa: PLR2004
        names = [entry.name for entry in slices]
        axes.set_xticks(place, names, rotation=turn, ha="right" if turn else "center")
        axes.set_xlim(-0.5, len(slices) - 0.5)
        axes.set_ylim(0)
        axes.set_ylabel("bad rows, %")
        _add_legend(axes, "best", None)

    return Picture(draw_picture(draw), "Observed and expected bad rate by vintage.")


def _set_shares(axes: Axes, x: str, y: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel(x)
    axes.set_ylabel(y)


def _add_legend(axes: Axes, place: str, title: str | None) -> None:
    if axes.get_legend_handles_labels()[1]:
        axes.legend(loc=place, title=title, fontsize=8)


def _say(found: Mapping[str, PartSeparation], name: str) -> str:
    said: Sequence[str] = [
        f"{name_part(part)} {getattr(entry.separation, name):.3f}"
        for part, entry in found.items()
        if entry.separation is not None
    ]
    return f"{name.upper()}: {', '.join(said)}." if said else "Nothing to show."


def _shorten(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
