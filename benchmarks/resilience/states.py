"""A small deployment in the states that actions start from, and what they lead to undisturbed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import IO

from benchmarks.resilience.checks import Content, read_content
from benchmarks.worlds import World, make_world, run_nights
from scoring.nights import make_night, run_step
from scoring.settings import PROJECT_ROOT
from scoring.steps import STEPS

HISTORY_DAYS = 60
_ENVIRONMENT = {"CREDITLOOP_REFERENCE_USERS": "0"}
"""The gate's second way of computing features is as slow for few users as for many."""


@dataclass(frozen=True)
class Case:
    """An action, where it starts and which days it does.

    Attributes:
        state: Name of the kept state of the deployment.
        nights: How many of the deployment's nights it does, after the first.
    """

    state: str
    nights: int


CASES: Mapping[str, Case] = {
    "night": Case("landed", 1),
    "publish": Case("checked", 1),
    "backfill": Case("landed", 2),
    "rollback": Case("published", 1),
}
"""Action of ``benchmarks.resilience.actions`` -> its case."""


@dataclass(frozen=True)
class Undisturbed:
    """An action that nobody killed: how long it took, and what it left."""

    seconds: float
    content: Content


class Actor:
    """A process that does actions and is asked to kill them."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def do(self, action: str, days: Sequence[date], delay: float | None) -> tuple[int, float]:
        """Do an action, killed after ``delay`` seconds; returns exit code and seconds lived."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the actor has no pipes")
        order = json.dumps([action, [str(day) for day in days], delay])
        self._process.stdin.write(order + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline().split()
        if len(answer) != 2:
            raise RuntimeError(f"the actor died: {self.last_words()}")
        return int(answer[0]), float(answer[1])

    def last_words(self) -> str:
        """The end of what actions wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-3000:]


@contextmanager
def acting(world: World, log: Path) -> Iterator[Actor]:
    """An actor over a deployment."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.resilience.actions"],
            cwd=PROJECT_ROOT,
            env=world.environment | _ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    with process:
        yield Actor(process, log)
        _close(process.stdin)


def _close(pipe: IO[str] | None) -> None:
    if pipe is not None:
        pipe.close()


class Deployment:
    """One place, as what is published knows where it lies, and its states kept beside it.

    Args:
        folder: Where all of it is; what stands there whole is used again.
        users: How many simulated users.
        seed: Of the simulation.
    """

    def __init__(self, folder: Path, users: int, seed: int) -> None:
        self._folder = folder
        self.world = World(folder / "home", HISTORY_DAYS, 3)
        self.log = folder / "actions.log"
        whole = folder / "whole"
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)
            self._make_states(users, seed)
            whole.touch()

    def restore(self, state: str) -> None:
        """Put the deployment into one of its states."""
        shutil.rmtree(self.world.home, ignore_errors=True)
        shutil.copytree(self._folder / state, self.world.home, symlinks=True)

    def days(self, action: str) -> list[date]:
        """Business days of an action."""
        return self.world.night_dates[1 : 1 + CASES[action].nights]

    def undisturbed(self, actor: Actor, action: str) -> Undisturbed:
        """An action without a kill; measured once.

        Raises:
            RuntimeError: It failed.
        """
        facts = self._folder / f"undisturbed-{action}.json"
        if not facts.exists():
            self.restore(CASES[action].state)
            code, seconds = actor.do(action, self.days(action), None)
            if code != 0:
                raise RuntimeError(f"{action} failed undisturbed: {actor.last_words()}")
            measured = Undisturbed(seconds, read_content(self.world.settings))
            facts.write_text(json.dumps(asdict(measured)), encoding="utf-8")
        values = json.loads(facts.read_text(encoding="utf-8"))
        return Undisturbed(values["seconds"], Content(**values["content"]))

    def _make_states(self, users: int, seed: int) -> None:
        world = self.world
        make_world(world.home, users=users, history_days=HISTORY_DAYS, nights=3, seed=seed)
        first, second, _ = world.night_dates
        run_nights(world, [first])
        self._keep("landed")
        night = make_night(second)
        for step in list(STEPS)[:-1]:
            run_step(world.settings, step, night)
        self._keep("checked")
        run_step(world.settings, "publish", night)
        self._keep("published")

    def _keep(self, state: str) -> None:
        shutil.copytree(self.world.home, self._folder / state, symlinks=True)
