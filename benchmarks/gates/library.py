"""The mutation library: planted corruptions as data, one reviewed YAML file per gate.

``tests/expectations/mutations/<gate>.yml`` is a list of mutations. Each says what happens in real
life, what is done to a healthy night, and the one expectation or refusal rule that must stop it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from expectations.suite import GATES, Gate, load_suite
from scoring.landing.contract import load_feeds
from scoring.landing.row_rules import row_problems

LIBRARY = Path(__file__).parents[2] / "tests" / "expectations" / "mutations"

FILE_RULES = (
    *("arrival", "control_file", "control_rows", "control_sum", "duplicate_column", "empty_file"),
    *("encoding", "file_kind", "folder_date", "held_limit", "missing_column", "nested_column"),
    *("no_data_file", "quarantine_limit", "sealed", "unclosed_quote", "unreadable"),
)
"""Rules by which ingest refuses a whole batch or, by ``arrival``, to start the night."""

FileChange = Literal[
    "removed",
    "emptied",
    "cut",
    "twice",
    "data_removed",
    "renamed_folder",
    "as_workbook",
    "as_gbk_csv",
    "semicolons",
    "unclosed_quote",
    "cut_lines",
    "broken_control",
    "night_before",
]
"""What may happen to the folder of a batch; ``benchmarks.gates.landed`` does it."""


class Mutation(BaseModel):
    """One planted corruption.

    Attributes:
        name: Unique in the library.
        why: What happens in real life.
        where: Feed (landing) or table that is changed.
        how: SQL statements; over the table ``landed`` for a feed, else over the warehouse.
        file: What happens to the batch's folder instead of, or after, ``how``.
        control: Whether the control file still holds the totals of the healthy batch (``kept``:
            the transport went wrong), or those of the changed one (``recounted``: the sender
            itself was wrong).
        day: Landing: the night of a due day, or the one that bills are landed for.
        stopped_by: Name of the expectation, file rule or row rule that must stop it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    why: str = Field(min_length=20)
    where: str
    how: str | None = None
    file: FileChange | None = None
    control: Literal["kept", "recounted"] = "kept"
    day: Literal["due", "bills"] = "due"
    stopped_by: str

    @model_validator(mode="after")
    def _changes_something(self) -> Mutation:
        if self.how is None and self.file is None:
            raise ValueError(f"{self.name} changes nothing: give how or file")
        return self


_MUTATIONS = TypeAdapter(Annotated[tuple[Mutation, ...], Field(min_length=1)])


@cache
def load_mutations(gate: Gate) -> tuple[Mutation, ...]:
    """Read the mutations of a gate, in the order of the file.

    Raises:
        pydantic.ValidationError: The file breaks the model.
    """
    text = (LIBRARY / f"{gate}.yml").read_text(encoding="utf-8")
    return _MUTATIONS.validate_python(yaml.safe_load(text))


def stopping_names(gate: Gate) -> frozenset[str]:
    """What may stop a mutation of a gate: expectations that close it and, in landing, rules."""
    names = {entry.id for entry in load_suite(gate).expectations if entry.severity == "stop"}
    if gate != "landing":
        return frozenset(names)
    row_rules = {problem.rule for feed in load_feeds() for problem in row_problems(feed)}
    return frozenset(names | set(FILE_RULES) | row_rules | {"duplicate", "conflicting_key"})


def all_mutations() -> list[tuple[Gate, Mutation]]:
    """The whole library with the gate of each."""
    return [(gate, mutation) for gate in GATES for mutation in load_mutations(gate)]
