"""Data Docs: one self-contained HTML page per gate and night, and an index.

Great Expectations' own pages load styles and scripts from the network and list unexpected values;
these hold neither.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import jinja2

from scoring.folder_modes import make_shared
from scoring.settings import Settings

if TYPE_CHECKING:
    from expectations.gate import GateResult

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
)
_ORDER = {"errored": 0, "failed": 1, "warned": 2, "passed": 3}
INDEX_ROWS = 1000


def docs_folder(settings: Settings) -> Path:
    """Where the pages are."""
    return settings.reports / "data_docs"


def page_path(settings: Settings, gate: str, as_of_date: object) -> Path:
    """The page of a gate for a night."""
    return docs_folder(settings) / gate / f"{as_of_date}.html"


def write_gate_page(settings: Settings, result: GateResult) -> Path:
    """Write the page of one gate run, what needs attention first."""
    rows = [
        {"mark": result.mark(item), "check": item.check, "observed": item.observed}
        for item in result.results
    ]
    rows.sort(key=lambda row: _ORDER[str(row["mark"])])
    page = _TEMPLATES.get_template("gate_page.html.j2").render(
        title=f"Gate {result.gate}, night of {result.night.as_of_date}",
        night=result.night,
        is_open=result.is_open,
        verdict="Open: the night may go on."
        if result.is_open
        else "Closed: nothing below this gate runs; what was published before stays.",
        counts=result.counts_text,
        results=rows,
    )
    path = page_path(settings, result.gate, result.night.as_of_date)
    _write_aside(path, page)
    return path


def write_index(settings: Settings, connection: duckdb.DuckDBPyConnection) -> Path:
    """Write the list of all gates and nights in ``quality.gate_results``."""
    result = connection.execute(
        """
        with counted as (
            select
                as_of_date,
                known_on,
                gate,
                count(*) filter (where state = 'passed') as passed,
                count(*) filter (where state = 'failed' and severity = 'warn') as warned,
                count(*) filter (where state = 'failed' and severity = 'stop') as failed,
                count(*) filter (where state = 'errored') as errored,
            from quality.gate_results
            group by as_of_date, known_on, gate
        )

        select
            *,
            case
                when errored > 0 then 'errored'
                when failed > 0 then 'failed'
                when warned > 0 then 'warned'
                else 'passed'
            end as mark,
        from counted
        order by as_of_date desc, known_on desc, gate
        limit ?
        """,
        [INDEX_ROWS],
    )
    names = [column[0] for column in result.description or []]
    rows: Sequence[dict[str, object]] = [
        dict(zip(names, row, strict=True)) for row in result.fetchall()
    ]
    page = _TEMPLATES.get_template("index_page.html.j2").render(title="Gates", rows=rows)
    path = docs_folder(settings) / "index.html"
    _write_aside(path, page)
    return path


def _write_aside(path: Path, text: str) -> None:
    make_shared(path.parent)
    aside = path.with_suffix(".new")
    aside.write_text(text, encoding="utf-8")
    aside.chmod(0o644)
    os.replace(aside, path)  # noqa: PTH105 - atomic on purpose, also over an existing file
