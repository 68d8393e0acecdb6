{#- The square of a whole number of up to 18 digits, as a whole number of up to 38. -#}
{% macro squared(number) -%}
    {{ return(adapter.dispatch('squared', 'creditloop')(number)) }}
{%- endmacro %}

{% macro default__squared(number) -%}
    {{ engine_lacks('squared') }}
{%- endmacro %}

{% macro duckdb__squared(number) -%}
    (cast({{ number }} as hugeint) * cast({{ number }} as hugeint))
{%- endmacro %}

{#- Spark keeps 38 digits only when both factors have at most 18. -#}
{% macro spark__squared(number) -%}
    cast(
        cast({{ number }} as decimal(18, 0)) * cast({{ number }} as decimal(18, 0))
        as decimal(38, 0)
    )
{%- endmacro %}
