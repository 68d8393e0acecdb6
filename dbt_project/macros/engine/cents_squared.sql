{#- The square of an amount of money in cents, as a whole number of up to 38 digits. -#}
{% macro cents_squared(amount) -%}
    {{ return(adapter.dispatch('cents_squared', 'creditloop')(amount)) }}
{%- endmacro %}

{% macro default__cents_squared(amount) -%}
    {{ engine_lacks('cents_squared') }}
{%- endmacro %}

{% macro duckdb__cents_squared(amount) -%}
    (cast({{ amount }} * 100 as hugeint) * cast({{ amount }} * 100 as hugeint))
{%- endmacro %}

{#- Spark keeps 38 digits only when both factors have at most 18. -#}
{% macro spark__cents_squared(amount) -%}
    cast(
        cast({{ amount }} * 100 as decimal(18, 0)) * cast({{ amount }} * 100 as decimal(18, 0))
        as decimal(38, 0)
    )
{%- endmacro %}
