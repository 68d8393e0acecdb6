"""The night tables readers see: their columns, types and what counts for their content hash."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SCORES = "scores_history"
POINTS = "score_points"
REASONS = "score_reasons"
CHANGES = "score_changes"
CONSENTED = "consented_users"

_NIGHT = {"user_key": "bigint", "as_of_date": "date", "known_on": "date"}

ADDED_SCORE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"score_low": "integer", "score_high": "integer", "evidence_strength": "varchar"}
)
"""Columns that files of earlier versions lack: readers find them empty there."""

SCORE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **_NIGHT,
        "score": "integer",
        "score_status": "varchar",
        "score_status_reason": "varchar",
        "band_code": "varchar",
        "pd_12m": "decimal(18, 6)",
        "points_base": "integer",
        "points_spending": "integer",
        "points_repayment": "integer",
        "points_history": "integer",
        "points_linkage": "integer",
        "points_clipped": "integer",
        "card_id": "varchar",
        "months_on_book": "bigint",
        "evidence_days": "bigint",
        **ADDED_SCORE_COLUMNS,
    }
)
"""Columns of ``scores`` and ``scores_latest``."""

ORIGIN_COLUMNS: Mapping[str, str] = MappingProxyType(
    {"code_version": "varchar", "published_at_generation": "bigint"}
)
"""What ``scores_history`` adds in its files; says who made a value, so no part of its content."""

POINT_LISTS: Mapping[str, str] = MappingProxyType(
    {
        "feature_names": "varchar[]",
        "feature_values": "decimal(18, 6)[]",
        "bins": "varchar[]",
        "points": "integer[]",
    }
)

REASON_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **_NIGHT,
        "reason_rank": "integer",
        "feature_name": "varchar",
        "dimension": "varchar",
        "points": "integer",
        "points_lost": "integer",
        "reason_code": "varchar",
        "reason_zh": "varchar",
        "reason_en": "varchar",
    }
)

CHANGE_PARTS = ("base", "spending", "repayment", "history", "linkage", "clipped")
"""``score_change`` is the sum of ``change_<part>`` over these, always."""

CHANGE_CAUSES = ("late", "ageing", "behaviour", "card", "undivided")
"""``score_change`` is the sum of ``change_<cause>`` over these and ``change_clipped``, always."""

_FEATURE_LISTS = ("changes", "late", "ageing", "behaviour", "card")

ADDED_CHANGE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "change_status": "varchar",
        **{f"change_{cause}": "integer" for cause in CHANGE_CAUSES},
        "feature_names": "varchar[]",
        **{f"feature_{name}": "integer[]" for name in _FEATURE_LISTS},
    }
)
"""Columns that files of earlier versions lack: readers find them empty there."""

CHANGE_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        **_NIGHT,
        "previous_as_of_date": "date",
        "previous_known_on": "date",
        "score": "integer",
        "previous_score": "integer",
        "score_change": "integer",
        **{f"change_{part}": "integer" for part in CHANGE_PARTS},
        **ADDED_CHANGE_COLUMNS,
    }
)

CONTENT: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        SCORES: SCORE_COLUMNS,
        POINTS: MappingProxyType({**_NIGHT, **POINT_LISTS}),
        REASONS: REASON_COLUMNS,
        CHANGES: CHANGE_COLUMNS,
        CONSENTED: MappingProxyType({"user_key": "bigint"}),
    }
)
"""Per kind of file the columns whose values are its content."""

_ADDED = {SCORES: ADDED_SCORE_COLUMNS, CHANGES: ADDED_CHANGE_COLUMNS}


def complete_columns(table: str, query: str) -> str:
    """``query`` over files of this kind, with the columns that all of them may lack."""
    added = _ADDED.get(table)
    if added is None:
        return query
    empty = ", ".join(f"null::{kind} as {name}" for name, kind in added.items())
    return f"{query} union all by name select {empty} where false"
