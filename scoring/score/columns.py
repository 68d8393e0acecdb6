"""One Arrow column as exact whole numbers: units of a power of ten in an int64.

An integer column counts ones, a DECIMAL(p,s) column units of 10^-s, a floating column millionths.
Comparing with a bin edge is then comparing whole numbers, and most columns need no arithmetic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.errors import ConfigurationError

SCALE_DIGITS = 6
LARGEST = 10**18 - 1
"""Largest magnitude of DECIMAL(18,6) in millionths; beyond it a value counts as unseen."""
_INT64_DIGITS = 18

Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.uint8]
"""Places in a feature's run of codes, see ``scoring.score.compiled``."""


@dataclass(frozen=True)
class NumberColumn:
    """Values as whole units, and which rows have none.

    Attributes:
        units: One int64 per row; a value is ``units / 10**digits``. Rows that are missing or unseen
            hold anything.
        digits: 0 to 6.
        missing: Rows that are NULL, or None if no row is.
        unseen: Rows that hold no usable number (NaN, infinite, too large), or None.
    """

    units: Int64s
    digits: int
    missing: Mask | None
    unseen: Mask | None


def take_column(batch: pa.RecordBatch, name: str) -> pa.Array:
    """The column called ``name``.

    Raises:
        ConfigurationError: The batch has no such column.
    """
    position = batch.schema.get_field_index(name)
    if position < 0:
        raise ConfigurationError(
            "batch not scored",
            subject=name,
            expected="a column of this name in the batch",
            got="none",
            next_step="Build the marts with this version, or use a card made for these columns.",
        )
    return batch.column(position)


def read_numbers(array: pa.Array, name: str) -> NumberColumn:
    """Read an integer, decimal (up to 6 decimals) or floating column.

    Floating values are rounded half-even to millionths, once, here.

    Args:
        array: The column.
        name: What a message calls it.

    Raises:
        ConfigurationError: The column has another type.
    """
    kind = array.type
    missing = _null_mask(array)
    if pa.types.is_null(kind):
        return NumberColumn(np.zeros(len(array), np.int64), 0, missing, None)
    if pa.types.is_integer(kind):
        units, unseen = _read_integers(array)
        return NumberColumn(units, 0, missing, unseen)
    if pa.types.is_decimal(kind) and 0 <= kind.scale <= SCALE_DIGITS:
        units, unseen = _read_decimals(array)
        return NumberColumn(units, kind.scale, missing, unseen)
    if pa.types.is_floating(kind):
        units, unseen = _read_floats(array)
        return NumberColumn(units, SCALE_DIGITS, missing, unseen)
    raise ConfigurationError(
        "feature column refused",
        subject=name,
        expected=f"an integer, floating or decimal type with up to {SCALE_DIGITS} decimals",
        got=str(kind),
        next_step="Cast the column where the batch is made.",
    )


def units_from_millionths(millionths: int, digits: int) -> int:
    """The least whole number of units (10^-digits) that is not below so many millionths."""
    factor: int = 10 ** (SCALE_DIGITS - digits)
    return -(-millionths // factor)


def validity_buffer(valid: Mask | None) -> pa.Buffer | None:
    """Arrow's validity bitmap of a mask, or None if all rows are valid."""
    if valid is None or valid.all():
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _null_mask(array: pa.Array) -> Mask | None:
    if array.null_count == 0:
        return None
    bitmap = array.buffers()[0]
    if bitmap is None:  # the type without values
        return np.ones(len(array), np.bool_)
    first, shift = divmod(array.offset, 8)
    bits = np.frombuffer(bitmap, np.uint8)[first : first + (shift + len(array) + 7) // 8]
    valid = np.unpackbits(bits, bitorder="little")[shift : shift + len(array)]
    return np.logical_not(valid.view(np.bool_))


def _read_integers(array: pa.Array) -> tuple[Int64s, Mask | None]:
    kind = np.dtype(array.type.to_pandas_dtype())
    values = _view_values(array, kind)
    limit = LARGEST // 10**SCALE_DIGITS
    if kind == np.uint64:
        too_large: Mask = np.greater(values, np.uint64(limit))
        return values.astype(np.int64), too_large if too_large.any() else None
    units = values.astype(np.int64, copy=False)
    return units, _beyond(units, limit) if kind.itemsize == 8 else None  # noqa: PLR2004 - bytes


def _read_decimals(array: pa.Array) -> tuple[Int64s, Mask | None]:
    digits = array.type.scale
    if not pa.types.is_decimal128(array.type):
        array = array.cast(pa.decimal128(38, digits))
    words = _view_values(array, np.dtype((np.int64, 2)))
    units = np.ascontiguousarray(words[:, 0])
    precision, whole_digits = array.type.precision, _INT64_DIGITS - SCALE_DIGITS
    if precision - digits <= whole_digits:
        return units, None
    unseen = _beyond(units, 10 ** (whole_digits + digits) - 1)
    if precision > _INT64_DIGITS:
        too_wide: Mask = words[:, 1] != (words[:, 0] >> 63)
        if too_wide.any():
            unseen = too_wide if unseen is None else too_wide | unseen
    return units, unseen


def _read_floats(array: pa.Array) -> tuple[Int64s, Mask | None]:
    kind = np.dtype(array.type.to_pandas_dtype())
    values = _view_values(array, kind).astype(np.float64, copy=False)
    usable = np.abs(values) < (LARGEST // 10**SCALE_DIGITS)
    unseen: Mask | None = None
    if not usable.all():
        unseen = ~usable
        values = np.where(usable, values, 0.0)
    return np.rint(values * 10.0**SCALE_DIGITS).astype(np.int64), unseen


def _view_values(array: pa.Array, kind: np.dtype[np.generic]) -> npt.NDArray[Any]:
    """The values in place, with whatever stands where there is none."""
    shape = (0, *kind.shape)
    if len(array) == 0:
        return np.zeros(shape, kind.base)
    values = np.frombuffer(array.buffers()[1], kind.base).reshape(-1, *kind.shape)
    return values[array.offset : array.offset + len(array)]


def _beyond(units: Int64s, limit: int) -> Mask | None:
    if units.size == 0 or (int(units.max()) <= limit and int(units.min()) >= -limit):
        return None
    beyond: Mask = (units > limit) | (units < -limit)
    return beyond
