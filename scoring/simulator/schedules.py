"""How a loan is split into instalments."""

from __future__ import annotations

import numpy as np

from scoring.simulator.arrays import Ints, Rows, rank_in_group, running_total, to_ints
from scoring.simulator.encoding import METHOD

EQUAL_INSTALLMENT, EQUAL_PRINCIPAL, INTEREST_FIRST, BULLET = range(len(METHOD.words))
MONTH_DAYS = 30
"""Interest of a monthly instalment is for 30 days."""


def principal_parts(rows: Rows, terms: Ints, owner: Ints, position: Ints) -> Ints:
    """Principal of each instalment; the last one takes what rounding left."""
    count, total = terms[owner], rows["principal"][owner]
    method = rows["method"][owner]
    monthly = rows["rate"][owner] * (MONTH_DAYS / 1e8)
    rate = np.where(method == EQUAL_INSTALLMENT, monthly, 0.01)
    annuity = total * rate / ((1.0 + rate) ** count - 1.0) * (1.0 + rate) ** position
    parts = np.select(
        [method == EQUAL_INSTALLMENT, method == EQUAL_PRINCIPAL],
        [to_ints(annuity), total // count],
        0,
    )
    parts = np.where(position == count - 1, 0, parts)
    left = total - running_total(owner, parts)
    return np.where(position == count - 1, left, parts)


def split_evenly(total: Ints, terms: Ints) -> Ints:
    """Each row's total in ``terms`` parts; the last one takes what rounding left."""
    owner = np.repeat(np.arange(terms.size), terms)
    parts = (total // terms)[owner]
    last = rank_in_group(owner) == terms[owner] - 1
    return np.where(last, total[owner] - parts * (terms[owner] - 1), parts)
