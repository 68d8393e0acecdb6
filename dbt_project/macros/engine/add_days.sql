{#- The date some days later; a negative number of days goes back. -#}
{% macro add_days(day, days) -%}
    {{ return(adapter.dispatch('add_days', 'creditloop')(day, days)) }}
{%- endmacro %}

{% macro default__add_days(day, days) -%}
    {{ engine_lacks('add_days') }}
{%- endmacro %}

{% macro duckdb__add_days(day, days) -%}
    ({{ day }} + cast({{ days }} as integer))
{%- endmacro %}

{% macro spark__add_days(day, days) -%}
    date_add({{ day }}, cast({{ days }} as integer))
{%- endmacro %}
