{#-
    A relation, in brackets, with the score of a shipped card and what every feature earned: the
    columns of `creditloop card sql`. Equal to the nightly scorer on every row.

        select * from {{ card_points('expert_v1') }} as scored where as_of_date = date '2025-06-30'

    card_id: a card of scoring/cards/. relation: what has the keys, has_scoring_consent and the
    card's features; by default every user and night of the marts. keys: columns handed through.
-#}
{% macro card_points(card_id, relation=none, keys=['user_key', 'as_of_date', 'known_on']) -%}
    {%- set points = context.get(card_id ~ '_points') -%}
    {%- if points is none -%}
        {{ exceptions.raise_compiler_error(
            "card_points: expected a card of scoring/cards/, got '" ~ card_id
            ~ "'. Add the card there and run `make docs`."
        ) }}
    {%- endif -%}
    {%- if relation is none -%}
        {%- set relation = '(\n' ~ context[card_id ~ '_features']() ~ '\n) as features' -%}
    {%- endif -%}
(
{{ points(relation, keys) }}
)
{%- endmacro %}
