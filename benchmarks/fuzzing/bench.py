"""Landing many cases in one ingest, and what must hold of each afterwards."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from benchmarks.fuzzing.cases import Case
from scoring.errors import DataRefusedError
from scoring.landing.ingest import ingest_range
from scoring.landing.raw_views import create_raw_views
from scoring.settings import load_settings
from scoring.warehouse.store import open_warehouse

KEY = "fuzzing-key-that-is-long-enough-to-be-accepted"
FIRST = date(2025, 1, 2)


class FuzzBench:
    """A deployment in which every case lands under a date of its own."""

    def __init__(self, home: Path) -> None:
        self.settings = load_settings(
            home=home, identity_key=KEY, landing_quiet_seconds=0, threads=1, _env_file=None
        )
        self.outcomes: Counter[str] = Counter()
        users = self.settings.landing / "users" / "dt=2025-01-01"
        users.mkdir(parents=True)
        (users / "a.csv").write_text("user_id\nU1\nU2\n", encoding="utf-8")
        ingest_range(self.settings, date(2025, 1, 1), date(2025, 1, 1), run_id="users")

    def check(self, cases: Sequence[Case]) -> None:
        """Land the cases and ingest them together.

        Raises:
            AssertionError: A batch is half loaded, or its rows do not add up.
            Exception: Whatever ingest raised that is no refusal.
        """
        shutil.rmtree(self.settings.landing / "transactions", ignore_errors=True)
        self._forget()
        days = [FIRST + timedelta(days=number) for number in range(len(cases))]
        for day, case in zip(days, cases, strict=True):
            folder = self.settings.landing / "transactions" / f"dt={day}"
            folder.mkdir(parents=True)
            for name, content in case.files().items():
                (folder / name).write_bytes(content)
        try:
            ingest_range(self.settings, days[0], days[-1], run_id="fuzz", feeds=["transactions"])
        except DataRefusedError as error:
            if "\n" in str(error) or len(str(error)) > 1_000:
                raise AssertionError("a refusal that is no line") from error
        self._judge(days)

    def _forget(self) -> None:
        with open_warehouse(self.settings) as connection:
            connection.execute("delete from ops.batches where feed = 'transactions'")
            connection.execute("delete from quality.quarantine")
        shutil.rmtree(self.settings.raw / "transactions", ignore_errors=True)

    def _judge(self, days: Sequence[date]) -> None:
        """All or nothing: a refused batch left nothing, and a loaded one every row it read."""
        with open_warehouse(self.settings) as connection:
            create_raw_views(connection, self.settings)
            rows = connection.execute(
                """
                select
                    days.dt, state, rows_read, rows_loaded, rows_held, rows_quarantined, raw_file,
                    (select count(*) from raw.transactions as raw where raw.dt = days.dt),
                    (
                        select count(*) from quality.quarantine as bad
                        where bad.batch_date = days.dt
                    ),
                    refusal_rule
                from (select unnest(?::date[]) as dt) as days
                left join ops.batches as batches
                    on batches.dt = days.dt and batches.feed = 'transactions'
                order by days.dt
                """,
                [list(days)],
            ).fetchall()
        for dt, state, read, loaded, held, bad, raw_file, in_raw, in_quarantine, rule in rows:
            files = list((self.settings.raw / "transactions").glob(f"dt={dt}/*"))
            self.outcomes[state if state != "refused" else f"refused: {rule}"] += 1
            if state == "loaded":
                sound = read == loaded + held + bad and in_raw == loaded + held
                sound = sound and in_quarantine == bad and bool(files) is (raw_file is not None)
            else:
                sound = state == "refused" and not in_raw and not in_quarantine and not files
            if not sound:
                place = (dt - FIRST).days
                raise AssertionError(f"case {place} is {state} and half loaded")
