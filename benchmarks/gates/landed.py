"""Damage to the folder of a landed batch: to its rows by SQL, and to its files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.gates.library import FileChange, Mutation
from scoring.landing.control import CONTROL_FILE
from scoring.settings import Settings
from scoring.warehouse.sql import quote_literal


def damage_landed(settings: Settings, mutation: Mutation, night: date) -> None:
    """Do to the night's batch of ``mutation.where`` what the mutation says."""
    folder = settings.landing / mutation.where / f"dt={night}"
    if mutation.how is not None:
        _change_rows(folder, mutation)
    if mutation.file is not None:
        _FILE_CHANGES[mutation.file](folder)


def _data_file(folder: Path) -> Path:
    (path,) = folder.glob("part-*")
    return path


def _day_before(folder: Path) -> Path:
    night = date.fromisoformat(folder.name.removeprefix("dt="))
    return folder.with_name(f"dt={night - timedelta(days=1)}")


def _change_rows(folder: Path, mutation: Mutation) -> None:
    path = _data_file(folder)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        source = quote_literal(str(path))
        connection.execute(
            f"create table landed as from read_parquet({source}, hive_partitioning = false)"
        )
        if "landed_before" in (mutation.how or ""):
            earlier = quote_literal(str(_day_before(folder) / "part-*"))
            connection.execute(
                f"create view landed_before as from read_parquet({earlier}, "
                "hive_partitioning = false)"
            )
        before = _content(connection)
        connection.execute(mutation.how or "")
        if _content(connection) == before:
            raise RuntimeError(f"{mutation.name} changes no row of {mutation.where}")
        path.unlink()
        connection.execute(f"copy landed to {source} (format parquet)")
        if mutation.control == "recounted":
            _recount(connection, folder / CONTROL_FILE)


def _content(connection: duckdb.DuckDBPyConnection) -> tuple[object, object]:
    columns = connection.execute("describe landed").fetchall()
    return columns, connection.execute("from landed order by all").fetchall()


def _recount(connection: duckdb.DuckDBPyConnection, control: Path) -> None:
    """Write the control file anew for ``landed``, with the sums it had."""
    names = list(json.loads(control.read_text(encoding="utf-8")).get("sums", {}))
    rows = connection.execute("select column_name from (describe landed)").fetchall()
    names = [name for name in names if (name,) in rows]
    columns = "".join(
        f", coalesce(sum(try_cast({name} as decimal(38, 8))), 0)::varchar" for name in names
    )
    count, *sums = connection.execute(f"select count(*){columns} from landed").fetchall()[0]
    content = {"rows": count, "sums": dict(zip(names, sums, strict=True))}
    control.write_text(json.dumps(content), encoding="utf-8")


def _rewrite(folder: Path, suffix: str, options: str) -> Path:
    """Write the data file again in another format."""
    path = _data_file(folder)
    target = path.with_suffix(suffix)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            f"copy (from read_parquet({quote_literal(str(path))}, hive_partitioning = false)) "
            f"to {quote_literal(str(target))} ({options})"
        )
    path.unlink()
    return target


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)


def _empty(folder: Path) -> None:
    _data_file(folder).write_bytes(b"")


def _cut(folder: Path) -> None:
    path = _data_file(folder)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _twice(folder: Path) -> None:
    path = _data_file(folder)
    shutil.copyfile(path, path.with_stem("part-again"))


def _remove_data(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    (folder / "_SUCCESS").touch()


def _rename_folder(folder: Path) -> None:
    folder.rename(folder.with_name(folder.name.replace("-", "")))


def _as_workbook(folder: Path) -> None:
    path = _data_file(folder)
    path.rename(path.with_suffix(".xlsx"))


def _as_gbk(folder: Path) -> None:
    path = _rewrite(folder, ".csv", "format csv, header")
    header, rest = path.read_text(encoding="utf-8").split("\n", 1)
    path.write_bytes(f"{header},备注\n{rest}".encode("gbk"))


def _with_semicolons(folder: Path) -> None:
    _rewrite(folder, ".csv", "format csv, header, delimiter ';'")


def _with_unclosed_quote(folder: Path) -> None:
    path = _rewrite(folder, ".csv", "format csv, header")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[len(lines) // 2] = '"' + lines[len(lines) // 2]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cut_lines(folder: Path) -> None:
    path = _rewrite(folder, ".jsonl", "format json")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(line[: len(line) // 2] for line in lines), encoding="utf-8")


def _break_control(folder: Path) -> None:
    (folder / CONTROL_FILE).write_text('{"rows": "all of them"', encoding="utf-8")


def _night_before(folder: Path) -> None:
    shutil.rmtree(folder)
    shutil.copytree(_day_before(folder), folder)


_FILE_CHANGES: Mapping[FileChange, Callable[[Path], None]] = {
    "removed": _remove,
    "emptied": _empty,
    "cut": _cut,
    "twice": _twice,
    "data_removed": _remove_data,
    "renamed_folder": _rename_folder,
    "as_workbook": _as_workbook,
    "as_gbk_csv": _as_gbk,
    "semicolons": _with_semicolons,
    "unclosed_quote": _with_unclosed_quote,
    "cut_lines": _cut_lines,
    "broken_control": _break_control,
    "night_before": _night_before,
}
