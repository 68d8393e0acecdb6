"""The command's promises: determinism, formats, and refusals that leave nothing behind."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from scoring.errors import ConfigurationError, TransientError
from scoring.landing.contract import load_feeds
from scoring.simulator.parameters import make_parameters
from scoring.simulator.shards import SHARD_USERS
from scoring.simulator.simulate import simulate
from tests.scoring.simulator.worlds import START, hash_tree


def _simulate(out: Path, users: int = 60, days: int = 40, seed: int = 7, **more: str) -> Path:
    simulate(users=users, start=START, days=days, seed=seed, out=out, **more)
    return out


def test_equal_options_give_equal_bytes(tmp_path: Path) -> None:
    first = hash_tree(_simulate(tmp_path / "first"))
    assert hash_tree(_simulate(tmp_path / "second")) == first
    assert hash_tree(_simulate(tmp_path / "other", seed=8)) != first


def test_a_longer_world_begins_like_a_shorter_one(tmp_path: Path) -> None:
    short = hash_tree(_simulate(tmp_path / "short", days=40))
    assert hash_tree(_simulate(tmp_path / "long", days=45), until="dt=2024-02-09") == short


def test_a_user_lives_the_same_life_in_a_larger_population(tmp_path: Path) -> None:
    small = _simulate(tmp_path / "small", users=200, days=70)
    large = _simulate(tmp_path / "large", users=500, days=70)
    # Ten weeks are too short for a dispute among 200 users.
    for feed in load_feeds().keys() - {"disputes"}:
        relations = [
            f"(select * from read_parquet('{folder}/{feed}/*/*.parquet', hive_partitioning = true)"
            f" where user_id < 'u0000200')"
            for folder in (small, large)
        ]
        for one, other in (relations, relations[::-1]):
            differing = _query(f"select count(*) from (from {one} except all from {other})")
            assert (feed, differing) == (feed, [(0,)])
        assert _query(f"select count(*) > 0 from {relations[0]}") == [(True,)]


@pytest.mark.parametrize(
    ("file_format", "reader"),
    [("csv", "read_csv"), ("csv.gz", "read_csv"), ("jsonl", "read_json")],
)
def test_formats_hold_the_same_rows(tmp_path: Path, file_format: str, reader: str) -> None:
    parquet = _simulate(tmp_path / "parquet", days=12)
    other = _simulate(tmp_path / "other", days=12, file_format=file_format)
    for feed in ("users", "transactions", "accounts", "limit_decisions"):
        columns = ", ".join(
            f"{column.name}::varchar as {column.name}" for column in load_feeds()[feed].columns
        )
        types = ", ".join(f"{column.name}: 'varchar'" for column in load_feeds()[feed].columns)
        options = ", hive_partitioning = false"
        options += "" if reader == "read_json" else ", header = true"
        texts = _query(
            f"from {reader}('{other}/{feed}/*/*.{file_format}', columns = {{{types}}}{options})"
        )
        expected = _query(f"select {columns} from read_parquet('{parquet}/{feed}/*/*.parquet')")
        assert len(expected) > 0
        assert sorted(map(_canonical, texts)) == sorted(map(_canonical, expected))
    again = _simulate(tmp_path / "again", days=12, file_format=file_format)
    assert hash_tree(again) == hash_tree(other)


def _query(sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def _canonical(row: tuple[object, ...]) -> list[str]:
    return ["" if value is None else str(value).removesuffix(".000000").lower() for value in row]


def test_the_report_counts_what_was_written(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    report = simulate(
        users=40,
        start=START,
        days=5,
        seed=1,
        out=tmp_path / "landing",
        on_progress=lambda *progress: seen.append(progress),
    )
    assert seen == [("simulate", done, 5) for done in range(1, 6)]
    found = _query(f"select count(*) from '{tmp_path}/landing/users/*/*.parquet'")
    assert found == [(report.row_counts["users"],)]
    assert 30 <= report.users <= 40
    files = (tmp_path / "landing").rglob("part-000.parquet")
    assert report.byte_count == sum(path.stat().st_size for path in files)
    assert report.render().startswith(f"{report.users} users, 5 days in {tmp_path / 'landing'}\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"days": -3}, r"--days: expected a number from 1 to \d+, got -3\. .* nothing was written"),
        ({"days": 0}, "--days: expected a number from 1 to"),
        ({"days": 10**9}, "--days: expected a number from 1 to .*, got 1000000000"),
        ({"users": -1}, "--users: expected a number from 1 to 10000000, got -1"),
        ({"users": 10**8}, "--users: expected a number from 1 to 10000000, got 100000000"),
        (
            {"start": date(1969, 12, 31)},
            "--start: expected a date from 1970-01-01 on, got 1969-12-31",
        ),
        ({"seed": -7}, "--seed: expected a number from 0 on, got -7"),
        ({"processes": 0}, "--processes: expected a number from 1 on, got 0"),
        (
            {"file_format": "xlsx"},
            r"--format: expected parquet \| csv \| csv\.gz \| jsonl, got xlsx",
        ),
    ],
)
def test_bad_options_are_refused(tmp_path: Path, options: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"users": 10, "start": START, "days": 2, "seed": 7}
    with pytest.raises(ConfigurationError, match=message) as caught:
        simulate(**{**good, **options}, out=tmp_path / "landing")  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(
        ConfigurationError, match="an absent or empty folder, got a folder with files in it"
    ):
        _simulate(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    _simulate(tmp_path / "landing", users=5, days=1)
    assert {path.name for path in (tmp_path / "landing").iterdir()} == set(load_feeds())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["landing", "landing.truth"]


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConfigurationError, match="an absent or empty folder, got a file"):
        _simulate(tmp_path / "file")
    with pytest.raises(ConfigurationError, match="a folder that can be written"):
        _simulate(tmp_path / "file" / "landing")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_too_little_space_is_seen_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(
        TransientError, match=r"about [\d.]+ GB of free space, got [\d.]+ GB\. Make room"
    ) as caught:
        _simulate(tmp_path / "landing", users=10_000_000, days=1_000_000)
    assert caught.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_to_write_leaves_nothing_behind(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(TransientError, match=r"simulation stopped .* nothing was kept"):
            _simulate(tmp_path / "landing", users=500, days=3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == []


def test_shards_side_by_side_write_the_same_bytes(tmp_path: Path) -> None:
    hashes = []
    for processes in (1, 2):
        out = tmp_path / str(processes)
        simulate(users=SHARD_USERS + 60, start=START, days=1, seed=7, out=out, processes=processes)
        hashes.append((hash_tree(out), hash_tree(tmp_path / f"{processes}.truth")))
    assert hashes[0] == hashes[1]
    files = {path.name for path in (tmp_path / "1" / "users").rglob("*.parquet")}
    assert files == {"part-000.parquet", "part-001.parquet"}
    found = _query(
        f"select count(*), count(distinct user_id) from '{tmp_path}/1/users/*/*.parquet'"
    )
    control = next((tmp_path / "1" / "users").rglob("_control.json")).read_text()
    assert control == f'{{"rows": {found[0][0]}, "sums": {{}}}}\n'
    assert found[0][0] == found[0][1]


def test_users_of_a_later_shard_live_the_same_life_in_a_larger_population(tmp_path: Path) -> None:
    for users in (SHARD_USERS + 20, SHARD_USERS + 40):
        simulate(users=users, start=START, days=1, seed=7, out=tmp_path / str(users), processes=1)
    rows = [
        _query(
            f"select * from '{tmp_path}/{users}/accounts/*/part-001.parquet' "
            f"where user_id < 'u{SHARD_USERS + 20:07d}' order by all"
        )
        for users in (SHARD_USERS + 20, SHARD_USERS + 40)
    ]
    assert rows[0] == rows[1] != []


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    alive = os.getppid()
    for owner in (ended.pid, alive):
        (tmp_path / f".landing.partial-{owner}" / "users").mkdir(parents=True)
    _simulate(tmp_path / "landing", users=5, days=1)
    leftovers = [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]
    assert leftovers == [f".landing.partial-{alive}"]


@pytest.mark.parametrize("truth", ["landing/truth", ".", "landing"])
def test_the_truth_never_lies_in_landing(tmp_path: Path, truth: str) -> None:
    with pytest.raises(ConfigurationError, match="a folder apart from the landing folder"):
        simulate(
            users=5,
            start=START,
            days=1,
            seed=7,
            out=tmp_path / "landing",
            truth=(tmp_path / truth).resolve(),
        )
    assert list(tmp_path.iterdir()) == []


def test_the_truth_is_written_beside_landing(tmp_path: Path) -> None:
    parameters = make_parameters("null", {"streak_points": 7.0})
    simulate(
        users=80, start=START, days=62, seed=7, out=tmp_path / "landing", parameters=parameters
    )
    truth = tmp_path / "landing.truth"
    content = json.loads((truth / "truth.json").read_text())
    assert content["effects"]["streak_points"] == 7.0
    assert content["effects"]["cash_access_spending"] == 0.0
    assert content["derived"]["streak_cash_limit_log"] == pytest.approx(0.1)
    assert content["derived"]["loop_gain"] == 0.0
    assert len(content["derived"]["rollout_dates"]) == 31
    assert (content["users"], content["days"], content["seed"]) == (80, 62, 7)
    users = _query(f"select count(*), count(distinct user_id) from '{truth}/users/*.parquet'")
    assert users == [(80, 80)]
    months = _query(
        f"select as_of_date, count(*), min(pd_12m) >= 0, max(pd_12m) <= 1, max(pd_12m) > 0 "
        f"from '{truth}/months/*.parquet' group by all order by all"
    )
    assert [str(month[0]) for month in months] == ["2024-01-31", "2024-02-29"]
    assert all(month[1] >= 60 and month[2:] == (True, True, True) for month in months)
    names = {row[0] for row in _query(f"describe select * from '{truth}/users/*.parquet'")} - {
        "user_id",
        "registered_at",
        "line_day",
        "due_day",
    }
    landed = {column.name for feed in load_feeds().values() for column in feed.columns}
    assert names & landed == set()
