"""One Arrow column as exact integers: every number becomes millionths in an int64.

DECIMAL(18,6) fits an int64 exactly, so comparing with a bin edge is comparing whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from scoring.errors import ConfigurationError

SCALE_DIGITS = 6
LARGEST = 10**18 - 1
"""Largest magnitude of DECIMAL(18,6) in millionths; beyond it a value counts as unseen."""

Int64s = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class ScaledColumn:
    """Values in millionths, and which rows have none.

    Attributes:
        millionths: One int64 per row; 0 where there is no value.
        missing: Rows that are NULL, or None if no row is.
        unseen: Rows that hold no usable number (NaN, infinite, too large), or None.
    """

    millionths: Int64s
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


def scale_column(array: pa.Array, name: str) -> ScaledColumn:
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
        return ScaledColumn(np.zeros(len(array), np.int64), missing, None)
    if pa.types.is_integer(kind):
        values = array.fill_null(0) if missing is not None else array
        scaled = _scale_integers(values.to_numpy(), SCALE_DIGITS)
    elif pa.types.is_decimal(kind) and 0 <= kind.scale <= SCALE_DIGITS:
        scaled = _scale_decimals(array, missing)
    elif pa.types.is_floating(kind):
        values = array.fill_null(0) if missing is not None else array
        scaled = _scale_floats(values.to_numpy().astype(np.float64, copy=False))
    else:
        raise ConfigurationError(
            "feature column refused",
            subject=name,
            expected=f"an integer, floating or decimal type with up to {SCALE_DIGITS} decimals",
            got=str(kind),
            next_step="Cast the column where the batch is made.",
        )
    millionths, unseen = scaled
    return ScaledColumn(millionths, missing, unseen)


def decimals_from_millionths(millionths: Int64s, valid: Mask | None) -> pa.Array:
    """A decimal128(18,6) array of int64 millionths; rows that are not ``valid`` are NULL."""
    words = np.empty((millionths.size, 2), np.int64)
    words[:, 0] = millionths
    np.right_shift(words[:, 0], 63, out=words[:, 1])
    return pa.Array.from_buffers(
        pa.decimal128(18, SCALE_DIGITS),
        millionths.size,
        [validity_buffer(valid), pa.py_buffer(words)],
    )


def validity_buffer(valid: Mask | None) -> pa.Buffer | None:
    """Arrow's validity bitmap of a mask, or None if all rows are valid."""
    if valid is None or valid.all():
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _null_mask(array: pa.Array) -> Mask | None:
    if array.null_count == 0:
        return None
    mask: Mask = array.is_null().to_numpy(zero_copy_only=False)
    return mask


def _scale_integers(values: npt.NDArray[np.integer], digits: int) -> tuple[Int64s, Mask | None]:
    factor = 10**digits
    limit = LARGEST // factor
    unseen: Mask | None = None
    if values.size and (int(values.max()) > limit or int(values.min()) < -limit):
        unseen = (
            (values > limit) | (values < -limit) if values.dtype.kind == "i" else values > limit
        )
        values = np.where(unseen, 0, values)
    return values.astype(np.int64, copy=False) * np.int64(factor), unseen


def _scale_decimals(array: pa.Array, missing: Mask | None) -> tuple[Int64s, Mask | None]:
    digits = SCALE_DIGITS - array.type.scale
    if not pa.types.is_decimal128(array.type):
        array = array.cast(pa.decimal128(38, array.type.scale))
    words = np.frombuffer(array.buffers()[1], np.int64)
    words = words[2 * array.offset : 2 * (array.offset + len(array))].reshape(-1, 2)
    values = words[:, 0]
    if missing is not None:
        values = np.where(missing, 0, values)
    too_wide = words[:, 1] != (words[:, 0] >> 63)
    if missing is not None:
        too_wide &= ~missing
    if too_wide.any():
        millionths, unseen = _scale_integers(np.where(too_wide, 0, values), digits)
        return millionths, too_wide if unseen is None else too_wide | unseen
    return _scale_integers(values, digits)


def _scale_floats(values: npt.NDArray[np.float64]) -> tuple[Int64s, Mask | None]:
    factor = 10.0**SCALE_DIGITS
    usable = np.abs(values) < (LARGEST // 10**SCALE_DIGITS)
    unseen: Mask | None = None
    if not usable.all():
        unseen = ~usable
        values = np.where(usable, values, 0.0)
    return np.rint(values * factor).astype(np.int64), unseen
