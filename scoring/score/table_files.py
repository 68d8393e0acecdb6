"""Tables from files of anybody's making: Parquet or CSV, in the order of their rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from scoring.errors import ConfigurationError, DataRefusedError

SUFFIXES = (".parquet", ".csv", ".csv.gz")
_LARGEST_BLOCK = 1 << 30


def read_table(path: Path) -> pa.Table:
    """Read a whole file; rows stay in order.

    Two things are made equal for all formats: NaN means "missing", as it does to those who write
    such files, and a truth value is 1 or 0.

    Raises:
        ConfigurationError: There is no such file, or its name tells no known format.
        DataRefusedError: It cannot be read, has no rows or two columns of one name.
    """
    suffix = _suffix_of(path)
    try:
        table = pq.read_table(path) if suffix == ".parquet" else _read_csv(path)
    except FileNotFoundError:
        raise _file_refused(path, expected="a file", got="none") from None
    except (pa.ArrowException, OSError) as error:
        raise _data_refused(
            path, expected=f"a whole {suffix} file", got=str(error).splitlines()[0][:200]
        ) from None
    names = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _data_refused(path, expected="each column name once", got=", ".join(twice))
    if table.num_rows == 0:
        raise _data_refused(path, expected="at least one row", got="0 rows")
    return plain_table(table)


def plain_table(table: pa.Table) -> pa.Table:
    """The same rows with NaN as missing and truth values as 1 or 0."""
    for number, name in enumerate(table.column_names):
        table = table.set_column(number, name, _plain(table.column(number)))
    return table


def write_table(table: pa.Table, path: Path) -> None:
    """Write Parquet or CSV by the file's name.

    Raises:
        ConfigurationError: Its name tells no known format.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if _suffix_of(path) == ".parquet":
        pq.write_table(table, path)
        return
    with pa.output_stream(path, compression="detect") as stream:
        pa_csv.write_csv(table, stream)


def _read_csv(path: Path) -> pa.Table:
    # One block, so that a column's type is told from all its values and not from the first ones.
    with pa.input_stream(path, compression="detect") as stream:
        size = len(data) if (data := stream.read()) else 1
    return pa_csv.read_csv(
        pa.py_buffer(data),
        read_options=pa_csv.ReadOptions(block_size=min(size + 1, _LARGEST_BLOCK)),
        convert_options=pa_csv.ConvertOptions(strings_can_be_null=True),
    )


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_boolean(kind):
        return column.cast(pa.int8())
    if pa.types.is_floating(kind):
        return pc.if_else(pc.is_nan(column), pa.scalar(None, kind), column)
    return column


def _suffix_of(path: Path) -> str:
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix):
            return suffix
    raise _file_refused(path, expected=f"a name ending in {' | '.join(SUFFIXES)}", got=path.name)


def _file_refused(path: Path, *, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "file refused",
        subject=path.name,
        expected=expected,
        got=got,
        next_step="Correct the option that names the file.",
    )


def _data_refused(path: Path, *, expected: str, got: str) -> DataRefusedError:
    return DataRefusedError(
        "table refused",
        subject=path.name,
        expected=expected,
        got=got,
        next_step="Correct the file, then repeat the command.",
    )
