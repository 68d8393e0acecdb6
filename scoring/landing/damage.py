"""Whose fault is it that DuckDB cannot read a landed file: the file's or the machine's?"""

from __future__ import annotations

import duckdb

from scoring.landing.files import LandedFile
from scoring.landing.folders import refuse_unreachable
from scoring.landing.refusals import Refusal
from scoring.system_errors import as_known_error, tells_of_damage


def refuse_damaged(file: LandedFile, failure: duckdb.Error) -> Refusal:
    """The refusal of a file because of what DuckDB met in it alone.

    Call it in the block that caught the failure, and catch no other error around that: an error
    carries those it followed from, and they would be judged with it.

    Raises:
        duckdb.Error: The failure, if it is the machine's.
        TransientError: The file is not there any more.
    """
    if as_known_error(failure) is not None and not tells_of_damage(failure):
        raise failure
    try:
        file.path.stat()
    except OSError as error:
        raise refuse_unreachable(f"{file.feed}@{file.dt}", error) from error
    # DuckDB's own message may quote the row.
    kind = type(failure).__name__
    if file.kind == "parquet":
        got = f"one that is cut off or damaged ({kind})"
        return file.refuse("unreadable", "a whole Parquet file", got)
    return file.refuse(
        "unreadable", "rows with one kind of line end and matching quotes", f"others ({kind})"
    )
