"""kills: ``kill -9`` at random moments of a night, a backfill, a publication and a rollback.

The moment is drawn uniformly over how long the action took undisturbed. What readers see is looked
at between the kill and the repetition; then the same action again must leave what it leaves
undisturbed. Each kill is noted in the home and not repeated by the same command.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.resilience.checks import find_leftovers, find_torn, read_content
from benchmarks.resilience.states import CASES, Actor, Deployment, acting
from scoring.clock import utc_now
from scoring.publish.published import read_published
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

KILLED = -9
TURNS = ("night", "publish", "rollback", "backfill", "publish", "rollback")
"""Actions in turn: what takes seconds is killed twice as often as what takes a minute."""
DRAWS = 5
"""How often a moment is drawn again because the action ended before it."""


@dataclass(frozen=True)
class Kill:
    """One kill.

    Attributes:
        number: Which one, from 0.
        seed: Of the moment.
        action: What was killed.
        moment: Seconds after its start.
        where: The step of a night that it hit, or how far readers were.
        seconds: Of kill and repetition together.
        failures: What is not as it must be.
    """

    number: int
    seed: int
    action: str
    moment: float
    where: str
    seconds: float
    failures: tuple[str, ...]


def kill_once(deployment: Deployment, actor: Actor, action: str, number: int, seed: int) -> Kill:
    """Kill an action at a moment drawn from ``seed`` and ``number``, and repeat it."""
    started = time.perf_counter()
    settings, days = deployment.world.settings, deployment.days(action)
    undisturbed = deployment.undisturbed(actor, action)
    rng = random.Random(f"{seed}-{number}")
    for _ in range(DRAWS):
        deployment.restore(CASES[action].state)
        before = read_published(settings)
        moment = rng.uniform(0, undisturbed.seconds)
        code, _ = actor.do(action, days, moment)
        if code == KILLED:
            break
    failures = [] if code == KILLED else [f"not killed, exit code {code}"]
    hashes = {before.content_hash if before else "", undisturbed.content.shown}
    failures += [f"between: {each}" for each in find_torn(settings, hashes)]
    killed_at, shown = utc_now(), read_published(settings)
    code, _ = actor.do(action, days, None)
    if code != 0:
        failures.append(f"the repetition ended with {code}: {actor.last_words()[-500:]}")
    failures += find_torn(settings, {undisturbed.content.shown})
    differences = read_content(settings).differences(undisturbed.content)
    failures += [f"{name} differs" for name in differences]
    failures += [f"left over: {name}" for name in find_leftovers(settings)]
    side = "before" if shown == before else "after"
    return Kill(
        number,
        seed,
        action,
        round(moment, 3),
        f"after {_last_step(settings, killed_at)}, {side} the switch",
        round(time.perf_counter() - started, 1),
        tuple(failures),
    )


def _last_step(settings: Settings, killed_at: datetime) -> str:
    """The last step recorded before the kill; looked up at the end, so as to disturb nothing."""
    with open_warehouse(settings) as connection:
        row = connection.execute(
            "select step || ' of ' || as_of_date from ops.step_runs where started_at < ?"
            " order by started_at desc limit 1",
            [killed_at],
        ).fetchone()
    return str(row[0]) if row else "nothing"


def kill_all(home: Path, kills: int, seed: int, users: int) -> Iterator[Kill]:
    """Every kill; those that are noted already are only read."""
    journal = home / f"kills-{users}-{seed}.jsonl"
    done = {kill.number: kill for kill in _read(journal)}
    deployment = Deployment(home / f"deployment-{users}-{seed}", users, seed)
    with acting(deployment.world, deployment.log) as actor:
        for number in range(kills):
            kill = done.get(number)
            if kill is None:
                action = TURNS[number % len(TURNS)]
                kill = kill_once(deployment, actor, action, number, seed)
                with journal.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(asdict(kill)) + "\n")
            yield kill


def _read(journal: Path) -> list[Kill]:
    if not journal.exists():
        return []
    lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
    return [Kill(**line | {"failures": tuple(line["failures"])}) for line in lines]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of the subcommand."""
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--users", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, help="keep the deployment and the kills here")


def run(options: argparse.Namespace) -> int:
    """Kill, print each and the sums."""
    print(f"seed {options.seed}, {options.users} users", flush=True)
    counts: Counter[str] = Counter()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        home.mkdir(parents=True, exist_ok=True)
        for kill in kill_all(home, options.kills, options.seed, options.users):
            counts[kill.action] += 1
            failed += bool(kill.failures)
            verdict = f"FAILED: {'; '.join(kill.failures)}" if kill.failures else "equal"
            print(
                f"{kill.number + 1:3}/{options.kills} {kill.action:9} killed after "
                f"{kill.moment:7.3f} s ({kill.where}): {verdict} ({kill.seconds:.0f} s)",
                flush=True,
            )
    told = ", ".join(f"{count} of a {action}" for action, count in counts.items())
    print(f"{sum(counts.values())} kills ({told}): {failed} failed")
    return 1 if failed or sum(counts.values()) < options.kills else 0
