"""Random bits that belong to a row's key, a day and a purpose, and to nothing else.

Like ``randomness.py``, but keys are text or numbers of Arrow columns here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.simulator.arrays import Bools, Floats
from scoring.simulator.randomness import GOLDEN, mix, mix_one

Hashes: TypeAlias = NDArray[np.uint64]
NO_HASHES: Hashes = np.empty(0, dtype=np.uint64)
_WORD_BYTES = 8


def hash_keys(table: pa.Table, key: Sequence[str]) -> Hashes:
    """Hash of each row's key columns; it depends on the key alone, in whatever batch it comes."""
    bits = np.full(table.num_rows, GOLDEN, dtype=np.uint64)
    for name in key:
        column = table[name].combine_chunks()
        if pa.types.is_string(column.type):
            for word, is_padding in _to_words(column):
                mixed = mix(bits ^ word)
                bits = mixed if is_padding is None else np.where(is_padding, bits, mixed)
        else:
            bits = mix(bits ^ column.cast(pa.int64()).to_numpy().view(np.uint64))
    return bits


def draw_bits(keys: Hashes, code: int, day: int) -> Hashes:
    """64 random bits per key for a day and a purpose (see ``make_code``)."""
    return mix(keys ^ np.uint64(mix_one(code + day * GOLDEN)))


def make_code(seed: int, feed: str, purpose: str) -> int:
    """The number that stands for a purpose of a feed in a world."""
    text = f"{seed}/{feed}/{purpose}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def draw_number(code: int, day: int) -> float:
    """A number in the open interval (0, 1) for a whole day."""
    return ((mix_one(mix_one(code + day * GOLDEN)) >> 11) + 0.5) * 2.0**-53


def to_numbers(bits: Hashes) -> Floats:
    """Random bits as numbers in the open interval (0, 1)."""
    numbers: Floats = ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return numbers


def contain(few_sorted: Hashes, many: Hashes) -> Bools:
    """Whether each of ``many`` is among ``few_sorted``; faster than a sort of the many."""
    if few_sorted.size == 0:
        return np.zeros(many.size, dtype=np.bool_)
    places = np.searchsorted(few_sorted, many)
    found: Bools = few_sorted[np.minimum(places, few_sorted.size - 1)] == many
    return found


def _to_words(column: pa.StringArray) -> Iterator[tuple[Hashes, Bools | None]]:
    """The bytes of each text, eight at a time, and which texts had ended before (None: none)."""
    _, offsets, data = column.buffers()
    count, start = len(column), column.offset
    places = np.frombuffer(offsets, dtype=np.int32)[start : start + count + 1]
    lengths = np.diff(places)
    width = int(lengths.max(initial=0))
    is_even = count == 0 or int(lengths.min()) == width
    text = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, np.uint8)
    padded = np.zeros((count, -(-width // _WORD_BYTES) * _WORD_BYTES), dtype=np.uint8)
    if is_even:
        padded[:, :width] = text[places[0] : places[-1]].reshape(count, width)
    else:
        within = np.arange(width) < lengths[:, None]
        padded[:, :width][within] = text[places[0] : places[-1]]
    words = padded.view("<u8")
    for place in range(words.shape[1]):
        yield words[:, place], None if is_even else lengths <= place * _WORD_BYTES
