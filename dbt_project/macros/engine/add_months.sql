{#- The same day some months later, or that month's last day. -#}
{% macro add_months(day, months) -%}
    {{ return(adapter.dispatch('add_months', 'creditloop')(day, months)) }}
{%- endmacro %}

{% macro default__add_months(day, months) -%}
    {{ engine_lacks('add_months') }}
{%- endmacro %}

{% macro duckdb__add_months(day, months) -%}
    cast({{ day }} + to_months({{ months }}) as date)
{%- endmacro %}

{% macro spark__add_months(day, months) -%}
    add_months({{ day }}, {{ months }})
{%- endmacro %}
