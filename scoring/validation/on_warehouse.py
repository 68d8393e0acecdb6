"""Cases on the warehouse, with what it knows of its users besides features."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from scoring.cards.card import STRENGTHS, WAREHOUSE, Card, EvidenceLevel
from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.errors import ConfigurationError
from scoring.score.evidence import NO_STRENGTH
from scoring.settings import Settings
from scoring.training.labels import LabelRules, read_labels
from scoring.training.parameters import TrainingParameters
from scoring.training.result import TrainingResult
from scoring.training.table import TrainingTable
from scoring.training.texts import texts_of_catalog
from scoring.training.verification import score_rows
from scoring.training.warehouse import (
    MAXIMUM_ROWS,
    known_basis,
    label_facts,
    least_evidence,
    read_training_table,
)
from scoring.validation.case import NOT_KNOWN, Case, Floats, Grouping, Mask
from scoring.validation.cases import case_of_card, case_of_training, training_facts
from scoring.validation.groupings import (
    group_bands,
    group_by_feature,
    group_decades,
    group_texts,
)
from scoring.validation.options import ReportOptions
from scoring.warehouse.store import open_warehouse

_MODEL_CARD = "expert_v1.json"
_BOOK_CUTS = (3, 6, 12, 24)


def case_of_warehouse_training(
    result: TrainingResult, settings: Settings, options: ReportOptions
) -> Case:
    """The case of a card just trained on the warehouse.

    Protected attributes are those of the feed ``users`` as known when the labels were; months on
    book and strength of evidence are those of the observation date.

    Raises:
        ConfigurationError: An option names no candidate.
    """
    known_on = date.fromisoformat(str(result.data["labels_known_on"]))
    with open_warehouse(settings) as connection:
        protected = read_protected(connection, result.table, known_on)
        segments = read_evidence(connection, result.table, result.card)
    named = tuple(group_by_feature(result.table, name) for name in options.segments)
    return case_of_training(result, options, protected=protected, segments=(*segments, *named))


def case_of_warehouse(card: Card, settings: Settings, options: ReportOptions) -> Case:
    """The case of a finished card on the labels of its training, read again.

    An expert card has none: it is judged by the default rules on all month ends at hand.

    Raises:
        ConfigurationError: An observation date is no longer at hand, or the card is of a table.
        PermanentError: The marts are not built, or no window is over yet.
    """
    if card.data_source != WAREHOUSE:
        raise _not_of_the_warehouse(card)
    known = training_facts(card)
    rules = LabelRules.model_validate(
        known.get("label_rules") or {"minimum_evidence_days": least_evidence(card)}
    )
    dates = known.get("observation_dates")
    chosen = [date.fromisoformat(str(day)) for day in dates] if isinstance(dates, list) else []
    with open_warehouse(settings) as connection:
        labels = read_labels(connection, rules, chosen)
        seed = TrainingParameters.model_validate((card.training or {}).get("parameters") or {}).seed
        table = read_training_table(connection, labels, seed, MAXIMUM_ROWS)
        protected = read_protected(connection, table, labels.ledger.known_on)
        segments = read_evidence(connection, table, card)
        facts = label_facts(labels, rules, known_basis(connection))
    named = tuple(group_by_feature(table, name) for name in options.segments)
    return case_of_card(
        card,
        table,
        score_rows(card, table),
        np.ones(table.rows, np.bool_),
        options,
        facts=facts,
        protected=protected,
        segments=(*segments, *named),
        directions={name: entry.direction for name, entry in texts_of_catalog().items()},
    )


def read_protected(
    connection: duckdb.DuckDBPyConnection, table: TrainingTable, known_on: date
) -> tuple[Grouping, ...]:
    """Gender, decade of birth, region and occupation of every row's user.

    Returns:
        None of them where the feed ``users`` was never built into this warehouse.
    """
    ((is_there,),) = connection.execute(
        "select count(*) from information_schema.tables"
        " where table_schema = 'raw' and table_name = 'users'"
    ).fetchall()
    if not is_there:
        return ()
    connection.register("report_rows", _row_keys(table))
    found = connection.sql(
        """
        with newest as (
            select user_key, is_deleted, gender, birth_year, region_code, occupation_code
            from raw.users
            where batch_date <= ?
            qualify row_number() over (partition by user_key order by batch_date desc) = 1
        )

        select
            coalesce(gender, ?) as gender,
            birth_year,
            coalesce(region_code, ?) as region_code,
            coalesce(occupation_code, ?) as occupation_code
        from report_rows
        left join newest
            on
                report_rows.user_key = newest.user_key
                and not coalesce(newest.is_deleted, false)
        order by report_rows.row_number
        """,
        params=[known_on, *[NOT_KNOWN] * 3],
    ).to_arrow_table()
    connection.unregister("report_rows")
    years, no_year = _numbers(found.column("birth_year"))
    groupings = (
        group_texts("gender", _texts(found.column("gender"))),
        group_decades("decade of birth", years, no_year),
        group_texts("region", _texts(found.column("region_code"))),
        group_texts("occupation", _texts(found.column("occupation_code"))),
    )
    # What nobody told is no group.
    return tuple(entry for entry in groupings if set(entry.shown()) != {NOT_KNOWN})


def read_evidence(
    connection: duckdb.DuckDBPyConnection, table: TrainingTable, card: Card
) -> tuple[Grouping, ...]:
    """Strength of evidence and months on book of every row on its observation date."""
    connection.register("report_rows", _row_keys(table))
    found = connection.sql(
        """
        select users.evidence_days, users.months_on_book
        from report_rows
        inner join marts.dim_user_night as users
            on
                report_rows.user_key = users.user_key
                and report_rows.observation_date = users.as_of_date
                and report_rows.observation_date = users.known_on
        order by report_rows.row_number
        """
    ).to_arrow_table()
    connection.unregister("report_rows")
    days, _ = _numbers(found.column("evidence_days"))
    months, no_month = _numbers(found.column("months_on_book"))
    evidence = card.evidence or load_card(CARDS_FOLDER / _MODEL_CARD, read_catalog_seed()).evidence
    strengths = () if evidence is None else (group_strengths(days, months, evidence.levels),)
    return (*strengths, group_bands("months on book", months, no_month, _BOOK_CUTS))


def group_strengths(days: Floats, months: Floats, levels: Sequence[EvidenceLevel]) -> Grouping:
    """The greatest strength whose minimums are both met, as the scorer finds it."""
    reached = np.zeros(days.size, np.int64)
    for level in levels:
        reached += (days >= level.evidence_days) & (months >= level.months_on_book)
    order = (NO_STRENGTH, *STRENGTHS)
    return Grouping("strength of evidence", np.array(order)[reached], order)


def _not_of_the_warehouse(card: Card) -> ConfigurationError:
    return ConfigurationError(
        "validation report not made",
        subject=card.card_id,
        expected="a card of the warehouse, or --data F",
        got="a card of a table and no --data",
        next_step="Name its rows: creditloop card report CARD.json --data F",
    )


def _row_keys(table: TrainingTable) -> pa.Table:
    return pa.table(
        {
            "row_number": pa.array(np.arange(table.rows)),
            "user_key": pa.array([int(key) for key in table.ids or ()], pa.int64()),
            "observation_date": pa.array(table.dates, pa.date32()),
        }
    )


def _numbers(column: pa.ChunkedArray) -> tuple[Floats, Mask]:
    """Values, 0 where missing, and where they are missing."""
    missing: Mask = column.is_null().to_numpy()
    values: Floats = column.cast(pa.float64()).fill_null(0.0).to_numpy()
    return values, missing


def _texts(column: pa.ChunkedArray) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    return np.array(column.to_pylist(), np.str_)
