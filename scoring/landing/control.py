"""Control totals: what ``_control.json`` says a batch must hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from scoring.landing.contract import Feed

CONTROL_FILE = "_control.json"
SUMMED_TYPES = ("amount", "rate")
MAX_CONTROL_BYTES = 100_000
_SHOWN = 40
EXAMPLE = '{"rows": 2, "sums": {"amount": "123.45"}}'


@dataclass(frozen=True)
class Control:
    """Totals of one batch.

    Attributes:
        rows: Rows in all files together.
        sums: Column -> exact sum over all rows, empty values counting as nothing.
    """

    rows: int
    sums: Mapping[str, Decimal] = field(default_factory=dict)


def read_control(path: Path, feed: Feed) -> Control:
    """Read a control file.

    Raises:
        ValueError: It is not of the form of ``EXAMPLE``, or sums a column that is no amount; the
            text says what is wrong.
    """
    if path.stat().st_size > MAX_CONTROL_BYTES:
        raise ValueError(f"more than {MAX_CONTROL_BYTES} bytes")
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise ValueError("text that is not JSON") from error
    if not isinstance(content, dict):
        raise ValueError("JSON that is not an object")  # noqa: TRY004 - one kind of failure
    unknown = sorted(set(content) - {"rows", "sums"})
    if unknown:
        raise ValueError(f"the unknown name {unknown[0][:_SHOWN]!r}")
    rows, sums = content.get("rows"), content.get("sums", {})
    if not isinstance(rows, int) or isinstance(rows, bool) or rows < 0:
        raise ValueError("no whole number of rows")
    if not isinstance(sums, dict):
        raise ValueError("sums that are not an object")  # noqa: TRY004
    summable = {column.name for column in feed.columns if column.type in SUMMED_TYPES}
    for name in sums:
        if name not in summable:
            raise ValueError(f"a sum of {name[:_SHOWN]!r}, no amount of the feed")
    return Control(rows, {name: _to_decimal(name, value) for name, value in sums.items()})


def _to_decimal(name: str, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise ValueError(f"a sum of {name!r} that is no number")  # noqa: TRY004
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"a sum of {name!r} that is no number") from error
    if not number.is_finite():
        raise ValueError(f"a sum of {name!r} that is no number")
    return number
