{#- Completed months from one date to a later one: 31 January to 28 February is none yet. -#}
{% macro whole_months_between(later, earlier) -%}
    cast(
        (extract(year from {{ later }}) - extract(year from {{ earlier }})) * 12
        + extract(month from {{ later }}) - extract(month from {{ earlier }})
        - case
            when extract(day from {{ later }}) < extract(day from {{ earlier }}) then 1 else 0
        end as bigint
    )
{%- endmacro %}
