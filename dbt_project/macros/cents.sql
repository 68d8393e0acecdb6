{#- An amount of money in whole cents. -#}
{% macro cents(amount) -%}
    cast({{ amount }} * 100 as bigint)
{%- endmacro %}
