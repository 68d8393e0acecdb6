"""``creditloop card compare``: what would change if another card took over. Counts, no persons."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np

from scoring.cards.calibration import stated_probability
from scoring.cards.card import Card
from scoring.cards.comparison import (
    Calibration,
    Int64s,
    Separation,
    SwapSet,
    count_migration,
    measure_calibration,
    measure_separation,
    measure_stability,
    measure_swap,
)
from scoring.cards.loader import load_card, read_catalog_seed
from scoring.errors import PermanentError
from scoring.nights import make_night
from scoring.releases.card_files import load_released
from scoring.releases.score_pairs import (
    ScorePairs,
    newest_scored_night,
    pair_night,
    pair_table,
    read_stored,
)
from scoring.releases.store import read_ledger
from scoring.settings import PROJECT_ROOT, Settings
from scoring.warehouse.store import open_warehouse

BANDS_SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "score_bands.csv"
NOT_SCORED = "not_scored"


@dataclass(frozen=True)
class CardFigures:
    """One card's own figures.

    Attributes:
        card_id: The card.
        scale_meaning: ``fitted``, or ``intent`` where nobody measured the odds it states.
        scored_count: Users it scores.
        separation: Against outcomes, over users scored by both; None without outcomes.
        calibration: Of the probability its scale states; None without outcomes.
        baseline: The night it is compared with.
        stability_to_baseline: Index of its scores against that night's; None without one.
    """

    card_id: str
    scale_meaning: str
    scored_count: int
    separation: Separation | None
    calibration: Calibration | None
    baseline: date | None
    stability_to_baseline: float | None


@dataclass(frozen=True)
class CardComparison:
    """Everything ``card compare`` says.

    Attributes:
        source: The night or table.
        user_count: Users in it.
        both_scored: Users scored by both cards.
        outcome_count: Of these, users with a matured outcome; None without outcomes.
        first: Figures of the card in use.
        second: Figures of the other card.
        stability: Index of the second card's scores against the first's.
        swaps: One per cut-off.
        bands: Names of rows and columns of ``migration``; the last one holds unscored users.
        migration: Users by band of the first card (rows) and of the second (columns).
    """

    source: str
    user_count: int
    both_scored: int
    outcome_count: int | None
    first: CardFigures
    second: CardFigures
    stability: float
    swaps: tuple[SwapSet, ...]
    bands: tuple[str, ...]
    migration: tuple[tuple[int, ...], ...]

    def to_dict(self) -> dict[str, object]:
        """Plain values, for ``--json``."""
        return asdict(self)


def compare_on_night(
    settings: Settings,
    first: str,
    second: str,
    *,
    day: date | None = None,
    known_on: date | None = None,
    baseline: date | None = None,
    cut_offs: Sequence[int] = (),
) -> CardComparison:
    """Compare two cards on the users of one night.

    Args:
        settings: The deployment.
        first: The card in use: a registered card's id, or a ``.json`` file.
        second: The other card.
        day: The night; default the newest scored one.
        known_on: What it was computed with; default the day itself.
        baseline: Night whose scores the stability index is against; default the oldest night
            that each card scored.
        cut_offs: Least accepted scores of the first card; default where its bands begin.

    Raises:
        PermanentError: The night is neither scored by both nor kept in the marts.
        ConfigurationError: A card is unknown or refused.
    """
    with open_warehouse(settings) as connection:
        cards = [_find_card(connection, settings, name) for name in (first, second)]
        if day is None:
            day, known_on = newest_scored_night(connection)
        night = make_night(day, known_on)
        pairs = pair_night(connection, night, *cards)
        references = [
            _read_baseline(connection, card, night.as_of_date, baseline) for card in cards
        ]
    source = f"night {night.as_of_date}, known on {night.known_on}"
    return _compare(source, cards, pairs, night.as_of_date, cut_offs, references)


def compare_on_table(
    settings: Settings,
    first: str,
    second: str,
    *,
    data: Path,
    target: str | None = None,
    cut_offs: Sequence[int] = (),
) -> CardComparison:
    """Compare two cards on a Parquet or CSV table; see ``pair_table`` for what it holds."""
    with open_warehouse(settings) as connection:
        cards = [_find_card(connection, settings, name) for name in (first, second)]
    pairs = pair_table(data, cards[0], cards[1], target)
    return _compare(data.name, cards, pairs, date.max, cut_offs, [None, None])


def _find_card(connection: duckdb.DuckDBPyConnection, settings: Settings, name: str) -> Card:
    catalog = read_catalog_seed()
    if name.endswith(".json"):
        return load_card(Path(name), catalog)
    return load_released(settings, read_ledger(connection).require(name), catalog)


def _read_baseline(
    connection: duckdb.DuckDBPyConnection, card: Card, day: date, asked: date | None
) -> tuple[date, Int64s] | None:
    rows = connection.execute(
        """
        with nights as (
            select distinct as_of_date, known_on
            from ops.card_runs
            where card_id = ? and state = 'scored' and as_of_date < ?
        )

        select as_of_date, known_on
        from nights
        where as_of_date = coalesce(?, as_of_date)
        order by as_of_date, known_on desc
        limit 1
        """,
        [card.card_id, day, asked],
    ).fetchall()
    if not rows:
        return None
    ((as_of_date, known_on),) = rows
    scores = read_stored(connection, make_night(as_of_date, known_on), card.card_id)
    return (as_of_date, scores) if scores.size else None


def _compare(
    source: str,
    cards: Sequence[Card],
    pairs: ScorePairs,
    day: date,
    cut_offs: Sequence[int],
    references: Sequence[tuple[date, Int64s] | None],
) -> CardComparison:
    both = pairs.has_first & pairs.has_second
    if not both.any():
        raise PermanentError(
            "comparison refused",
            subject=source,
            expected="users scored by both cards",
            got="none",
            next_step="Compare on another night or table.",
        )
    known = None if pairs.has_outcome is None else both & pairs.has_outcome
    first, second = (
        _figures(card, scores, has, known, pairs, reference)
        for card, scores, has, reference in zip(
            cards,
            (pairs.first, pairs.second),
            (pairs.has_first, pairs.has_second),
            references,
            strict=True,
        )
    )
    bands = read_bands(day)
    counted = both if known is None else known
    is_bad = None if pairs.is_bad is None else pairs.is_bad[counted]
    chosen = tuple(cut_offs) or tuple(bands.values())[1:]
    return CardComparison(
        source=source,
        user_count=int(both.size),
        both_scored=int(both.sum()),
        outcome_count=None if known is None else int(known.sum()),
        first=first,
        second=second,
        stability=measure_stability(pairs.first[both], pairs.second[both]),
        swaps=tuple(
            measure_swap(pairs.first[counted], pairs.second[counted], cut_off, is_bad)
            for cut_off in chosen
        ),
        bands=(*bands, NOT_SCORED),
        migration=_migrate(pairs, bands),
    )


def _figures(
    card: Card,
    scores: Int64s,
    has_score: np.ndarray[tuple[int], np.dtype[np.bool_]],
    known: np.ndarray[tuple[int], np.dtype[np.bool_]] | None,
    pairs: ScorePairs,
    reference: tuple[date, Int64s] | None,
) -> CardFigures:
    separation = calibration = None
    if known is not None and pairs.is_bad is not None:
        is_bad = pairs.is_bad[known]
        separation = measure_separation(scores[known], is_bad)
        calibration = measure_calibration(stated_probability(card, scores[known]), is_bad)
    return CardFigures(
        card_id=card.card_id,
        scale_meaning=card.scale.meaning,
        scored_count=int(has_score.sum()),
        separation=separation,
        calibration=calibration,
        baseline=reference[0] if reference else None,
        stability_to_baseline=measure_stability(reference[1], scores[has_score])
        if reference
        else None,
    )


def read_bands(day: date, path: Path = BANDS_SEED) -> dict[str, int]:
    """Band -> its lower bound, lowest first, as valid on ``day``."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if _is_valid(row, day)]
    bounds = {row["band_code"]: int(row["lower_bound"]) for row in rows}
    return dict(sorted(bounds.items(), key=lambda item: item[1]))


def _is_valid(row: Mapping[str, str], day: date) -> bool:
    ends = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
    return date.fromisoformat(row["valid_from"]) <= day and (ends is None or day < ends)


def _migrate(pairs: ScorePairs, bands: Mapping[str, int]) -> tuple[tuple[int, ...], ...]:
    edges = np.array([*bands.values()][1:])
    numbers = [
        np.where(has, np.searchsorted(edges, scores, side="right"), len(bands))
        for scores, has in ((pairs.first, pairs.has_first), (pairs.second, pairs.has_second))
    ]
    return count_migration(numbers[0], numbers[1], len(bands) + 1)
