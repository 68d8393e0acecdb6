"""The training data as exact numbers: what the scorer will see, and nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scoring.training.refusals import list_names, table_refused

Int64s = npt.NDArray[np.int64]
Int8s = npt.NDArray[np.int8]
Mask = npt.NDArray[np.bool_]

EDGE_DIGITS = 6
_FACTOR = 10**EDGE_DIGITS
_LIMIT = 10**12
"""A value of this size or more is unseen to the scorer."""


@dataclass(frozen=True)
class Column:
    """A feature of every row: whole millionths, 0 where ``missing``."""

    name: str
    millionths: Int64s
    missing: Mask


@dataclass(frozen=True)
class TrainingTable:
    """What a card is trained on.

    Attributes:
        name: What reports and messages call it.
        columns: The candidates.
        target: 1 bad, 0 good.
        ids: One text per row that names its subject, or None if rows are their own subjects.
        dates: One date (datetime64[D]) per row, or None.
        put_aside: Column -> why it is no candidate (a text, a date, an id).
    """

    name: str
    columns: tuple[Column, ...]
    target: Int8s
    ids: tuple[str, ...] | None
    dates: npt.NDArray[np.datetime64] | None
    put_aside: dict[str, str]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.target.size)

    def content_hash(self) -> str:
        """``sha256:…`` over every number of every row, in the order of rows and columns."""
        digest = hashlib.sha256()
        for column in self.columns:
            digest.update(f"{column.name}\0".encode())
            digest.update(column.millionths.astype("<i8").tobytes())
            digest.update(np.packbits(column.missing).tobytes())
        digest.update(self.target.tobytes())
        if self.ids is not None:
            digest.update("\0".join(self.ids).encode())
        if self.dates is not None:
            digest.update(self.dates.astype("<i8").tobytes())
        return f"sha256:{digest.hexdigest()}"


def make_training_table(
    table: pa.Table,
    *,
    name: str,
    target: str,
    exclude: Collection[str] = (),
    id_column: str | None = None,
    date_column: str | None = None,
) -> TrainingTable:
    """Take a table apart into target, ids, dates and candidate features.

    Args:
        table: As :func:`scoring.score.table_files.read_table` gives it.
        name: What messages call it.
        target: Column with 1 for bad and 0 for good.
        exclude: Columns that are no features.
        id_column: Names the subject of a row; one row per subject (and date).
        date_column: The date a row describes.

    Raises:
        DataRefusedError: A named column is absent; the target is no 0/1 column; an id is missing
            or stands twice; a date is missing or none; a candidate holds an infinite value.
    """
    roles = [target, *exclude, *([id_column] if id_column else [])]
    roles += [date_column] if date_column else []
    absent = sorted(set(roles) - set(table.column_names))
    if absent:
        raise table_refused(
            name,
            expected=f"the named columns; there are {list_names(table.column_names)}",
            got=f"no {list_names(absent)}",
            next_step="Correct --target, --exclude, --id or --date.",
        )
    dates = _read_dates(table.column(date_column), name, date_column) if date_column else None
    ids = _read_ids(table.column(id_column), name, id_column, dates) if id_column else None
    columns: list[Column] = []
    put_aside: dict[str, str] = dict.fromkeys(exclude, "excluded by an option")
    for candidate in table.column_names:
        if candidate in roles:
            continue
        kind = table.schema.field(candidate).type
        if not (
            pa.types.is_integer(kind)
            or pa.types.is_floating(kind)
            or pa.types.is_decimal(kind)
            or pa.types.is_null(kind)
        ):
            put_aside[candidate] = f"{kind} is no number"
            continue
        columns.append(_read_column(table.column(candidate), name, candidate))
    return TrainingTable(
        name=name,
        columns=tuple(columns),
        target=_read_target(table.column(target), name, target),
        ids=ids,
        dates=dates,
        put_aside=put_aside,
    )


def _read_target(column: pa.ChunkedArray, name: str, target: str) -> Int8s:
    place = f"{name} at {target}"
    if column.null_count:
        raise table_refused(
            place,
            expected="0 or 1 in every row",
            got=f"{column.null_count:,} missing values",
            next_step="Drop rows whose outcome is not known.",
        )
    found = column.unique().to_pylist()
    values = sorted(found, key=str)
    if any(value not in (0, 1) for value in values):
        shown = list_names([str(value)[:20] for value in values])
        raise table_refused(
            place,
            expected="two values, 1 for bad and 0 for good",
            got=f"{len(values):,} values ({shown})",
            next_step="Make the outcome 0 or 1; drop rows that are neither good nor bad.",
        )
    if len(values) < 2:  # noqa: PLR2004 - two classes
        raise table_refused(
            place,
            expected="good (0) and bad (1) rows",
            got=f"only {values[0]}",
            next_step="A card tells two classes apart; add rows of the other one.",
        )
    outcome: Int8s = column.cast(pa.int8()).to_numpy()
    return outcome


def _read_dates(column: pa.ChunkedArray, name: str, date_column: str) -> npt.NDArray[np.datetime64]:
    try:
        days = column.cast(pa.date32())
    except pa.ArrowException:
        days = None
    if days is None or days.null_count:
        raise table_refused(
            f"{name} at {date_column}",
            expected="a date in every row",
            got=f"{column.type}, {column.null_count:,} missing",
            next_step="Write dates as YYYY-MM-DD.",
        )
    found: npt.NDArray[np.datetime64] = days.to_numpy().astype("datetime64[D]")
    return found


def _read_ids(
    column: pa.ChunkedArray,
    name: str,
    id_column: str,
    dates: npt.NDArray[np.datetime64] | None,
) -> tuple[str, ...]:
    place = f"{name} at {id_column}"
    if column.null_count:
        raise table_refused(
            place,
            expected="an id in every row",
            got=f"{column.null_count:,} missing",
            next_step="Fill or drop these rows.",
        )
    ids: tuple[str, ...] = tuple(column.cast(pa.string()).to_pylist())
    keys: Sequence[object] = ids if dates is None else list(zip(ids, dates.tolist(), strict=True))
    repeats = len(keys) - len(set(keys))
    if repeats:
        raise table_refused(
            place,
            expected="each id once" + (" per date" if dates is not None else ""),
            got=f"{repeats:,} repeated rows",
            next_step="Keep one row of each, or name the date column with --date.",
        )
    return ids


def _read_column(column: pa.ChunkedArray, name: str, feature: str) -> Column:
    missing: Mask = column.is_null().to_numpy()
    if column.null_count == len(column):
        return Column(feature, np.zeros(len(column), np.int64), missing)
    place = f"{name} at {feature}"
    if pa.types.is_floating(column.type):
        values = pc.fill_null(column, 0.0).to_numpy().astype(np.float64)
        infinite = int(np.isinf(values).sum())
        if infinite:
            raise table_refused(
                place,
                expected="finite numbers",
                got=f"{infinite:,} infinite values",
                next_step="Correct them, make them missing, or --exclude the column.",
            )
        too_large = int((np.abs(values) >= _LIMIT).sum())
        millionths = np.rint(np.where(np.abs(values) < _LIMIT, values, 0.0) * _FACTOR)
        exact = millionths.astype(np.int64)
    else:
        exact, too_large = _read_exact(column, place)
    if too_large:
        raise table_refused(
            place,
            expected=f"numbers below {_LIMIT:,}",
            got=f"{too_large:,} larger ones",
            next_step="Use a larger unit, or --exclude the column.",
        )
    return Column(feature, np.where(missing, 0, exact), missing)


def _read_exact(column: pa.ChunkedArray, place: str) -> tuple[Int64s, int]:
    nothing = Decimal(0) if pa.types.is_decimal(column.type) else 0
    filled = pc.fill_null(column, pa.scalar(nothing, column.type))
    large = pc.greater_equal(pc.abs(filled.cast(pa.float64())), float(_LIMIT))
    too_large = int(pc.sum(large).as_py() or 0)
    if too_large:
        return np.zeros(len(column), np.int64), too_large
    try:
        wide = filled.cast(pa.decimal128(38, EDGE_DIGITS))
    except pa.ArrowException:
        raise table_refused(
            place,
            expected=f"decimals with up to {EDGE_DIGITS} places",
            got=str(column.type),
            next_step="Round the column.",
        ) from None
    words = [
        np.frombuffer(chunk.buffers()[1], np.int64)[2 * chunk.offset :: 2][: len(chunk)]
        for chunk in wide.chunks
    ]
    return np.concatenate(words), 0
