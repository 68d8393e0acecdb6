"""Which rows a card is trained on, and which only judge it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.training.parameters import TrainingParameters
from scoring.training.refusals import table_refused
from scoring.training.table import Int64s, TrainingTable

TRAINING, HELD_OUT, OUT_OF_TIME = "training", "held_out", "out_of_time"
CROSSED = "cross_fitted"
"""The held-out rows, and the training rows as weights score them that were fitted without them."""

PARTS = (TRAINING, HELD_OUT, OUT_OF_TIME)


@dataclass(frozen=True)
class Split:
    """Row numbers of each part, ascending; ``out_of_time`` may be empty."""

    training: Int64s
    held_out: Int64s
    out_of_time: Int64s
    out_of_time_from: str | None

    def parts(self) -> dict[str, Int64s]:
        """Part -> rows, the empty ones left out."""
        everything = zip(PARTS, (self.training, self.held_out, self.out_of_time), strict=True)
        return {name: rows for name, rows in everything if rows.size}


def split_table(table: TrainingTable, parameters: TrainingParameters) -> Split:
    """Newest dates out of time, then a held-out share of each class by a seeded hash.

    The hash is of the subject's id, so that one subject is never on both sides and the order of
    rows does not matter; without ids it is of the row's number. A subject with any bad row counts
    as bad.

    Raises:
        DataRefusedError: A part has too few rows of a class.
    """
    late, first_late = _out_of_time(table, parameters)
    early = np.flatnonzero(~late)
    subjects = subjects_of(table, np.arange(table.rows))
    is_bad: dict[str, bool] = {}
    for row in early:
        subject = subjects[row]
        is_bad[subject] = is_bad.get(subject, False) or bool(table.target[row])
    held: set[str] = set()
    for label in (False, True):
        members = sorted(
            (subject for subject, bad in is_bad.items() if bad is label),
            key=lambda subject: _hash(parameters.seed, subject),
        )
        held.update(members[: round(len(members) * parameters.held_out_share)])
    is_held = np.array([subjects[row] in held for row in early], np.bool_)
    split = Split(
        training=early[~is_held],
        held_out=early[is_held],
        out_of_time=np.flatnonzero(late),
        out_of_time_from=first_late,
    )
    _check_classes(table, split, parameters)
    return split


def fold_numbers(subjects: Sequence[str], folds: int, seed: int) -> Int64s:
    """A fold (0 to folds - 1) for each row by a seeded hash of its subject, as equal as can be."""
    ranked = sorted(set(subjects), key=lambda subject: _hash(seed, f"fold {subject}"))
    numbers = {subject: rank % folds for rank, subject in enumerate(ranked)}
    return np.array([numbers[subject] for subject in subjects], np.int64)


def subjects_of(table: TrainingTable, rows: Int64s) -> list[str]:
    """The id of each of the rows, or its number where there are no ids."""
    return [str(row) if table.ids is None else table.ids[row] for row in rows]


def in_fixed_order(table: TrainingTable, rows: Int64s) -> Int64s:
    """The rows in an order that does not depend on the table's where its rows have ids."""
    if table.ids is None:
        return rows
    dates = np.zeros(rows.size, np.int64) if table.dates is None else table.dates[rows]
    ids = np.array([table.ids[row] for row in rows])
    return rows[np.lexsort((dates, ids))]


def _hash(seed: int, subject: str) -> bytes:
    return hashlib.blake2b(f"{seed}\0{subject}".encode(), digest_size=16).digest()


def _out_of_time(
    table: TrainingTable, parameters: TrainingParameters
) -> tuple[npt.NDArray[np.bool_], str | None]:
    nobody = np.zeros(table.rows, np.bool_)
    if table.dates is None:
        return nobody, None
    if parameters.out_of_time_from is not None:
        first = np.datetime64(parameters.out_of_time_from, "D")
    elif parameters.out_of_time_share > 0:
        days, counts = np.unique(table.dates, return_counts=True)
        from_the_end = np.cumsum(counts[::-1])
        wanted = parameters.out_of_time_share * table.rows
        place = int(np.searchsorted(from_the_end, wanted))
        first = days[::-1][place]
    else:
        return nobody, None
    late = table.dates >= first
    return late, str(first)


def _check_classes(table: TrainingTable, split: Split, parameters: TrainingParameters) -> None:
    for name, rows in split.parts().items():
        bads = int(table.target[rows].sum())
        goods = rows.size - bads
        needed = parameters.minimum_bads if name == TRAINING else 1
        for word, count in (("bad", bads), ("good", goods)):
            if count < needed:
                raise table_refused(
                    f"{table.name} at its {name} part",
                    expected=f"at least {needed} {word} rows",
                    got=f"{count} of {rows.size:,} rows",
                    next_step="Use more data, or a longer performance window.",
                )
    if not split.training.size or not split.held_out.size:
        raise table_refused(
            f"{table.name} at its split",
            expected="rows for training and held out",
            got=f"{split.training.size} and {split.held_out.size}",
            next_step="Correct out_of_time_from or held_out_share.",
        )
