{#-
    exact_division for sums of amounts times days, which are wider than an amount: both arguments
    are integers or DECIMAL(38,2) below 10^28, the quotient fits DECIMAL(18, decimals).
-#}
{% macro exact_division_of_sums(numerator, denominator, decimals) -%}
    {{ return(adapter.dispatch('exact_division_of_sums', 'creditloop')(
        numerator, denominator, decimals
    )) }}
{%- endmacro %}

{% macro default__exact_division_of_sums(numerator, denominator, decimals) -%}
    {{ engine_lacks('exact_division_of_sums') }}
{%- endmacro %}

{% macro duckdb__exact_division_of_sums(numerator, denominator, decimals) -%}
    {%- set top = "cast(cast(" ~ numerator ~ " as decimal(38, 2)) * 100 as hugeint)" -%}
    {%- set bottom = "cast(cast(" ~ denominator ~ " as decimal(38, 2)) * 100 as hugeint)" -%}
    {%- set unit = '%.*f' % (decimals, 10 ** -decimals) -%}
    cast(
        cast(
            (2 * {{ top }} * {{ 10 ** decimals }} + {{ bottom }}) // (2 * {{ bottom }})
            as decimal(18, 0)
        ) * cast({{ unit }} as decimal({{ decimals + 1 }}, {{ decimals }}))
        as decimal(18, {{ decimals }})
    )
{%- endmacro %}

{#- Of its 38 digits 37 are used at most: 2 * 10^28 * 100 * 10^6. -#}
{% macro spark__exact_division_of_sums(numerator, denominator, decimals) -%}
    {%- set top = "cast(cast(" ~ numerator ~ " as decimal(38, 2)) * 100 as decimal(38, 0))" -%}
    {%- set bottom = "cast(cast(" ~ denominator ~ " as decimal(38, 2)) * 100 as decimal(38, 0))" -%}
    {%- set unit = '%.*f' % (decimals, 10 ** -decimals) -%}
    cast(
        cast(
            (2 * {{ top }} * {{ 10 ** decimals }} + {{ bottom }}) div (2 * {{ bottom }})
            as decimal(18, 0)
        ) * cast({{ unit }} as decimal({{ decimals + 1 }}, {{ decimals }}))
        as decimal(18, {{ decimals }})
    )
{%- endmacro %}
