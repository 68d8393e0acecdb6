{#- Whole days from one date to a later one, as BIGINT. -#}
{% macro days_between(later, earlier) -%}
    {{ return(adapter.dispatch('days_between', 'creditloop')(later, earlier)) }}
{%- endmacro %}

{% macro default__days_between(later, earlier) -%}
    {{ engine_lacks('days_between') }}
{%- endmacro %}

{% macro duckdb__days_between(later, earlier) -%}
    cast({{ later }} - {{ earlier }} as bigint)
{%- endmacro %}

{% macro spark__days_between(later, earlier) -%}
    cast(datediff({{ later }}, {{ earlier }}) as bigint)
{%- endmacro %}
