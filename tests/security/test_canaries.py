"""Planted ids, names, amounts and secrets: after a night of every kind they are where they may be.

A night that is refused, one that crashes, one whose gate closes, one whose other sink does not
answer, and a good one; then an explanation and a plan of a backfill. Everything any of them wrote
is searched.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import duckdb
import pytest

from scoring.cli.console import configure_logging
from scoring.cli.main import main
from scoring.errors import DataRefusedError, GateClosedError, TransientError
from scoring.landing.ingest import load_range
from scoring.nights import Night, StepReport, make_night, run_step
from scoring.notifications import Notice, notify
from scoring.settings import PREFIX, Settings, load_settings
from scoring.simulator.simulate import simulate
from scoring.steps import STEPS
from scoring.warehouse.sql import quote_identifier, quote_literal
from scoring.warehouse.store import open_warehouse

pytestmark = pytest.mark.slow

START, HISTORY_DAYS = date(2025, 1, 1), 35
DAY = START + timedelta(days=HISTORY_DAYS)
USER_ID, NAME, PHONE, AMOUNT = "CANARYUSER91", "Canaryname Li", "13912345678", "7654321.09"
PASSWORD, TOKEN = "canary-dsn-password", "canary-webhook-token"
KEY = "canary-identity-key-that-is-long-enough"
PERSONAL, SECRETS = (USER_ID, NAME, PHONE), (PASSWORD, TOKEN, KEY)
MAY_HOLD_AMOUNTS = ("raw", "staging", "intermediate", "marts", "scores", "main")
"""Schemas with features and what they are made from; ``main`` is that of the published file."""


@dataclass
class Watched:
    """A deployment, and everything that was said meanwhile."""

    settings: Settings
    said: list[str] = field(default_factory=list)
    logged: StringIO = field(default_factory=StringIO)

    def step(self, name: str, **changes: object) -> None:
        configure_logging(verbose=True)  # a command run in this process may have set it otherwise
        run_step(self.settings.model_copy(update=changes), name, make_night(DAY))

    def fails(self, kind: type[Exception], name: str, **changes: object) -> None:
        with pytest.raises(kind) as caught:
            self.step(name, **changes)
        self.said.append(str(caught.value))


def crash(settings: Settings, night: Night) -> StepReport:
    """A defect whose text quotes a row, as a step of the night."""
    raise ValueError(f"{night.as_of_date}: {settings.root} {USER_ID} {NAME} {PHONE} {AMOUNT}")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    """35 days of history; tonight's files hold the canaries."""
    settings = load_settings(
        home=tmp_path / "home",
        identity_key=KEY,
        landing_quiet_seconds=0,
        notify_command=f"tee {tmp_path / 'notice.json'}",
        notify_webhook=f"http://127.0.0.1:1/hook/{TOKEN}",
        _env_file=None,
    )
    simulate(users=20, start=START, days=HISTORY_DAYS + 1, seed=7, out=settings.landing)
    load_range(settings, START, DAY - timedelta(days=1))
    _land(settings, "users", f"user_id,registered_at,nick\n{USER_ID},2025-01-01,{NAME}\n")
    _land(
        settings,
        "transactions",
        "transaction_id,user_id,occurred_at,amount\n"
        f"T1,{USER_ID},{DAY},{AMOUNT}\nT2,{USER_ID},{DAY},{NAME}\nT3,{USER_ID},{PHONE},{AMOUNT}\n"
        f"T4,{USER_ID},{DAY},{AMOUNT},{PHONE},{NAME}\n",
    )
    consent = f"{USER_ID},credit_scoring,2025-01-02,granted"
    _land(settings, "consents", f"user_id,purpose,changed_at,state\n{consent}\n")
    _land(settings, "disputes", f"{USER_ID},{NAME},{PHONE},{AMOUNT}\n")
    found = Watched(settings)
    handler = logging.StreamHandler(found.logged)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield found
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _land(settings: Settings, feed: str, text: str) -> None:
    folder = settings.landing / feed / f"dt={DAY}"
    (folder / "_control.json").unlink()
    (folder / "canary.csv").write_text(text, encoding="utf-8")


