"""The views of a generation: each names exactly its files, by absolute path."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from scoring.errors import ConfigurationError
from scoring.publish.columns import (
    ADDED_SCORE_COLUMNS,
    CHANGE_COLUMNS,
    CHANGES,
    CONSENTED,
    ORIGIN_COLUMNS,
    POINTS,
    REASON_COLUMNS,
    REASONS,
    SCORE_COLUMNS,
    SCORES,
    complete_columns,
)
from scoring.publish.manifest import Manifest, PublishedFile
from scoring.settings import Settings
from scoring.warehouse.sql import quote_identifier, quote_literal

_POINTS_LONG = (
    "user_key, as_of_date, known_on, unnest(feature_names) as feature_name, "
    'unnest(feature_values) as "value", unnest(bins) as bin, unnest(points) as points'
)


def view_queries(manifest: Manifest, settings: Settings) -> Mapping[str, str]:
    """View name -> its query.

    The views name files only, no tables: a DuckDB 1.1 client that attaches the file under another
    name could not find a table from inside a view.

    Raises:
        ConfigurationError: ``CREDITLOOP_PUBLISHED_URI`` does not show the published folder.
    """
    root = reader_root(settings, manifest)
    consented = [_literal(root, file) for file in manifest.of(CONSENTED)]
    condition = (
        f" where user_key in (select user_key from read_parquet([{', '.join(consented)}]))"
        if consented
        else ""
    )

    def read(columns: str, files: Iterable[PublishedFile]) -> str:
        return f"select {columns} from {_read_nights(root, files)}{condition}"

    def read_grown(table: str, columns: str, files: Iterable[PublishedFile]) -> str:
        # Files of earlier versions have fewer columns.
        nights = _read_nights(root, files, "union_by_name = true, ")
        whole = complete_columns(table, f"select * from {nights}")
        return f"select {columns} from ({whole}){condition}"

    # Columns are only added at the end.
    first = [name for name in SCORE_COLUMNS if name not in ADDED_SCORE_COLUMNS]
    before, after = _list((*first, *ORIGIN_COLUMNS)), _list(ADDED_SCORE_COLUMNS)
    history = [
        read_grown(SCORES, f"{before}, {state} as is_current, {after}", files)
        for state, files in (
            ("true", manifest.of(SCORES, is_current=True)),
            ("false", manifest.of(SCORES, is_current=False)),
        )
        if files
    ]
    return {
        "scores": read_grown(SCORES, _list(SCORE_COLUMNS), manifest.of(SCORES, is_current=True)),
        "scores_history": " union all ".join(history),
        "score_points": read(_POINTS_LONG, manifest.of(POINTS)),
        "score_reasons": read(_list(REASON_COLUMNS), manifest.of(REASONS)),
        "score_changes": read_grown(CHANGES, _list(CHANGE_COLUMNS), manifest.of(CHANGES)),
    }


def reader_root(settings: Settings, manifest: Manifest) -> Path:
    """Where readers see the published folder.

    Raises:
        ConfigurationError: The setting is relative, or a file is not to be found there.
    """
    root = settings.published_uri or settings.published
    if not root.is_absolute():
        raise _unusable(root, "an absolute path", "a relative one")
    for file in manifest.files[-1:]:
        if not (root / file.file).is_file():
            raise _unusable(root, "the published folder, seen from this machine too", "another one")
    return root


def _unusable(root: Path, expected: str, got: str) -> ConfigurationError:
    return ConfigurationError(
        "setting refused",
        subject="CREDITLOOP_PUBLISHED_URI",
        expected=expected,
        got=f"{got}, {root}",
        next_step="Mount or link published/ there, or leave the setting empty.",
    )


def _read_nights(root: Path, files: Iterable[PublishedFile], options: str = "") -> str:
    names = ", ".join(_literal(root, file) for file in files)
    return (
        f"read_parquet([{names}], {options}hive_partitioning = true, "
        "hive_types = {'as_of_date': date, 'known_on': date})"
    )


def _literal(root: Path, file: PublishedFile) -> str:
    return quote_literal(str(root / file.file))


def _list(columns: Iterable[str]) -> str:
    return ", ".join(quote_identifier(name) for name in columns)
