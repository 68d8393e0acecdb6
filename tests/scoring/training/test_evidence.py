from __future__ import annotations

from scoring.cards.loader import CARDS_FOLDER, load_card, read_catalog_seed
from scoring.training.evidence import catalogued_windows


def test_windows_of_the_catalogue_are_those_of_the_expert_card() -> None:
    card = load_card(CARDS_FOLDER / "expert_v1.json", read_catalog_seed())
    assert card.evidence is not None
    windows = catalogued_windows()
    own = {feature.feature_name for feature in card.features}
    assert {name: windows[name] for name in own & set(windows)} == dict(card.evidence.window_months)
