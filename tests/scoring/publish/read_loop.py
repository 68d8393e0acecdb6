"""Query a published file in a loop, as BI tools do, until a stop file appears.

Run as ``python -m tests.scoring.publish.read_loop FILE STOP``; prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

# Every night n (1, 2, …) gives each of its users the score 500 + n: any mixture shows.
QUERY = """
select
    publication.generation,
    publication.night_count,
    (select count(distinct as_of_date) from scores) as nights,
    (select count(*) from scores_latest where score <> 500 + publication.night_count) as strangers,
    (select count(*) from scores where as_of_date > publication.newest_as_of_date) as early,
    (select count(*) from score_points) as points,
    (select count(*) from score_changes where score_change <> 1) as jumps
from publication
"""


def main() -> None:
    published, stop = Path(sys.argv[1]), Path(sys.argv[2])
    queries, generations, errors, mixtures = 0, set(), [], []
    while True:
        stopping = stop.exists()
        try:
            with duckdb.connect(str(published), read_only=True) as connection:
                (row,) = connection.execute(QUERY).fetchall()
        except duckdb.Error as error:
            errors.append(str(error))
            continue
        queries += 1
        generation, count, nights, strangers, early, points, jumps = row
        generations.add(generation)
        if (nights, strangers, early, points, jumps) != (count, 0, 0, 4 * count, 0):
            mixtures.append(row)
        if stopping:
            break
    result = {
        "queries": queries,
        "generations": sorted(generations),
        "errors": errors,
        "mixtures": mixtures,
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main()
