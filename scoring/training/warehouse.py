"""Training on the warehouse: features as known then, labels as known now."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date

import duckdb
from pydantic import JsonValue

from scoring.cards.card import Card
from scoring.cards.loader import CARDS_FOLDER, CATALOG_SEED, load_card, read_catalog_seed
from scoring.score.table_files import plain_table
from scoring.settings import Settings
from scoring.training.assembly import CardHeader
from scoring.training.evidence import EvidenceRules, catalogued_windows
from scoring.training.labels import LabelRules, Labels, read_labels
from scoring.training.parameters import TrainingParameters
from scoring.training.refusals import table_refused
from scoring.training.result import TrainingResult
from scoring.training.table import TrainingTable, make_training_table
from scoring.training.texts import texts_of_catalog
from scoring.training.trainer import train_card
from scoring.warehouse.sql import quote_identifier
from scoring.warehouse.store import open_warehouse

MAXIMUM_ROWS = 400_000
WAREHOUSE_BASE_ODDS = 15
_MODEL_CARD = "expert_v1.json"
_SAMPLE_STEPS = 1_000_000


def train_on_warehouse(
    settings: Settings,
    *,
    card_id: str,
    rules: LabelRules,
    observation_dates: Sequence[date] = (),
    parameters: TrainingParameters | None = None,
    maximum_rows: int = MAXIMUM_ROWS,
) -> TrainingResult:
    """Train a card for the feature marts.

    Its range, dimensions, scorability rules and levels of evidence are those of the expert card,
    and so is the scale unless the parameters say otherwise. Above ``maximum_rows`` labelled rows,
    users are sampled by a seeded hash; the card's ``training`` says how many.

    Args:
        settings: The deployment.
        card_id: ``name_vN``.
        rules: What good and bad mean.
        observation_dates: By default all matured month ends at hand.
        parameters: Everything else.
        maximum_rows: Rows that are taken at most, roughly.

    Raises:
        ConfigurationError: An observation date cannot be labelled.
        PermanentError: The marts are not built, or their data cannot carry a card.
    """
    parameters = parameters or TrainingParameters()
    if parameters.base_odds is None:
        parameters = parameters.model_copy(update={"base_odds": WAREHOUSE_BASE_ODDS})
    model = load_card(CARDS_FOLDER / _MODEL_CARD, read_catalog_seed())
    rules = rules.model_copy(update={"minimum_evidence_days": least_evidence(model)})
    with open_warehouse(settings) as connection:
        labels = read_labels(connection, rules, observation_dates)
        table = read_training_table(connection, labels, parameters.seed, maximum_rows)
        basis = known_basis(connection)
    header = CardHeader(
        card_id=card_id,
        title="Card trained on the warehouse",
        purpose=f"Orders users by the chance of {rules.outcome}.",
        outcome=rules.outcome,
        data_source="warehouse",
        dimensions={
            entry.dimension: (entry.title_zh, entry.title_en) for entry in model.dimensions
        },
        scorability=_scorability_of(model),
        evidence=_evidence_of(model),
        facts=label_facts(labels, rules, basis),
    )
    return train_card(table, header, texts_of_catalog(), parameters)


def read_training_table(
    connection: duckdb.DuckDBPyConnection, labels: Labels, seed: int, maximum_rows: int
) -> TrainingTable:
    """The catalogued features of labelled users, each observation date as known then.

    Raises:
        DataRefusedError: There is no labelled row, or all are of one class.
    """
    if labels.table.num_rows == 0:
        raise table_refused(
            "warehouse",
            expected="users whose outcome is known",
            got=", ".join(f"{count:,} {label}" for label, count in labels.counts.items()) or "none",
            next_step="Observe other dates.",
        )
    marts = _features_by_mart()
    columns = [
        f"{quote_identifier(mart)}.{quote_identifier(name)}"
        for mart, names in marts.items()
        for name in names
    ]
    joins = "\n".join(
        f"inner join marts.{quote_identifier(mart)} on {quote_identifier(mart)}.user_key ="
        f" labels.user_key and {quote_identifier(mart)}.as_of_date = labels.observation_date and"
        f" {quote_identifier(mart)}.known_on = labels.observation_date"
        for mart in marts
    )
    connection.register("labels", labels.table)
    share = min(_SAMPLE_STEPS, _SAMPLE_STEPS * maximum_rows // labels.table.num_rows)
    found = connection.sql(
        f"""
        select labels.user_key, labels.observation_date, labels.is_bad, {", ".join(columns)}
        from labels
        {joins}
        where md5_number_lower(? || '#' || labels.user_key) % {_SAMPLE_STEPS} < ?
        order by labels.observation_date, labels.user_key
        """,
        params=[str(seed), share],
    ).to_arrow_table()
    connection.unregister("labels")
    return make_training_table(
        plain_table(found),
        name="warehouse",
        target="is_bad",
        id_column="user_key",
        date_column="observation_date",
    )


def _features_by_mart() -> dict[str, list[str]]:
    marts: dict[str, list[str]] = {}
    with CATALOG_SEED.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            marts.setdefault(row["mart"], []).append(row["feature_name"])
    return marts


def least_evidence(card: Card) -> int:
    """Days of evidence below which the card's scorability rules score nobody."""
    return max(
        (int(rule.minimum) for rule in card.scorability if rule.feature_name == "evidence_days"),
        default=0,
    )


def _scorability_of(card: Card) -> tuple[dict[str, object], ...]:
    return tuple(rule.model_dump(mode="json") for rule in card.scorability)


def known_basis(connection: duckdb.DuckDBPyConnection) -> str:
    """Whether rows have the known dates they were landed with, in words."""
    ((assumed,),) = connection.execute(
        "select count(*) from ops.batches where state = 'loaded' and known_basis = 'assumed'"
    ).fetchall()
    return (
        f"{assumed:,} batches of a history load: their known dates are assumed"
        if assumed
        else ("landed day by day")
    )


def _evidence_of(card: Card) -> EvidenceRules | None:
    """The card's own levels, and the windows of the catalogue."""
    if card.evidence is None:
        return None
    return EvidenceRules(card.evidence.levels, catalogued_windows())


def label_facts(labels: Labels, rules: LabelRules, basis: str) -> dict[str, JsonValue]:
    """What a card and its report say of the labels."""
    counts: dict[str, JsonValue] = dict(labels.counts)
    return {
        "observation_dates": [str(day) for day in labels.observation_dates],
        "unmatured_dates": [str(day) for day in labels.unmatured_dates],
        "labels_as_of": str(labels.ledger.as_of_date),
        "labels_known_on": str(labels.ledger.known_on),
        "label_rules": rules.model_dump(mode="json"),
        "label_counts": counts,
        "known_basis": basis,
    }
