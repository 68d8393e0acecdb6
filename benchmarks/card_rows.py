"""A card of 25 catalogued features and seeded rows for it, in the column types of the marts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.cards.card import Card
from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.cards.seal import seal_card
from scoring.marts.documents import DATA_TYPES, read_catalog

FEATURES = 25
BINS = 6
LIMIT = 10**12
EVIDENCE = ("months_on_book", "evidence_days")
KINDS = {
    "bigint": pa.int64(),
    "decimal(18,2)": pa.decimal128(18, 2),
    "decimal(18,6)": pa.decimal128(18, 6),
}
TOPS = {"bigint": 60, "decimal(18,2)": 40_000, "decimal(18,6)": 1}


@dataclass(frozen=True)
class Column:
    """One feature: its column type in the marts, and the edges between its bins."""

    name: str
    kind: str
    edges: tuple[float, ...]

    @property
    def scale(self) -> int:
        return 0 if self.kind == "bigint" else int(self.kind[-2])


def make_columns() -> list[Column]:
    """The first 25 features of the catalogue that take turns in type."""
    by_kind: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for row in read_catalog():
        if DATA_TYPES[row["unit"]] in by_kind and row["feature_name"] not in EVIDENCE:
            by_kind[DATA_TYPES[row["unit"]]].append(row["feature_name"])
    wanted = [*by_kind["bigint"][:12], *by_kind["decimal(18,2)"][:6], *by_kind["decimal(18,6)"][:7]]
    kinds = {name: kind for kind, names in by_kind.items() for name in names}
    assert len(wanted) == FEATURES
    return [
        Column(
            name,
            kinds[name],
            tuple(_round(TOPS[kinds[name]] * (n / BINS) ** 2) for n in range(1, BINS)),
        )
        for name in wanted
    ]


def _round(edge: float) -> float:
    return float(round(edge, 2 if edge < 1 else 0))


def make_card(columns: list[Column], points: npt.NDArray[np.int64]) -> Card:
    """A sealed card.

    Args:
        columns: The features; six bins each, from 0 on, open above.
        points: Features x (bins, missing, unseen).
    """
    catalog = read_catalog_seed()
    names = [column.name for column in columns if column.name.endswith("d")]
    expert = load_card(CARDS_FOLDER / "expert_v1.json", catalog)
    draft = expert.model_dump(mode="json")
    draft |= {
        "card_id": "speed_v1",
        "evidence": draft["evidence"] | {"window_months": dict.fromkeys(names, 12)},
        "features": [
            _feature(column, catalog[column.name], row.tolist())
            for column, row in zip(columns, points, strict=True)
        ],
    }
    return seal_card(draft, "speed_v1.json", catalog)


def _feature(column: Column, dimension: str, points: list[int]) -> dict[str, object]:
    ends = ["0", *(format(edge, ".6f") for edge in column.edges), None]
    told = {"reason_code": column.name, "reason_zh": column.name, "reason_en": column.name}
    rules = [{"points": number, "reason": "a benchmark", **told} for number in points[BINS:]]
    return {
        "feature_name": column.name,
        "dimension": dimension,
        "monotone": "none",
        **told,
        "bins": [
            {"lower": low, "upper": high, "points": number, "label": f"{low} to {high}"}
            for low, high, number in zip(ends, ends[1:], points, strict=False)
        ],
        "missing": rules[0],
        "unseen": rules[1],
    }


def make_batch(
    columns: list[Column], rows: int, seed: int, *, nasty: bool = False
) -> pa.RecordBatch:
    """Seeded users; 8 % of the values are missing.

    Args:
        columns: The features.
        rows: Users.
        seed: One seed, one batch.
        nasty: Also put values at and beside edges and limits, and turn every eighth column into
            floating numbers with NaN and infinities.
    """
    random = np.random.default_rng(seed)
    arrays = {
        "user_key": pa.array(np.arange(rows) + seed * rows),
        "has_scoring_consent": pa.array(random.random(rows) < (0.97 if nasty else 1)),
        "evidence_days": pa.array(random.integers(1 if nasty else 3, 400, rows)),
        "months_on_book": pa.array(random.integers(0, 40, rows)),
    }
    for number, column in enumerate(columns):
        top = TOPS[column.kind]
        values = top * random.random(rows) ** 2 * 1.02
        if nasty:
            _put_nasty(values, column, random)
        missing = random.random(rows) < 0.08
        if nasty and number % 8 == 7:
            arrays[column.name] = pa.array(_put_floating(values, random), mask=missing)
            continue
        units = np.rint(values * 10**column.scale).astype(np.int64)
        arrays[column.name] = _array(units, missing, column)
    return pa.RecordBatch.from_pydict(arrays)


def _put_nasty(
    values: npt.NDArray[np.float64], column: Column, random: np.random.Generator
) -> None:
    step = 10.0**-column.scale
    places = [edge + way * step for edge in (0.0, *column.edges) for way in (-1, 0, 1)]
    places += [LIMIT, -LIMIT, LIMIT - step, step - LIMIT]
    chosen = random.random(values.size) < 0.02
    values[chosen] = random.choice(places, chosen.sum())


def _put_floating(
    values: npt.NDArray[np.float64], random: np.random.Generator
) -> npt.NDArray[np.float64]:
    places = [np.nan, np.inf, -np.inf, 1e300, 5e-7, 1.5e-6, -5e-7, 0.1 + 0.2]
    chosen = random.random(values.size) < 0.02
    values[chosen] = random.choice(places, chosen.sum())
    return values


def _array(
    units: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_], column: Column
) -> pa.Array:
    if column.kind == "bigint":
        return pa.array(units, mask=missing)
    limit = 10**18 - 1
    words = np.empty((units.size, 2), np.int64)
    words[:, 0] = np.clip(units, -limit, limit)
    words[:, 1] = words[:, 0] >> 63
    valid = pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(KINDS[column.kind], units.size, [valid, pa.py_buffer(words)])
