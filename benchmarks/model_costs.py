"""What each dbt model of a build costs: wall time, CPU time, peak memory, rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import dbt.cli.main
import psutil

from scoring.marts.build import build_night
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

_SAMPLE_SECONDS = 0.05


@dataclass(frozen=True)
class ModelCost:
    """One model, or one of the steps around dbt.

    Attributes:
        name: Name of the model; ``total`` for the whole step ``build_marts``.
        wall_seconds: Time on the clock.
        cpu_seconds: Time of all cores.
        peak_memory_bytes: Largest resident memory of the process meanwhile.
        row_count: Rows that the model left for the night; empty for views and steps.
    """

    name: str
    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    row_count: int | None


@dataclass
class _Meter:
    """Reads the clocks at a node's start and end; samples memory in between."""

    costs: list[ModelCost] = field(default_factory=list)
    peak: int = 0
    started: tuple[float, float] = (0.0, 0.0)

    def start(self) -> None:
        """A node begins."""
        self.peak = 0
        self.started = (time.perf_counter(), time.process_time())

    def stop(self, name: str) -> None:
        """The node ends."""
        wall, cpu = self.started
        self.costs.append(
            ModelCost(name, time.perf_counter() - wall, time.process_time() - cpu, self.peak, None)
        )

    def on_event(self, event: Any) -> None:
        """dbt tells of every node's start and end, here one after the other."""
        if event.info.name == "NodeStart":
            self.start()
        elif event.info.name == "NodeFinished":
            self.stop(event.data.node_info.node_name)


def measure_build(settings: Settings, night: Night) -> list[ModelCost]:
    """Run ``build_marts`` of a night; its models in their order, then ``total``.

    The total leaves out dbt's import and the parsing of the project, which are process start: it
    runs from the first node to the end of the step.
    """
    meter, whole = _Meter(), _Meter()

    def on_event(event: Any) -> None:
        if event.info.name == "NodeStart" and whole.started == (0.0, 0.0):
            whole.start()
        meter.on_event(event)

    with _sampled_memory([meter, whole]), _listening(on_event):
        build_night(settings, night)
    whole.stop("total")
    with open_warehouse(settings) as connection:
        rows = dict(
            connection.execute(
                "select model, row_count from ops.model_runs where run_id = ?", [night.run_id]
            ).fetchall()
        )
    models = [cost for cost in meter.costs if cost.name in rows]
    counted = [
        ModelCost(
            cost.name,
            cost.wall_seconds,
            cost.cpu_seconds,
            cost.peak_memory_bytes,
            rows[cost.name],
        )
        for cost in models
    ]
    return counted + whole.costs


@contextmanager
def _listening(on_event: Callable[[Any], None]) -> Iterator[None]:
    runner = dbt.cli.main.dbtRunner

    def make_runner(callbacks: Sequence[Callable[[Any], None]] = (), **options: Any) -> Any:
        return runner(callbacks=[*callbacks, on_event], **options)

    with patch.object(dbt.cli.main, "dbtRunner", make_runner):
        yield


@contextmanager
def _sampled_memory(meters: list[_Meter]) -> Iterator[None]:
    is_over = threading.Event()
    process = psutil.Process()

    def sample() -> None:
        while not is_over.wait(_SAMPLE_SECONDS):
            used = process.memory_info().rss
            for meter in meters:
                meter.peak = max(meter.peak, used)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def print_costs(costs: list[ModelCost], at_least: float = 0.0) -> None:
    """A table of the models that took at least so many seconds, and the total."""
    print(f"{'model':36}{'wall s':>9}{'cpu s':>9}{'MiB':>8}{'rows':>14}")
    for cost in costs:
        if cost.wall_seconds >= at_least or cost.name == "total":
            rows = "" if cost.row_count is None else f"{cost.row_count:,}"
            memory = cost.peak_memory_bytes // 2**20
            print(
                f"{cost.name:36}{cost.wall_seconds:9.2f}{cost.cpu_seconds:9.2f}{memory:8}{rows:>14}"
            )