def test_canaries_are_found_only_where_they_may_be(
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    settings = watched.settings
    for name, value in (("HOME", settings.root), ("IDENTITY_KEY", KEY)):
        monkeypatch.setenv(PREFIX + name, str(value))

    def command(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["creditloop", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    watched.fails(DataRefusedError, "ingest")
    disputes = settings.landing / "disputes" / f"dt={DAY}"
    (disputes / "canary.csv").rename(disputes / "_refused.csv")
    (disputes / "_control.json").write_text('{"rows": 0}', encoding="utf-8")
    watched.step("ingest")
    with monkeypatch.context() as patch:
        patch.setitem(STEPS, "check_landing", f"{__name__}:crash")  # type: ignore[arg-type]
        assert command("check", "landing", "--date", str(DAY)) == 1
    watched.step("check_landing")
    watched.step("build_marts")
    with _spoilt_mart(settings):
        watched.fails(GateClosedError, "check_marts")
    for name in ("check_marts", "score", "check_scores"):
        watched.step(name)
    dsn = load_settings(
        postgres_dsn=f"postgresql://writer:{PASSWORD}@127.0.0.1:1/reports", _env_file=None
    ).postgres_dsn
    watched.fails(TransientError, "publish", postgres_dsn=dsn)
    notify(settings, Notice("failed", "credit_nightly", watched.said[-1]))
    watched.step("publish")
    assert command("explain", "--user-id", USER_ID, "--date", str(DAY)) == 0
    assert command("backfill", "--from", str(START), "--to", str(DAY), "--dry-run") == 0
    watched.said += [*capfd.readouterr(), (tmp_path / "notice.json").read_text(encoding="utf-8")]
    text = "\n".join([*watched.said, watched.logged.getvalue()])
    assert f"ingest@{DAY}" in watched.logged.getvalue()  # so the log is looked at
    assert "Traceback" not in text
    assert [each for each in (NAME, PHONE, AMOUNT, *SECRETS) if each in text] == []
    assert [line for line in text.splitlines() if USER_ID in line] == []

    assert _files_with(settings, (*PERSONAL, *SECRETS)) == []
    assert set(_tables_with(settings, PERSONAL)) == {("vault", "identities", USER_ID)}
    holding_amount = {schema for schema, *_ in _tables_with(settings, (AMOUNT,))}
    assert holding_amount <= set(MAY_HOLD_AMOUNTS)
    assert "raw" in holding_amount  # so the search finds what is there


def _files_with(settings: Settings, canaries: tuple[str, ...]) -> list[tuple[str, str]]:
    """Files outside landing and vault whose bytes hold a canary."""
    return [
        (str(path.relative_to(settings.root)), canary)
        for path in settings.root.rglob("*")
        if path.is_file() and path.relative_to(settings.root).parts[0] not in ("landing", "vault")
        for canary in canaries
        if canary.encode() in path.read_bytes()
    ]


def _tables_with(settings: Settings, canaries: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Schema and table of every row in a store or Parquet file that holds a canary."""
    found = []
    stores = {"vault": settings.vault_file, "warehouse": settings.warehouse_file,
              "published": (settings.published / "creditloop.duckdb").resolve()}  # fmt: skip
    with duckdb.connect() as connection:

        def look(relation: str, schema: str, table: str) -> None:
            for canary in canaries:
                row = connection.execute(
                    f"select count(*) from {relation} as t where contains(t::varchar, ?)", [canary]
                ).fetchone()
                if row is not None and row[0]:
                    found.append((schema, table, canary))

        for name, path in stores.items():
            connection.execute(f"attach {quote_literal(str(path))} as {name} (read_only)")
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = ?",
                [name],
            ).fetchall():
                relation = f"{name}.{quote_identifier(schema)}.{quote_identifier(table)}"
                look(relation, "vault" if name == "vault" else schema, table)
        for folder, schema in ((settings.raw, "raw"), (settings.published, "main")):
            for path in folder.rglob("*.parquet"):
                look(f"read_parquet({quote_literal(str(path))})", schema, path.name)
    return found


class _spoilt_mart:  # noqa: N801 - reads as a block
    """A mart with an impossible value for the canary's user, put right after the block."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __enter__(self) -> None:
        self._execute("update {mart} set {column} = -{column} - 1")

    def __exit__(self, *_: object) -> None:
        self._execute("update {mart} set {column} = -({column} + 1)")

    def _execute(self, statement: str) -> None:
        names = {"mart": "marts.fct_user_spending_daily", "column": "spend_amount_90d"}
        with open_warehouse(self._settings) as connection:
            connection.execute(statement.format(**names))
