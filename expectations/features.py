"""What the feature catalogue says of the marts, as SQL conditions that hold for every row.

A feature that enters the catalogue is watched from its first night: its unit says which values it
may take, its missing rule whether it may be empty, and the window at the end of its name which
features it must agree with.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from scoring.marts.documents import read_catalog
from scoring.warehouse.sql import quote_identifier

Rule = Literal["ranges", "known", "optional", "windows", "nested", "recency"]

RANGES: Mapping[str, tuple[int, int]] = {
    "ratio": (0, 1),
    "cny": (0, 1_000_000_000),
    "count": (0, 1_000_000),
    "days": (0, 40_000),
    "mean_days": (0, 40_000),
    "months": (0, 1_200),
    "nats": (0, 20),
}
"""Unit -> lowest and highest value; days and months run to about a century."""
HIGHEST: Mapping[str, int] = {"late_severity_days": 1_000_000_000}
"""Family -> highest value where the unit's is too low: this one sums over all that was late."""

_WINDOW = re.compile(r"^(?P<family>.+)_(?P<window>(?P<length>\d+)(?P<unit>[dm]))$")
_WINDOW_MARK = re.compile(r"\b([a-z]\w*)_\[window\]")
_MONTH_DAYS = (28, 31)


@dataclass(frozen=True)
class Window:
    """A look-back such as ``90d`` or ``24m``."""

    length: int
    unit: str

    @property
    def text(self) -> str:
        """As names end, e.g. ``90d``."""
        return f"{self.length}{self.unit}"

    @property
    def days(self) -> str:
        """Its length in days, as SQL: months are those before the night."""
        if self.unit == "d":
            return str(self.length)
        return f"as_of_date - (as_of_date - interval {self.length} month)::date"

    def fits_in(self, other: Window) -> bool:
        """Whether each of its days is one of ``other``, whatever the night."""
        if self.unit == other.unit:
            return self.length <= other.length
        shortest, longest = _MONTH_DAYS
        mine = self.length * (1 if self.unit == "d" else longest)
        return mine <= other.length * (1 if other.unit == "d" else shortest)


@dataclass(frozen=True)
class Feature:
    """One row of the catalogue.

    Attributes:
        name: Column of the mart.
        mart: Its table.
        unit: ``cny``, ``count``, ``ratio``, ...
        family: The name without the window at its end, or all of it.
        window: The window at the end of the name, if there is one.
        look_back: The window that the catalogue states; None for what looks at the night alone.
        is_never_empty: Whether its missing rule says so.
    """

    name: str
    mart: str
    unit: str
    family: str
    window: Window | None
    look_back: Window | None
    is_never_empty: bool

    @property
    def column(self) -> str:
        """Quoted for SQL."""
        return quote_identifier(self.name)


@cache
def read_features() -> tuple[Feature, ...]:
    """Every feature of the catalogue, in its order."""
    return tuple(_read_feature(row) for row in read_catalog())


def list_conditions(
    rule: Rule, mart: str, without: tuple[str, ...] = ()
) -> dict[str, dict[str, Any]]:
    """What a rule says of one mart.

    Args:
        rule: ``ranges`` (a value its unit may take), ``known`` (never empty), ``optional`` (the
            others: a list of columns, since nothing holds for every row), ``windows`` (no more
            days than the look-back has), ``nested`` (a shorter window never exceeds a longer one
            of its family) or ``recency`` (``x_days_since_last`` lies inside a window exactly when
            ``x_count`` of that window is above 0).
        mart: The table, without schema.
        without: Families that the rule does not hold for.

    Returns:
        Name -> the variables ``name`` and ``holds``, an SQL condition that no row breaks.

    Raises:
        LookupError: It says nothing, a unit has no range, or ``without`` names no family.
    """
    strangers = set(without) - {feature.family for feature in read_features()}
    if strangers:
        raise LookupError(f"no feature of the catalogue is of {', '.join(sorted(strangers))}")
    features = [
        feature
        for feature in read_features()
        if feature.mart == mart and feature.family not in without
    ]
    found = dict(_RULES[rule](features))
    if not found:
        raise LookupError(f"the catalogue has no feature of {mart} with {rule} to check")
    return {name: {"name": name, "holds": holds} for name, holds in found.items()}


