"""postgres: what PostgreSQL adds to a publication, night by night, and how long its readers wait.

    python -m benchmarks.postgres [--users 100000] [--nights 5]

Publishes the same made-up nights with PostgreSQL and without; a reader queries it throughout.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from datetime import date, timedelta
from pathlib import Path

from scoring.nights import Night, make_night
from scoring.publish.step import publish_night
from scoring.settings import Settings, load_settings
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY
from tests.postgres_server import READER, PostgresServer, start_server
from tests.scoring.publish.handmade import FEATURES, Handmade
from tests.scoring.publish.in_postgres import prepare_database

FEATURES_PER_USER = 60
FIRST = date(2025, 1, 30)
ONE_USER = "select * from creditloop.scores where user_key = 4711"
_NIGHT = "n as user_key, date '{day}' as as_of_date, date '{day}' as known_on"
_LISTS = (
    "list_transform(range({count}), lambda f: 'feature_' || f), "
    "list_transform(range({count}), lambda f: ((n * f) % 1000 / 7)::decimal(18, 6)), "
    "list_transform(range({count}), lambda f: '[' || f || ', ' || (f + 1) || ')'), "
    "list_transform(range({count}), lambda f: ((n + f) % 9)::integer)"
)


def add_night(deployment: Handmade, day: date, users: int) -> Night:
    """One night of many users, with open gates."""
    people = f"from range({users}) as users(n)"
    place = _NIGHT.format(day=day)
    with open_warehouse(deployment.settings) as connection:
        connection.execute(
            f"insert into marts.dim_user_night select {place}, true, true, 'x', 12, 300 {people}"
        )
        for _, mart, *_ in FEATURES:
            connection.execute(f"insert into marts.{mart} select {place}, n % 100 {people}")
        connection.execute(
            f"""
            insert into scores.scores
            select {place}, 600 + n % 100, 'scored', null, 'all', null, 600, (n % 100)::integer,
                0, 0, 0, 0, 'expert_v1', 12, 300, '0.1.0', 590, 710, 'strong' {people}
            """
        )
        lists = _LISTS.format(count=FEATURES_PER_USER)
        connection.execute(f"insert into scores.score_points select {place}, {lists} {people}")
        connection.execute(
            f"""
            insert into scores.score_reasons
            select {place}, (rank + 1)::integer, 'feature_' || rank, 'repayment', 1, 5, 'R01',
                '还款', 'Repayment'
            {people}, range(4) as ranks(rank)
            """
        )
    night = make_night(day)
    deployment.set_gates(night)
    return night


class Reader(threading.Thread):
    """Asks for one user all the time, each time in a connection that stays open."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self.ended = threading.Event()
        self._server = server

    def run(self) -> None:
        with self._server.connect("published", READER) as connection:
            while not self.ended.is_set():
                started = time.perf_counter()
                connection.execute(ONE_USER).fetchall()
                self.seconds.append(time.perf_counter() - started)
                time.sleep(0.01)


def make_deployment(settings: Settings) -> Handmade:
    """A deployment of users that nobody landed."""
    deployment = Handmade(settings)
    deployment.land_users(FIRST, [1])
    return deployment


def time_nights(deployment: Handmade, days: list[date], users: int) -> list[float]:
    """Seconds of each publication."""
    seconds = []
    for day in days:
        night = add_night(deployment, day, users)
        started = time.perf_counter()
        publish_night(deployment.settings, night)
        seconds.append(time.perf_counter() - started)
    return seconds


def main() -> None:
    """Publish, print, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--nights", type=int, default=5)
    arguments = parser.parse_args()
    days = [FIRST + timedelta(days=number) for number in range(arguments.nights)]
    server = start_server()
    try:
        prepare_database(server, "published")
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            alone = load_settings(_env_file=None, home=home / "alone", identity_key=TEST_KEY)
            both = load_settings(
                _env_file=None,
                home=home / "both",
                identity_key=TEST_KEY,
                postgres_dsn=server.dsn("published"),
            )
            without = time_nights(make_deployment(alone), days, arguments.users)
            deployment = make_deployment(both)
            seconds = time_nights(deployment, days[:1], arguments.users)
            reader = Reader(server)
            reader.start()
            seconds += time_nights(deployment, days[1:], arguments.users)
            reader.ended.set()
            reader.join()
        print(f"{'night':12} {'without':>9} {'with':>9} seconds")
        for day, one, two in zip(days, without, seconds, strict=True):
            print(f"{day!s:12} {one:9.1f} {two:9.1f}")
        waits = sorted(reader.seconds)
        print(
            f"reader of one user meanwhile: {len(waits)} queries, median "
            f"{waits[len(waits) // 2] * 1000:.0f} ms, slowest {waits[-1] * 1000:.0f} ms"
        )
    finally:
        server.remove()


if __name__ == "__main__":
    main()
