"""A card as dbt macros: generated text, so that the card's JSON stays the one source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scoring.cards.card import Card
from scoring.cards.loader import load_card, read_catalog_seed, shipped_card_files
from scoring.marts.documents import read_catalog
from scoring.score.marts import USER_COLUMNS, USERS_TABLE
from scoring.score.sql_card import card_query
from scoring.score.sql_dialects import number_sql
from scoring.settings import PROJECT_ROOT

_MACROS = PROJECT_ROOT / "dbt_project" / "macros"
NUMBER_MACRO = _MACROS / "engine" / "card_number.sql"
_NIGHT = ("user_key", "as_of_date", "known_on")

_NUMBER_TEMPLATE = """\
{{#- Generated from scoring/score/sql_dialects.py by `make docs`; do not edit. -#}}
{{#- A feature as a card reads it: DECIMAL(18,6), empty where that cannot hold it. -#}}
{{% macro card_number(column) -%}}
    {{{{ return(adapter.dispatch('card_number', 'creditloop')(column)) }}}}
{{%- endmacro %}}

{{% macro default__card_number(column) -%}}
    {{{{ engine_lacks('card_number') }}}}
{{%- endmacro %}}

{{% macro duckdb__card_number(column) -%}}
{duckdb}
{{%- endmacro %}}

{{% macro spark__card_number(column) -%}}
{spark}
{{%- endmacro %}}
"""
_CARD_TEMPLATE = """\
{{#- Generated from scoring/cards/{card_id}.json by `make docs`; do not edit. Card {hash}. -#}}
{{% macro {card_id}_points(relation, keys) -%}}
{query}
{{%- endmacro %}}

{{% macro {card_id}_features() -%}}
{features}
{{%- endmacro %}}
"""


def card_macros() -> Mapping[Path, Card]:
    """Path of the macro file of every shipped card -> the card."""
    catalog = read_catalog_seed()
    cards = [load_card(path, catalog) for path in shipped_card_files()]
    return {_MACROS / "cards" / f"{card.card_id}.sql": card for card in cards}


def render_card_macros(card: Card) -> str:
    """The two macros of a card: its query, and the features of every user and night for it.

    Args:
        card: A checked card of catalogued features.

    Raises:
        ConfigurationError: A name or text of the card cannot be written in a macro.
    """
    query = card_query(card, "dbt", "{{ relation }}", ("{{ keys | join(', ') }}",))
    return _CARD_TEMPLATE.format(
        card_id=card.card_id, hash=card.hash, query=query, features=_features_query(card)
    )


def render_number_macro() -> str:
    """The engine macro that reads a feature as a number; the marts hold no floating columns."""
    refuse = (
        "('feature column refused for {{ column }}: expected an integer or a decimal with up to 6"
        " decimals. Cast the column where the relation is made.')"
    )
    texts = {
        engine: _indent(number_sql("{{ column }}", refuse=f"{function}{refuse}", nearest=None))
        for engine, function in {"duckdb": "error", "spark": "raise_error"}.items()
    }
    return _NUMBER_TEMPLATE.format(**texts)


def _features_query(card: Card) -> str:
    marts = {row["feature_name"]: row["mart"] for row in read_catalog()}
    names = [rule.feature_name for rule in card.scorability]
    names += [feature.feature_name for feature in card.features]
    needed = [name for name in dict.fromkeys(names) if name not in USER_COLUMNS]
    columns = [f"users.{name}" for name in (*_NIGHT, *USER_COLUMNS[1:])]
    columns += [f"{marts[name]}.{name}" for name in needed]
    joins = [
        f"inner join {{{{ ref('{mart}') }}}} as {mart}\n    on "
        + "\n        and ".join(f"users.{key} = {mart}.{key}" for key in _NIGHT)
        for mart in sorted({marts[name] for name in needed})
    ]
    selected = ",\n    ".join(columns)
    return "\n".join(
        [f"select\n    {selected}", f"from {{{{ ref('{USERS_TABLE}') }}}} as users", *joins]
    )


def _indent(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
