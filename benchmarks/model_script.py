"""The models' SQL as one script without dbt: what the frame around the queries costs."""

from __future__ import annotations

import json
import re
import time

import psutil

from benchmarks.model_costs import ModelCost
from scoring.marts.dbt_runner import dbt_folder
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

_FOLDERS = ("intermediate", "marts")


def compiled_models(settings: Settings) -> list[tuple[str, str]]:
    """Schema-qualified name and compiled SQL of every model after staging, in order of need."""
    manifest = json.loads((dbt_folder(settings) / "manifest.json").read_text(encoding="utf-8"))
    waiting = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["schema"] in _FOLDERS
    }
    ordered: list[tuple[str, str]] = []
    while waiting:
        ready = [
            key
            for key, node in sorted(waiting.items())
            if not any(need in waiting for need in node["depends_on"]["nodes"])
        ]
        for key in ready:
            node = waiting.pop(key)
            path = dbt_folder(settings) / "compiled" / "creditloop" / node["original_file_path"]
            ordered.append((f"{node['schema']}.{node['name']}", path.read_text(encoding="utf-8")))
    return ordered


def measure_script(settings: Settings, night: Night) -> list[ModelCost]:  # noqa: ARG001
    """Run every model's SQL of the last build into temporary tables; its costs as ``total``."""
    models = compiled_models(settings)
    names = {name.split(".")[1] for name, _ in models}
    with open_warehouse(settings) as connection:
        connection.execute("attach ':memory:' as script")
        started = (time.perf_counter(), time.process_time())
        peak = 0
        for schema in _FOLDERS:
            connection.execute(f"create schema script.{schema}")
        for name, sql in models:
            text = re.sub(
                r'"creditloop"\."(intermediate|marts)"\."(\w+)"',
                lambda found: f"script.{found[1]}.{found[2]}" if found[2] in names else found[0],
                sql,
            )
            connection.execute(f"create table script.{name} as {text}")
            peak = max(peak, psutil.Process().memory_info().rss)
        wall = time.perf_counter() - started[0]
        cpu = time.process_time() - started[1]
    return [ModelCost("total", wall, cpu, peak, None)]