def expand_facts(facts: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Conditions from an entry; one with ``[window]`` stands for each window its columns share.

    Args:
        facts: Name -> SQL condition, e.g. ``a_days_[window] <= a_count_[window]``.

    Returns:
        As ``list_conditions``; names of the former end with the window.

    Raises:
        LookupError: The columns of a condition share no window.
    """
    found = {}
    for name, holds in facts.items():
        families = _WINDOW_MARK.findall(holds)
        if not families:
            found[name] = holds
            continue
        windows = [
            {f.window.text for f in read_features() if f.family == family and f.window}
            for family in families
        ]
        shared = sorted(set.intersection(*windows), key=lambda text: (text[-1], int(text[:-1])))
        if not shared:
            raise LookupError(f"the columns of {name} share no window")
        found |= {f"{name}_{text}": holds.replace("[window]", text) for text in shared}
    return {name: {"name": name, "holds": holds} for name, holds in found.items()}


def _read_feature(row: Mapping[str, str]) -> Feature:
    ending = _WINDOW.match(row["feature_name"])
    return Feature(
        name=row["feature_name"],
        mart=row["mart"],
        unit=row["unit"],
        family=ending["family"] if ending else row["feature_name"],
        window=_read_window(row["feature_name"]),
        look_back=_read_window(f"look_back_{row['look_back']}"),
        is_never_empty=row["missing_rule"].startswith("never empty"),
    )


def _read_window(name: str) -> Window | None:
    ending = _WINDOW.match(name)
    return Window(int(ending["length"]), ending["unit"]) if ending else None


Conditions = Iterator[tuple[str, str]]


def _list_ranges(features: list[Feature]) -> Conditions:
    for feature in features:
        if feature.unit not in RANGES:
            raise LookupError(f"no range is known of the unit {feature.unit}")
        lowest, highest = RANGES[feature.unit]
        highest = HIGHEST.get(feature.family, highest)
        # Empty is another rule's matter; NaN is above every number.
        yield feature.name, f"{feature.column} between {lowest} and {highest}"


def _list_known(features: list[Feature]) -> Conditions:
    for feature in features:
        if feature.is_never_empty:
            yield feature.name, f"{feature.column} is not null"


def _list_optional(features: list[Feature]) -> Conditions:
    for feature in features:
        if not feature.is_never_empty:
            yield feature.name, "true"


def _list_windows(features: list[Feature]) -> Conditions:
    for feature in features:
        if feature.unit == "days" and feature.look_back is not None:
            yield feature.name, f"{feature.column} <= {feature.look_back.days}"


def _list_nested(features: list[Feature]) -> Conditions:
    families: defaultdict[str, list[Feature]] = defaultdict(list)
    for feature in features:
        is_mean = "mean" in feature.family.split("_")
        if feature.window and feature.unit in {"count", "cny", "days"} and not is_mean:
            families[feature.family].append(feature)
    for family in families.values():
        for shorter in family:
            longer = [
                other
                for other in family
                if other is not shorter and _fits(shorter.window, other.window)
            ]
            nearest = [
                other
                for other in longer
                if not any(_fits(third.window, other.window) for third in longer if third != other)
            ]
            for other in nearest:
                yield f"{shorter.name} in {other.name}", f"{shorter.column} <= {other.column}"


def _fits(window: Window | None, other: Window | None) -> bool:
    return window is not None and other is not None and window.fits_in(other)


def _list_recency(features: list[Feature]) -> Conditions:
    ending = "_days_since_last"
    for age in features:
        for count in features:
            is_pair = count.family == age.name.removesuffix(ending) + "_count"
            if age.name.endswith(ending) and is_pair and count.window:
                within = f"coalesce({age.column} < {count.window.days}, false)"
                yield count.name, f"({count.column} > 0) = {within}"


_RULES: Mapping[Rule, Callable[[list[Feature]], Conditions]] = {
    "ranges": _list_ranges,
    "known": _list_known,
    "optional": _list_optional,
    "windows": _list_windows,
    "nested": _list_nested,
    "recency": _list_recency,
}
