{#-
    A share of whole numbers of up to 30 digits as DECIMAL(18,6), rounded half up. The numerator is
    not negative and at most the denominator, which is positive.
-#}
{% macro whole_ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch('whole_ratio', 'creditloop')(numerator, denominator)) }}
{%- endmacro %}

{% macro default__whole_ratio(numerator, denominator) -%}
    {{ engine_lacks('whole_ratio') }}
{%- endmacro %}

{% macro duckdb__whole_ratio(numerator, denominator) -%}
    cast(
        cast(
            (2000000 * cast({{ numerator }} as hugeint) + cast({{ denominator }} as hugeint))
            // (2 * cast({{ denominator }} as hugeint)) as bigint
        ) * cast(0.000001 as decimal(7, 6)) as decimal(18, 6)
    )
{%- endmacro %}

{% macro spark__whole_ratio(numerator, denominator) -%}
    {%- set top = "cast(" ~ numerator ~ " as decimal(38, 0))" -%}
    {%- set bottom = "cast(" ~ denominator ~ " as decimal(38, 0))" -%}
    cast(
        ((2000000 * {{ top }} + {{ bottom }}) div (2 * {{ bottom }}))
        * cast(0.000001 as decimal(7, 6)) as decimal(18, 6)
    )
{%- endmacro %}
