"""Leaks on purpose: models built anew from altered SQL in a copy of a world's warehouse."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb

from scoring.marts.dbt_runner import dbt_folder
from scoring.reference.comparison import Difference, find_differences, read_marts
from tests.reference.worlds import World

Node = dict[str, Any]
Alter = Callable[[str], str]


class Leak:
    """The models of one world, some of them altered."""

    def __init__(self, world: World) -> None:
        """Read what dbt compiled for the world's nights."""
        self.world = world
        path = dbt_folder(world.settings) / "manifest.json"
        nodes = json.loads(path.read_text(encoding="utf-8"))["nodes"]
        self.models: dict[str, Node] = {
            name: node for name, node in nodes.items() if node["resource_type"] == "model"
        }
        self.altered: set[str] = set()

    def widen_feed(self, staging: str, condition: str, replacement: str) -> None:
        """Replace a condition on a feed in every model that has it.

        Args:
            staging: The staging model of the feed.
            condition: Pattern, with ``{feed}`` for what the model calls the feed.
            replacement: What stands there instead, in terms of the pattern's groups.
        """
        readers = [
            name
            for name, node in self.models.items()
            if f"model.creditloop.{staging}" in node["depends_on"]["nodes"]
        ]
        for name in readers:
            for feed in _names_of(staging, self.models[name]["compiled_code"]):
                pattern = condition.format(feed=re.escape(feed))
                if re.search(pattern, self.models[name]["compiled_code"]):
                    self.widen(name.split(".")[-1], pattern, replacement)
        assert self.altered, f"no model that reads {staging} has {condition}"

    def widen(self, model: str, condition: str, replacement: str) -> None:
        """Replace a condition, which must be there, in one model."""
        name = f"model.creditloop.{model}"
        code, count = re.subn(condition, replacement, self.models[name]["compiled_code"])
        assert count, f"{model} has no {condition}"
        self.models[name]["compiled_code"] = code
        self.altered.add(name)

    def find(self, folder: Path) -> list[Difference]:
        """What the comparison reports once the altered models and all on top are built anew.

        What it reports of the marts as they are is left out; that is for another test.
        """
        warehouse = self.world.settings.warehouse_file
        copy = folder / warehouse.name  # SQL names the file's own name
        shutil.copy(warehouse, copy)
        differences = []
        with duckdb.connect(str(copy)) as connection:
            connection.execute("set TimeZone = 'UTC'")
            for name in self._in_order():
                # A model that refuses what it should not see keeps what it had.
                with suppress(duckdb.OutOfRangeException):
                    _build(connection, self.models[name])
            for night in self.world.nights:
                before = set(find_differences(night.reference, night.marts))
                marts = read_marts(connection, night.question)
                found = find_differences(night.reference, marts)
                differences += [difference for difference in found if difference not in before]
        return differences

    def _in_order(self) -> list[str]:
        """The altered models and those that read them, each after what it reads."""
        ordered: list[str] = []
        waiting = list(self.models)
        while waiting:
            ready = [
                name
                for name in waiting
                if not set(self.models[name]["depends_on"]["nodes"]) & set(waiting)
            ]
            ordered += ready
            waiting = [name for name in waiting if name not in ready]
        wanted = set(self.altered)
        for name in ordered:
            if set(self.models[name]["depends_on"]["nodes"]) & wanted:
                wanted.add(name)
        return [name for name in ordered if name in wanted]


def _names_of(staging: str, code: str) -> set[str]:
    """What a query calls a staging table wherever it reads it."""
    found = re.findall(rf'"{staging}"(?:\s+as\s+(\w+))?', code)
    return {alias or staging for alias in found}


def _build(connection: duckdb.DuckDBPyConnection, node: Node) -> None:
    table, code = node["relation_name"], node["compiled_code"]
    kind = node["config"]["materialized"]
    if kind == "incremental":
        connection.execute(
            f"delete from {table} where (as_of_date, known_on)"
            " in (select (as_of_date, known_on) from ops.run_dates)"
        )
        connection.execute(f"insert into {table} by name {code}")
    else:
        assert kind in {"table", "view"}, f"{table} is built as {kind}"
        connection.execute(f"create or replace {kind} {table} as {code}")
