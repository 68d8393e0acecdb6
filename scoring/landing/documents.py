"""``docs/feeds.md`` and the dbt source ``raw``, rendered from the landing contract."""

from __future__ import annotations

import yaml

from scoring.landing.column_types import MAX_TEXT_LENGTH
from scoring.landing.contract import Column, Feed, load_feeds
from scoring.landing.control import EXAMPLE
from scoring.landing.folders import SUFFIXES
from scoring.landing.row_rules import IS_DELETED, allowed_values
from scoring.landing.totals import ALWAYS_TOLERATED_ROWS

_GENERATED = "Generated from scoring/landing/feeds/*.yml by `make docs`; do not edit."
_ADDED = {
    "is_deleted": "Whether the row with this key is withdrawn from this batch on.",
    "batch_date": "When the row became known: the landing date, or in a history load the date of "
    "its first event.",
    "known_basis": "landed, or assumed in a history load.",
    "dt": "Date of the landing folder.",
}
_TYPE_WORDS = {
    "user": "id of a user",
    "text": "text",
    "integer": "whole number",
    "date": "date",
    "timestamp": "timestamp",
    "amount": "money, 2 decimals",
    "rate": "fraction, 8 decimals",
    "boolean": "true/false",
}
_STAR = "\\*"
_INTRODUCTION = f"""# The feeds

<!-- {_GENERATED} -->

Files go to `landing/<feed>/dt=YYYY-MM-DD/` in the home folder; `dt` is the batch date. Any name
that ends in {", ".join(f"`{suffix}`" for suffix in SUFFIXES)} will do; several files in a folder
make one batch, and formats may be mixed. Names that start with `.` or `_` are not data.

A folder is read once it holds `_control.json` or `_SUCCESS`, or has not changed for
`CREDITLOOP_LANDING_QUIET_SECONDS`. `_control.json` says what the files must add up to, over all
rows and with empty values left out: `{EXAMPLE}`.

- Text is UTF-8. CSV has a header row, commas, and double quotes around values that need them.
- Empty text is no value. Ids and text hold at most {MAX_TEXT_LENGTH} bytes.
- Dates are `2025-01-31`. Timestamps are `2025-01-31 09:30:00`, with `T` for the space and up to six
  decimals if you like; a date alone is its midnight. Without an offset they are business time; an
  offset (`Z`, `+08:00`) is honoured.
- Numbers have a decimal point and no thousands mark. A number with more decimals than its type
  holds is quarantined, never rounded. In JSONL, write numbers of more than 15 digits as text.
- Booleans are `true`/`false`, `t`/`f` or `1`/`0`.
- Columns that are not listed here are kept out and reported.
- Every feed may carry `is_deleted`: true withdraws the row with this key from this batch on, and
  the key columns suffice.

A file that cannot be read, lacks a required column or does not match its control totals makes its
whole batch refused. A single row that breaks a rule goes to `quality.quarantine`; so do all
rows of a batch that share a key but differ, and identical rows beyond the first (rule
`duplicate`). More quarantined rows than {ALWAYS_TOLERATED_ROWS}, and than
`CREDITLOOP_QUARANTINE_SHARE` of the batch, refuse it.
"""


def render_feeds_page() -> str:
    """``docs/feeds.md``."""
    return _INTRODUCTION + "".join(_render_feed(feed) for feed in load_feeds().values())


def render_sources() -> str:
    """``_sources.yml`` of the staging models: every feed and raw column with its description."""
    sources = [
        _render_source("raw", "Landed rows, typed, with keys for user ids."),
        _render_source("pending", "The rows of raw that staging has not taken in yet, or some."),
    ]
    body = yaml.safe_dump(
        {"version": 2, "sources": sources}, sort_keys=False, allow_unicode=True, width=100
    )
    return f"# {_GENERATED}\n{body}"


def _render_source(name: str, description: str) -> dict[str, object]:
    tables = [
        {
            "name": feed.name,
            "description": f"{feed.description} Here with one row per key and batch.",
            "columns": [
                {"name": column, "description": description, "data_type": kind}
                for column, kind, description in _raw_columns(feed)
            ],
        }
        for feed in load_feeds().values()
    ]
    # On Spark both are views of the session over all loaded files, and those have one schema.
    schema = f"{{{{ 'global_temp' if target.type == 'spark' else '{name}' }}}}"
    return {"name": name, "schema": schema, "description": description, "tables": tables}


def _raw_columns(feed: Feed) -> list[tuple[str, str, str]]:
    described = {column.raw_name: _raw_description(column) for column in feed.columns} | _ADDED
    return [(name, kind, described[name]) for name, kind in feed.raw_columns.items()]


def _raw_description(column: Column) -> str:
    if column.type != "user":
        return column.description
    return f"{column.description.split(';')[0].rstrip('.')}, as a key."


def _render_feed(feed: Feed) -> str:
    lines = [
        "",
        f"## {feed.name}",
        "",
        f"{feed.description} Key: {', '.join(f'`{name}`' for name in feed.key)}.",
        "",
        "| column | type | rule | meaning |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{column.name}`{_STAR * column.required} | {_TYPE_WORDS[column.type]} "
        f"| {_render_rule(column)} | {column.description} |"
        for column in (*feed.columns, IS_DELETED)
    ]
    if feed.row_rules:
        lines += ["", "Rows for which one of these is not true are quarantined:", ""]
        lines += [f"- `{rule.name}`: {rule.description}" for rule in feed.row_rules]
    dated = ", ".join(f"`{name}`" for name in feed.first_event)
    first = "the first of " if len(feed.first_event) > 1 else ""
    parent = feed.history_parent
    by_parent = f"its row in `{parent.feed}`, or without one " if parent else ""
    lines += ["", f"In a history load a row is dated by {by_parent}{first}{dated}.", ""]
    return "\n".join(lines)


def _render_rule(column: Column) -> str:
    parts = []
    allowed = allowed_values(column)
    if column.allowed_seed is not None:
        parts.append(f"a value of `{column.allowed_seed}`")
    elif allowed is not None:
        parts.append(" or ".join(f"`{value}`" for value in allowed))
    if column.above is not None:
        parts.append(f"> {column.above:g}")
    if column.minimum is not None:
        parts.append(f"≥ {column.minimum:g}")
    if column.maximum is not None:
        parts.append(f"≤ {column.maximum:g}")
    if column.default is not None:
        parts.append(f"default `{column.default}`")
    return ", ".join(parts)
