"""marts_by_hand: the feature marts of one night by one hand-written DuckDB script, without dbt.

python -m benchmarks.marts_by_hand HOME --day 2026-01-03 [--known-on 2026-01-03]

It runs ``benchmarks/by_hand/*.sql`` over the staging tables of a deployment whose marts of the
night are built, prints what every table cost, and counts the rows in which its four marts differ
from the models'. It is the yardstick for the models: the same features, as temporary tables, and
nothing else. Lines are keyed by a hash of 64 bits, as in the models; a payment finds its bill or
instalment by the hash of the id among those of its own payer.
"""

from __future__ import annotations

import argparse
import re
import time
from datetime import date
from pathlib import Path

import duckdb
import psutil

from benchmarks.model_costs import ModelCost, print_costs
from benchmarks.worlds import World
from scoring.nights import Night
from scoring.settings import Settings
from scoring.warehouse.store import open_warehouse

SCRIPT = sorted((Path(__file__).parent / "by_hand").glob("*.sql"))
MARTS = (
    "fct_user_spending_daily",
    "fct_user_repayment_daily",
    "fct_user_credit_history_daily",
    "fct_user_product_linkage_daily",
)
_TABLE = re.compile(r"create or replace temp table (\w+)")


def run_script(connection: duckdb.DuckDBPyConnection, night: Night) -> list[ModelCost]:
    """Compute the marts of a night as temporary tables of their names.

    Args:
        connection: The warehouse, with the night's batches staged.
        night: Its ``as_of_date`` and ``known_on`` are read.

    Returns:
        The cost of every table in order, then ``total``.
    """
    connection.execute("set preserve_insertion_order = false")
    connection.execute(f"set variable as_of_date = date '{night.as_of_date}'")
    connection.execute(f"set variable known_on = date '{night.known_on}'")
    statements = [
        statement
        for path in SCRIPT
        for statement in duckdb.extract_statements(path.read_text(encoding="utf-8"))
    ]
    costs = []
    whole = (time.perf_counter(), time.process_time())
    for statement in statements:
        started = (time.perf_counter(), time.process_time())
        rows = connection.execute(statement).fetchall()
        table = _TABLE.search(statement.query)
        if table:
            costs.append(_cost(table[1], started, rows[0][0]))
    return [*costs, _cost("total", whole, None)]


def _cost(name: str, started: tuple[float, float], row_count: int | None) -> ModelCost:
    wall, cpu = started
    memory = psutil.Process().memory_info().rss
    return ModelCost(name, time.perf_counter() - wall, time.process_time() - cpu, memory, row_count)


def count_differences(connection: duckdb.DuckDBPyConnection, night: Night) -> dict[str, int]:
    """Mart -> rows that only the script or only the model has, key and features compared."""
    differences = {}
    for mart in MARTS:
        by_model = f"select columns(*) from marts.{mart} where as_of_date = ? and known_on = ?"
        columns = ", ".join(
            row[0] for row in connection.execute(f"describe marts.{mart}").fetchall()
        )
        by_hand = f"select {columns} from temp.{mart}"
        row = connection.execute(
            f"""
            select
                (select count(*) from ({by_model} except all {by_hand}))
                + (select count(*) from ({by_hand} except all {by_model}))
            """,
            [night.as_of_date, night.known_on] * 2,
        ).fetchone()
        differences[mart] = row[0] if row else 0
    return differences


def measure_script(settings: Settings, night: Night) -> list[ModelCost]:
    """Run the script over a deployment, in a connection of its own.

    Returns:
        The costs of ``run_script``; the row count of ``total`` is that of the rows that differ from
        the marts as built.
    """
    with open_warehouse(settings) as connection:
        *costs, total = run_script(connection, night)
        differing = sum(count_differences(connection, night).values())
    return [
        *costs,
        ModelCost(
            total.name, total.wall_seconds, total.cpu_seconds, total.peak_memory_bytes, differing
        ),
    ]


def main() -> None:
    """Parse the options and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--day", type=date.fromisoformat, required=True)
    parser.add_argument("--known-on", type=date.fromisoformat)
    options = parser.parse_args()
    night = Night(options.day, options.known_on or options.day, "by-hand")
    settings = World(options.home, 0, 0).settings
    with open_warehouse(settings) as connection:
        print_costs(run_script(connection, night))
        for mart, count in count_differences(connection, night).items():
            print(f"{mart:36}{count:9,} rows differ")


if __name__ == "__main__":
    main()
