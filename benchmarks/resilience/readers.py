"""A reader that asks without pause: ``python -m benchmarks.resilience.readers``.

Arguments: KIND, what it reads (the published file, or a DSN of PostgreSQL), and a file whose
appearance ends it. Prints one JSON object: how often it asked, each different answer, each error.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb

QUERY = """
select
    publication.generation,
    (
        select min(points_base)::varchar || ' ' || max(points_base)::varchar
        from scores_latest
        where score_status = 'scored' and as_of_date = publication.newest_as_of_date
    ) as latest,
    (
        select string_agg(
            nights.as_of_date::varchar || ' ' || nights.low::varchar || ' ' || nights.high::varchar,
            ', ' order by nights.as_of_date
        )
        from (
            select as_of_date, min(points_base) as low, max(points_base) as high
            from scores
            where score_status = 'scored'
            group by as_of_date
        ) as nights
    ) as by_night,
    (select max(published_at_generation) from scores_history) as newest_value_of
from publication
"""
"""The base points of each night tell which publication brought it: any mixture shows."""

Answer = tuple[Any, ...]
NOBODY = 65534
"""Whom a reader runs as that must not have root's rights over read-only files."""


def _ask(connection: duckdb.DuckDBPyConnection) -> Answer:
    (row,) = connection.execute(QUERY).fetchall()
    return row


def read_afresh(published: str) -> Iterator[Answer]:
    """A connection for each question, as a script or a notebook opens it."""
    while True:
        with duckdb.connect(published, read_only=True) as connection:
            yield _ask(connection)


def read_beside(published: str) -> Iterator[Answer]:
    """Connects again and again in a process that still holds the connection before."""
    with ExitStack() as before:
        while True:
            connection = duckdb.connect(published, read_only=True)
            with ExitStack() as now:
                now.enter_context(connection)
                yield _ask(connection)
                before.close()
                before.push(now.pop_all())


def read_following(published: str) -> Iterator[Answer]:
    """Stays connected to the generation that ``CURRENT.json`` names, and changes with it."""
    folder = Path(published).parent
    while True:
        current = (folder / "CURRENT.json").read_text(encoding="utf-8")
        file = folder / json.loads(current)["file"]
        with duckdb.connect(str(file), read_only=True) as connection:
            while (folder / "CURRENT.json").read_text(encoding="utf-8") == current:
                yield _ask(connection)


def read_pooled(published: str) -> Iterator[Answer]:
    """Four connections that are opened once and never closed."""
    with ExitStack() as pool:
        connections = [
            pool.enter_context(duckdb.connect(published, read_only=True)) for _ in range(4)
        ]
        while True:
            for connection in connections:
                yield _ask(connection)


def read_writable(published: str) -> Iterator[Answer]:
    """Forgets ``read_only``; not as root, whom a file that is read-only does not stop."""
    if os.geteuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    while True:
        with duckdb.connect(published) as connection:
            yield _ask(connection)


def read_postgres(dsn: str) -> Iterator[Answer]:
    """One connection to PostgreSQL, two statements in a transaction each time."""
    import psycopg  # noqa: PLC0415 - only this reader needs it

    with psycopg.connect(dsn, options="-c search_path=creditloop") as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        while True:
            with connection.transaction():
                (row,) = connection.execute(QUERY).fetchall()
                (again,) = connection.execute("select generation from publication").fetchall()
            yield (*row, again[0])


KINDS: Mapping[str, Callable[[str], Iterator[Answer]]] = {
    "afresh": read_afresh,
    "beside": read_beside,
    "following": read_following,
    "pooled": read_pooled,
    "writable": read_writable,
    "postgres": read_postgres,
}
"""Kind of reader -> its answers, one after the other."""


def main() -> None:
    """Ask until told to end."""
    kind, where, stop = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    os.nice(5)  # readers that never pause must leave the publisher some of a small machine
    answers: Counter[Answer] = Counter()
    errors: Counter[str] = Counter()
    asking = KINDS[kind](where)
    while not stop.exists():
        try:
            answers[next(asking)] += 1
        except Exception as error:  # noqa: BLE001 - counted, whatever it is
            errors[f"{type(error).__name__}: {error}"[:300]] += 1
            asking = KINDS[kind](where)
    told = {"answers": [[*row, count] for row, count in answers.items()], "errors": dict(errors)}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
