{#- An amount times days, exactly: DuckDB would keep the product within 18 digits. -#}
{% macro amount_days(amount, days) -%}
    cast({{ amount }} as decimal(28, 2)) * cast({{ days }} as decimal(9, 0))
{%- endmacro %}
