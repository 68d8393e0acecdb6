"""Suites as data: ``suites/<gate>.yml``, validated on load.

One entry says what must hold for a night, how bad it is when it does not, and why. An entry with
``each`` stands for one expectation per column, feed or named item.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from expectations.features import Rule
from scoring.errors import ConfigurationError

Gate = Literal["landing", "marts", "scores"]
GATES: tuple[Gate, ...] = get_args(Gate)
Severity = Literal["stop", "warn"]

SUITES_FOLDER = Path(__file__).with_name("suites")

_SNAKE_CASE = r"^[a-z][a-z0-9_]*$"
_TABLE = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"
_KINDS = ("columns_like", "features", "facts", "feeds", "items")
TableName = Annotated[str, Field(pattern=_TABLE)]


class Each(BaseModel):
    """What an entry is repeated for; exactly one of the five is given.

    Attributes:
        columns_like: Regular expression over the column names of the entry's table; it must match.
        features: A rule of ``expectations.features``, for what the catalogue knows of the table.
        facts: SQL conditions by a short name, each of which holds for every row; ``[window]``
            repeats one for every window that its columns share.
        without: Columns that ``columns_like`` matches, or families of ``features``, left out.
        feeds: ``all``, ``expected`` (those that must have arrived for this night) or names.
        items: Variables for ``{{ ... }}`` by a short name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns_like: str | None = None
    features: Rule | None = None
    facts: dict[str, str] | None = None
    without: tuple[str, ...] = ()
    feeds: Literal["all", "expected"] | tuple[str, ...] | None = None
    items: dict[str, dict[str, str]] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Each:
        given = [name for name in _KINDS if getattr(self, name)]
        if len(given) != 1:
            raise ValueError(f"give exactly one of {', '.join(_KINDS)}, not {given}")
        return self


class Entry(BaseModel):
    """One entry of a suite.

    Attributes:
        id: Name in results and pages.
        table: The table it is about, or several; without ``query`` its rows of the night are
            the batch.
        query: SQL of the batch instead, with ``{{ as_of_date }}`` and the other names of
            ``expectations.plan``.
        each: Repeats the entry; see ``Each``.
        expectation: Type of the Great Expectations expectation.
        kwargs: Its arguments; texts may hold ``{{ ... }}``.
        severity: ``stop`` closes the gate, ``warn`` is shown.
        reason: Why it must hold, for the person who reads the page.
        may_be_empty: Whether a batch without rows is fine; otherwise it fails.
        needs_previous: Whether it compares with the previous night; without one it passes, and
            says so.
        needs_reference: Whether it looks at ``{{ reference }}``; where that is switched off it
            passes, and says so.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=_SNAKE_CASE)
    table: TableName | tuple[TableName, ...]
    query: str | None = None
    each: Each | None = None
    expectation: str = Field(pattern=r"^expect_[a-z_]+$")
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Severity
    reason: str = Field(min_length=20)
    may_be_empty: bool = False
    needs_previous: bool = False
    needs_reference: bool = False

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables it is about."""
        return (self.table,) if isinstance(self.table, str) else self.table


class Suite(BaseModel):
    """Everything one gate checks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gate: Gate
    description: str
    expectations: tuple[Entry, ...]

    @model_validator(mode="after")
    def _ids_unique(self) -> Suite:
        ids = [entry.id for entry in self.expectations]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"ids used twice: {', '.join(twice)}")
        return self


@cache
def _parse_suite(path: Path, _modified_ns: int) -> Suite:
    """The suite of a file as it was then: many nights of one process read it once."""
    return Suite.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def load_suite(gate: str, folder: Path = SUITES_FOLDER) -> Suite:
    """Read the suite of a gate.

    Raises:
        ConfigurationError: There is no such gate, or its file breaks the model above.
    """
    if gate not in GATES:
        raise ConfigurationError(
            "suite refused",
            subject=f"gate {gate}",
            expected=" | ".join(GATES),
            got=gate,
            next_step="Name one of the gates.",
        )
    path = folder / f"{gate}.yml"
    try:
        return _parse_suite(path, path.stat().st_mtime_ns)
    except (OSError, yaml.YAMLError) as error:
        got = type(error).__name__
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        got = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    raise ConfigurationError(
        "suite refused",
        subject=path.name,
        expected="a suite as expectations/suite.py describes it",
        got=got,
        next_step="Correct the file; docs/gates.md shows an entry.",
    )
