"""Named scenarios: one YAML file beside this module is the only place each is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from scoring.errors import ConfigurationError
from scoring.landing.contract import load_feeds
from scoring.simulator.scenarios.outcomes import RECORD_KINDS, Expectation
from scoring.simulator.scenarios.rows import Row, check_row

SCENARIOS_FOLDER = Path(__file__).parent

THEMES = {
    1: "退款 · Refund after the bill was paid",
    2: "确认收货 · Confirmation of receipt decides the bill month",
    3: "还款日 · The due day",
    4: "自动扣款与最低还款 · Automatic debit and minimum payment",
    5: "分期 · Instalments: early settlement, bills moved into a plan",
    6: "额度为负 · Limit below zero",
    7: "冻结与恢复 · Frozen, closed, restored",
    8: "他人代还 · Third-party payer",
    9: "账号合并 · Identity merge and split",
    10: "负面记录 · How long a negative record counts",
    11: "临时额度 · Temporary limit",
    12: "评估日历 · Evaluation calendar, and what is known on which night",
    13: "合同变更 · Contract amendment",
}
"""What real customers ask about, by number."""


class Question(BaseModel):
    """The customer's question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zh: str
    en: str


class Scenario(BaseModel):
    """A tiny world and what must come out of it.

    Attributes:
        name: Name of its file, kebab-case.
        title: What it is about, in a few words.
        question: What the customer asks.
        theme: Key of ``THEMES``.
        about: What happens and why the outcome is so.
        feeds: Rows by feed and batch date, as text.
        expected: What must come out, by night.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    question: Question
    theme: int
    about: str
    feeds: Mapping[str, Mapping[date, tuple[Row, ...]]]
    expected: tuple[Expectation, ...]

    @model_validator(mode="after")
    def _keeps_the_contract(self) -> Scenario:
        contract = load_feeds()
        if self.theme not in THEMES:
            raise ValueError(f"expected a theme of {min(THEMES)} to {max(THEMES)}")
        for feed, _, row in self.rows():
            if feed not in contract:
                raise ValueError(f"expected a feed of {' | '.join(contract)}, got {feed!r}")
            check_row(contract[feed], row)
        landed = self.landed_ids()
        for expectation in self.expected:
            for kind, record_id in expectation.records():
                if record_id not in landed[kind]:
                    raise ValueError(f"expected an id that is landed, got {kind} {record_id!r}")
        return self

    def rows(self) -> Iterator[tuple[str, date, Row]]:
        """Every row with its feed and batch date."""
        for feed, batches in self.feeds.items():
            for dt, rows in batches.items():
                for row in rows:
                    yield feed, dt, row

    def landed_ids(self) -> dict[str, set[str]]:
        """Ids that an expectation may name, by kind of record."""
        ids: dict[str, set[str]] = {kind: set() for kind in RECORD_KINDS}
        for feed, _, row in self.rows():
            if feed == "users":
                ids["features"].add(row["user_id"])
            elif feed in ids:
                ids[feed].add("#".join(row[name] for name in _ID_COLUMNS[feed]))
        return ids

    @property
    def batch_dates(self) -> tuple[date, date]:
        """First and last day with a row."""
        days = [dt for _, dt, _ in self.rows()]
        return min(days), max(days)


_ID_COLUMNS = {
    "statements": ("statement_id",),
    "installments": ("loan_id", "installment_no"),
    "loans": ("loan_id",),
    "accounts": ("account_id",),
    "repayments": ("repayment_id",),
}


def scenario_names() -> tuple[str, ...]:
    """Every scenario's name, in alphabetical order."""
    return tuple(sorted(path.stem for path in SCENARIOS_FOLDER.glob("*.yml")))


def load_scenario(name: str) -> Scenario:
    """One scenario by name.

    Raises:
        ConfigurationError: No scenario has this name.
    """
    if name not in scenario_names():
        raise ConfigurationError(
            "scenario refused",
            subject="--scenario",
            expected=" | ".join(scenario_names()),
            got=name,
            next_step="Name one of these; docs/scenarios.md says what each is about.",
        )
    text = (SCENARIOS_FOLDER / f"{name}.yml").read_text(encoding="utf-8")
    # Every scalar stays the text that it is: an id, an amount or an offset is landed as written.
    content = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - it makes nothing but text
    return Scenario.model_validate({"name": name} | _read_nulls(content))


def _read_nulls(node: Any) -> Any:
    """The tree with the text ``null`` as None."""
    if isinstance(node, dict):
        return {key: _read_nulls(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_read_nulls(value) for value in node]
    return None if node == "null" else node
