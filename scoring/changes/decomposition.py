"""The difference between two scores as an exact addition over causes and features. Pure.

States of a user, each as whole points per feature, in a fixed order:

1. ``then``: the earlier night as scored then;
2. ``now``: the earlier night as known now: the step is *late* (late, corrected, disputed);
3. ``paused``: the later night if nothing had happened since the earlier one: *ageing*;
4. ``before_card``: the later night as it is, still by the earlier night's card: *behaviour*;
5. ``after_card``: the later night by its own card: *card*, to which the base points belong.

What the ends of the score's range cut off is a part of its own, *clipped*. Telescoping sums leave
nothing over: the parts add up to the difference of the scores, always.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

CAUSES = ("late", "ageing", "behaviour", "card")
"""Why points changed, in the order of the states."""
DIVIDED, UNMOVED, UNDIVIDED, NOT_COMPARED = "divided", "unmoved", "undivided", "not_compared"
CHANGE_STATUSES = (DIVIDED, UNMOVED, UNDIVIDED, NOT_COMPARED)
"""The causes were told apart; nothing moved but the card, and causes that cancel out were not
looked for; the causes were not told apart; there are no two scores to compare."""

STATES = ("then", "now", "paused", "before_card", "after_card")

Matrix = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


def decompose(
    batch: pa.RecordBatch, old_features: Sequence[str], new_features: Sequence[str]
) -> pa.RecordBatch:
    """Divide the change of each user's score among causes and features.

    Args:
        batch: One row per user scored on both nights: ``user_key``; the lists of whole points
            ``then``, ``now``, ``paused``, ``before_card`` (in the order of ``old_features``) and
            ``after_card`` (of ``new_features``); ``previous_base``, ``base``,
            ``previous_clipped``, ``clipped``. Where ``now`` or ``paused`` is NULL the first three
            causes are not told apart, unless ``before_card`` equals ``then``: they are 0 together,
            and count as 0 each. Where ``before_card`` is NULL no cause is told apart.
        old_features: Features of the earlier night's card, in its order.
        new_features: Features of the later night's card, in its order.

    Returns:
        One row per input row, in the same order: ``user_key``, ``change_status``,
        ``score_change``, ``change_<cause>`` (NULL if not told apart), ``change_undivided`` (what
        was not told apart, else 0), ``change_clipped``: together, NULL as 0, exactly
        ``score_change``. And aligned lists of the features with any change, old card's order
        first: ``feature_names``, ``feature_changes`` (each feature's whole change) and
        ``feature_<cause>`` (NULL lists where not told apart).

    Example:
        A feature worth 5 points then, 3 by a late correction, 8 once a late payment grew old and 8
        now gives ``change_late`` -2, ``change_ageing`` 5 and ``score_change`` 3.
    """
    names = list(dict.fromkeys([*old_features, *new_features]))
    states = {
        name: _matrix(batch, name, new_features if name == "after_card" else old_features, names)
        for name in STATES
    }
    is_card_known = _is_given(batch, "before_card")
    is_divided = is_card_known & _is_given(batch, "now") & _is_given(batch, "paused")
    is_unmoved = is_card_known & ~is_divided & (states["then"] == states["before_card"]).all(axis=1)
    is_told = is_divided | is_unmoved
    steps = _steps(states, is_divided)
    total = states["after_card"] - states["then"]
    base = _integers(batch, "base") - _integers(batch, "previous_base")
    clipped = _integers(batch, "clipped") - _integers(batch, "previous_clipped")
    sums = {cause: steps[cause].sum(axis=1, dtype=np.int32) for cause in CAUSES}
    sums["card"] += base
    whole = total.sum(axis=1, dtype=np.int32) + base
    undivided = whole - np.where(is_card_known, sums["card"], 0)
    undivided[is_told] = 0
    columns: dict[str, pa.Array] = {
        "user_key": batch.column("user_key"),
        "change_status": pa.array(
            np.select([is_divided, is_unmoved], [DIVIDED, UNMOVED], UNDIVIDED)
        ),
        "score_change": pa.array(whole + clipped),
    }
    told = {cause: is_card_known if cause == "card" else is_told for cause in CAUSES}
    for cause in CAUSES:
        columns[f"change_{cause}"] = pa.array(sums[cause], mask=~told[cause])
    columns["change_undivided"] = pa.array(undivided)
    columns["change_clipped"] = pa.array(clipped)
    return pa.RecordBatch.from_pydict(columns | _feature_lists(names, steps, total, told))


def _steps(states: dict[str, Matrix], is_divided: Mask) -> dict[str, Matrix]:
    """Points that each cause moved, per row and feature; 0 where not told apart."""
    steps = {
        cause: states[after] - states[before]
        for cause, before, after in zip(CAUSES, STATES[:-1], STATES[1:], strict=True)
    }
    for cause in ("late", "ageing", "behaviour"):
        steps[cause][~is_divided] = 0
    return steps


def _matrix(
    batch: pa.RecordBatch, name: str, features: Sequence[str], names: Sequence[str]
) -> Matrix:
    """Points by row and feature of either card; 0 where the state's card lacks the feature."""
    matrix = np.zeros((batch.num_rows, len(names)), np.int32)
    lists = batch.column(name)
    given = lists.drop_null()
    flat = given.flatten().to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    places = np.array([names.index(feature) for feature in features], np.int64)
    rows = np.flatnonzero(_is_given(batch, name))
    matrix[np.ix_(rows, places)] = flat.reshape(len(given), len(features))
    return matrix


def _is_given(batch: pa.RecordBatch, name: str) -> Mask:
    given: Mask = batch.column(name).is_valid().to_numpy(zero_copy_only=False)
    return given


def _integers(batch: pa.RecordBatch, name: str) -> npt.NDArray[np.int32]:
    values: npt.NDArray[np.int32] = batch.column(name).to_numpy(zero_copy_only=False)
    return values.astype(np.int32, copy=False)


def _feature_lists(
    names: Sequence[str], steps: dict[str, Matrix], total: Matrix, told: dict[str, Mask]
) -> dict[str, pa.Array]:
    changed = total != 0
    for moved in steps.values():
        changed |= moved != 0
    _, features = np.nonzero(changed)
    offsets = np.zeros(len(total) + 1, np.int32)
    np.cumsum(changed.sum(axis=1, dtype=np.int32), out=offsets[1:])
    columns = {
        "feature_names": _lists(offsets, pa.array(names, pa.string()).take(pa.array(features))),
        "feature_changes": _lists(offsets, pa.array(total[changed])),
    }
    for cause, moved in steps.items():
        columns[f"feature_{cause}"] = _lists(offsets, pa.array(moved[changed]), ~told[cause])
    return columns


def _lists(
    offsets: npt.NDArray[np.int32], values: pa.Array, absent: Mask | None = None
) -> pa.ListArray:
    """Lists over shared offsets; a NULL list keeps its place in the values, which Arrow allows."""
    mask = None if absent is None or not absent.any() else pa.array(absent)
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=mask)
