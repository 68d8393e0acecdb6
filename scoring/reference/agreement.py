"""Whether the marts of a night hold for a sample of users what the reference computes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

import duckdb

from scoring.reference.comparison import find_differences, read_catalogue, read_marts
from scoring.reference.features import compute_features
from scoring.reference.known_world import ask
from scoring.reference.raw_rows import RawRows
from scoring.reference.sample import draw_sample, read_sample
from scoring.settings import Settings

WHOLE_USER = "user_key"
"""The column that stands for a user who is missing in a mart, or needless in it."""


@dataclass(frozen=True)
class ColumnAgreement:
    """One column of one mart; of no user are key or values kept."""

    mart: str
    column: str
    compared_users: int
    """How many have it on both sides."""
    differing_users: int


def compare_sample(
    connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date, known_on: date
) -> list[ColumnAgreement]:
    """Compare the marts with the reference for the users that the night draws.

    Args:
        connection: The warehouse; nothing is written.
        settings: The deployment; ``reference_users`` is at least 1.
        as_of: The night.
        known_on: The last batch that it knew.

    Returns:
        One entry per catalogued feature, whether its mart has it or not, one per other column of
        the marts, and one per mart for its users (``WHOLE_USER``).

    Raises:
        PermanentError: A mart has a user twice.
        ConfigurationError: Bills need a minimum that no setting gives.
    """
    question, rows = ask(settings, as_of, known_on), RawRows(connection, settings)
    sample = draw_sample(rows, question, settings.reference_users)
    expected = compute_features(read_sample(rows, sample), question, sample.users)
    looked_at = sample.users | sample.merged | sample.unlisted
    marts = read_marts(connection, question, users=looked_at)
    compared: Counter[tuple[str, str]] = Counter()
    differing: Counter[tuple[str, str]] = Counter()
    for mart, users in marts.items():
        found = find_differences(expected, {mart: users})
        differing.update((mart, item.column or WHOLE_USER) for item in found)
        compared.update((mart, WHOLE_USER) for user in expected if user in users)
        compared.update(
            (mart, column)
            for user, values in expected.items()
            for column in values.keys() & users.get(user, {}).keys()
        )
    catalogue = [(mart, feature) for feature, mart in read_catalogue().items()]
    columns = {*catalogue, *compared, *differing, *((mart, WHOLE_USER) for mart in marts)}
    return [
        ColumnAgreement(mart, column, compared[mart, column], differing[mart, column])
        for mart, column in sorted(columns)
    ]
