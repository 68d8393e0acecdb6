"""A card trained on a simulated world, beside the true probability that the world knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import duckdb
import numpy as np
import pyarrow.compute as pc
import pytest

from scoring.cards.comparison import measure_separation
from scoring.landing.ingest import load_range
from scoring.marts.build import build_nights
from scoring.nights import make_night
from scoring.settings import Settings, load_settings
from scoring.simulator.parameters import Parameters
from scoring.simulator.simulate import simulate
from scoring.training.labels import LabelRules, Labels, read_labels
from scoring.training.parameters import TrainingParameters
from scoring.training.warehouse import read_training_table, train_on_warehouse
from scoring.warehouse.store import open_warehouse
from tests.conftest import TEST_KEY

START, OBSERVED, LAST = date(2023, 1, 1), date(2023, 6, 30), date(2024, 6, 30)
USERS, SEED, EVERYBODY = 1000, 3, 10**6
SMALL = TrainingParameters(minimum_bads=30, held_out_share=0.5)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A year and a half of users who lose the means to pay far more often than the default ones."""
    home = tmp_path_factory.mktemp("simulated")
    settings = load_settings(_env_file=None, home=home, identity_key=TEST_KEY)
    parameters = Parameters()
    often = replace(parameters, arrears=replace(parameters.arrears, distress_chance=0.0003))
    days = (LAST - START).days + 1
    simulate(users=USERS, start=START, days=days, seed=SEED, out=settings.landing, parameters=often)
    load_range(settings, START, LAST)
    build_nights(settings, [make_night(OBSERVED), make_night(LAST)])
    return settings


def true_probability(settings: Settings, labels: Labels) -> np.ndarray:
    """``pd_12m`` of the observed evening, in the order of the labels."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.vault_file}' as vault (read_only)")
        connection.register("labels", labels.table)
        found = connection.execute(
            """
            select truth.pd_12m
            from labels
            inner join vault.identities using (user_key)
            inner join read_parquet(?) as truth
                on
                    identities.user_id = truth.user_id
                    and labels.observation_date = truth.as_of_date
            order by labels.observation_date, labels.user_key
            """,
            [str(settings.home / "landing.truth" / "months" / "*.parquet")],
        ).fetchall()
    assert len(found) == labels.table.num_rows
    return np.array([value for (value,) in found])


@pytest.mark.slow
def test_trained_card_separates_but_not_better_than_the_truth(world: Settings) -> None:
    """Held out: far above chance, and above the ceiling by no more than chance gives."""
    rules = LabelRules()
    result = train_on_warehouse(
        world, card_id="simulated_v1", rules=rules, observation_dates=[OBSERVED], parameters=SMALL
    )
    with open_warehouse(world) as connection:
        labels = read_labels(
            connection,
            rules.model_copy(update={"minimum_evidence_days": 3}),
            [OBSERVED],
        )
        table = read_training_table(connection, labels, SMALL.seed, EVERYBODY)
    assert table.content_hash() == result.data["content_hash"]
    (part,) = (part for part in result.parts if part.part == "held_out")
    is_bad = part.target == 1
    ceiling = measure_separation(-true_probability(world, labels)[part.rows], is_bad)
    card = measure_separation(part.score, is_bad)
    noise = np.sqrt((is_bad.size + 1) / (12 * card.bad_count * card.good_count))
    assert card.auc > 0.5 + 3 * noise
    assert card.auc < ceiling.auc + 2 * noise


@pytest.mark.slow
def test_labels_are_the_event_of_the_true_probability(world: Settings) -> None:
    """As many turn bad as the truth expects, indeterminate ones counted as not bad."""
    rules = LabelRules(indeterminate_days=90, minimum_evidence_days=3)
    with open_warehouse(world) as connection:
        labels = read_labels(connection, rules, [OBSERVED])
    chance = true_probability(world, labels)
    bads = pc.sum(labels.table.column("is_bad")).as_py()
    spread = np.sqrt((chance * (1 - chance)).sum())
    assert abs(bads - chance.sum()) < 3 * spread + 0.1 * chance.sum()
