"""A population in shards: users live apart, so shards run side by side and give the same files.

A shard is a fixed range of users whatever the number of processes; its files carry its number. A
day's ``_control.json`` counts the files of all shards and is written last.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import pyarrow as pa

from scoring.landing.contract import load_feeds
from scoring.simulator.batches import (
    BatchTotals,
    FileFormat,
    batch_folder,
    total_table,
    write_control,
    write_table,
)
from scoring.simulator.dirt.day_files import DayFiles
from scoring.simulator.dirt.soiler import DirtLevel, Soiler
from scoring.simulator.life import live
from scoring.simulator.parameters import Parameters
from scoring.simulator.truth import TruthWriter
from scoring.simulator.world import create_world

SHARD_USERS = 50_000
"""Users of a shard; even, because merged accounts are neighbours. Part of what a seed means."""
_POLL_SECONDS = 0.2

OnDays = Callable[[int, int], None]
"""Called with (days done over all shards, days in all)."""
FeedDay = tuple[str, int]


@dataclass(frozen=True)
class Plan:
    """What is to be simulated, the same for every shard.

    Attributes:
        users: Size of the population.
        start: First day number.
        days: Number of days.
        landing: Folder for the landing files.
        truth: Folder for what no feed tells.
    """

    users: int
    start: int
    days: int
    seed: int
    parameters: Parameters
    dirt: DirtLevel
    file_format: FileFormat
    landing: Path
    truth: Path

    @property
    def shard_count(self) -> int:
        """Number of shards."""
        return -(-self.users // SHARD_USERS)


@dataclass
class Written:
    """What was written of some shards.

    Attributes:
        user_count: Users registered by the last day.
        totals: Of each feed and day number that has files.
        absent: Feeds and days without a folder.
        wrong: Feeds and days whose control total is to be wrong.
    """

    user_count: int = 0
    totals: dict[FeedDay, BatchTotals] = field(default_factory=dict)
    absent: set[FeedDay] = field(default_factory=set)
    wrong: set[FeedDay] = field(default_factory=set)

    def add(self, other: Written) -> None:
        """Add what another shard has written."""
        self.user_count += other.user_count
        for key, totals in other.totals.items():
            self.totals[key] = self.totals.get(key, BatchTotals()) + totals
        self.absent |= other.absent
        self.wrong |= other.wrong


def run_shards(plan: Plan, processes: int, on_days: OnDays) -> Written:
    """Live through every shard and write its files; then the control files of every day.

    Raises:
        OSError: The disk refused.
    """
    written = Written()
    if plan.shard_count == 1 or processes == 1:
        done = 0
        for shard in range(plan.shard_count):
            found = Written()
            for found in _live_shard(plan, shard):  # noqa: B007 - the last one counts
                done += 1
                on_days(done, plan.shard_count * plan.days)
            written.add(found)
    else:
        for found in _run_in_processes(plan, processes, on_days):
            written.add(found)
    _write_controls(plan, written)
    return written


def count_processes() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _live_shard(plan: Plan, shard: int) -> Iterator[Written]:
    """Live one shard; yields what is written so far after each day."""
    first_user = shard * SHARD_USERS
    world = create_world(
        users=min(SHARD_USERS, plan.users - first_user),
        first_user=first_user,
        start=plan.start,
        last_day=plan.start + plan.days - 1,
        seed=plan.seed,
        parameters=plan.parameters,
    )
    written = Written(int((world.hidden.registered_day <= world.last_day).sum()))
    soiler = Soiler(
        plan.seed,
        plan.dirt,
        plan.start,
        shard=shard,
        shard_count=plan.shard_count,
        file_format=plan.file_format,
    )
    truth = TruthWriter(plan.truth, shard, world)
    for day in live(world, plan.days):
        for feed in load_feeds():
            table = world.batch.take_table(feed, first_user)
            _write_files(plan, shard, (feed, day), soiler.soil(feed, day, table), written)
        truth.observe(day)
        yield written
    truth.close()
    soiler.write_ledger(plan.truth, shard)


def _write_files(
    plan: Plan, shard: int, feed_day: FeedDay, files: DayFiles, written: Written
) -> None:
    feed, day = feed_day
    if files.is_absent:
        written.absent.add(feed_day)
        return
    if files.has_wrong_total:
        written.wrong.add(feed_day)
    folder = batch_folder(plan.landing, feed, day)
    totals = written.totals.get(feed_day, BatchTotals())
    for number, table in enumerate(files.tables):
        folder.mkdir(parents=True, exist_ok=True)
        suffix = f"-{number}" if number else ""
        path = folder / f"part-{shard:03d}{suffix}.{plan.file_format}"
        write_table(table, path, plan.file_format)
        if files.is_cut and number == 0:
            os.truncate(path, path.stat().st_size // 2)
        totals += total_table(feed, table, path.stat().st_size)
    written.totals[feed_day] = totals


def _write_controls(plan: Plan, written: Written) -> None:
    for feed in load_feeds():
        for day in range(plan.start, plan.start + plan.days):
            key = (feed, day)
            if key in written.absent:
                continue
            totals = written.totals.get(key, BatchTotals())
            if key in written.wrong:
                totals += BatchTotals(rows=1)
            write_control(batch_folder(plan.landing, feed, day), totals)


_days_done: Any = None
_is_stopped: Any = None


def _start_process(days_done: Synchronized[int], is_stopped: Synchronized[bool]) -> None:
    global _days_done, _is_stopped
    _days_done, _is_stopped = days_done, is_stopped
    pa.set_cpu_count(1)


def _run_shard(plan: Plan, shard: int) -> Written:
    written = Written()
    for written in _live_shard(plan, shard):  # noqa: B007 - the last one counts
        with _days_done.get_lock():
            _days_done.value += 1
        if _is_stopped.value:
            break
    return written


def _run_in_processes(plan: Plan, processes: int, on_days: OnDays) -> Iterator[Written]:
    context = multiprocessing.get_context("spawn")
    days_done, is_stopped = context.Value("q", 0), context.Value("b", False)
    with ProcessPoolExecutor(
        min(processes, plan.shard_count),
        mp_context=context,
        initializer=_start_process,
        initargs=(days_done, is_stopped),
    ) as pool:
        waiting: set[Future[Written]] = {
            pool.submit(_run_shard, plan, shard) for shard in range(plan.shard_count)
        }
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=_POLL_SECONDS, return_when="FIRST_COMPLETED")
                on_days(days_done.value, plan.shard_count * plan.days)
                for future in done:
                    yield future.result()
        finally:
            is_stopped.value = True
            pool.shutdown(wait=True, cancel_futures=True)
