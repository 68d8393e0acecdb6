{#-
    numerator / denominator as DECIMAL(18, decimals), rounded half up. Both are integers or
    DECIMAL(18,2), the numerator is not negative, the denominator positive. Integers all the way:
    DuckDB's own division of decimals is a DOUBLE.
-#}
{% macro exact_division(numerator, denominator, decimals) -%}
    {{ return(adapter.dispatch('exact_division', 'creditloop')(numerator, denominator, decimals)) }}
{%- endmacro %}

{% macro default__exact_division(numerator, denominator, decimals) -%}
    {{ engine_lacks('exact_division') }}
{%- endmacro %}

{#- Below ten thousand million BIGINT is wide enough, and ten times as fast as HUGEINT. -#}
{% macro duckdb__exact_division(numerator, denominator, decimals) -%}
    {%- set unit = '%.*f' % (decimals, 10 ** -decimals) -%}
    {%- set parts = namespace(quotients=[]) -%}
    {%- for type in ['bigint', 'hugeint'] -%}
        {%- set top = "cast(cast(" ~ numerator ~ " as decimal(18, 2)) * 100 as " ~ type ~ ")" -%}
        {%- set bottom = "cast(cast(" ~ denominator ~ " as decimal(18, 2)) * 100 as " ~ type ~ ")" -%}
        {%- set quotient = "cast((2 * " ~ top ~ " * " ~ 10 ** decimals ~ " + " ~ bottom
            ~ ") // (2 * " ~ bottom ~ ") as decimal(18, 0))" -%}
        {%- set parts.quotients = parts.quotients + [quotient] -%}
    {%- endfor -%}
    cast(
        case
            when {{ numerator }} < 10000000000 and {{ denominator }} < 10000000000
                then {{ parts.quotients[0] }}
            else {{ parts.quotients[1] }}
        end * cast({{ unit }} as decimal({{ decimals + 1 }}, {{ decimals }}))
        as decimal(18, {{ decimals }})
    )
{%- endmacro %}

{#- div of two DECIMALs is a whole BIGINT; the widest product here has 31 digits of 38. -#}
{% macro spark__exact_division(numerator, denominator, decimals) -%}
    {%- set top = "cast(cast(" ~ numerator ~ " as decimal(18, 2)) * 100 as decimal(20, 0))" -%}
    {%- set bottom = "cast(cast(" ~ denominator ~ " as decimal(18, 2)) * 100 as decimal(20, 0))" -%}
    {%- set unit = '%.*f' % (decimals, 10 ** -decimals) -%}
    cast(
        cast(
            (2 * {{ top }} * {{ 10 ** decimals }} + {{ bottom }}) div (2 * {{ bottom }})
            as decimal(18, 0)
        ) * cast({{ unit }} as decimal({{ decimals + 1 }}, {{ decimals }}))
        as decimal(18, {{ decimals }})
    )
{%- endmacro %}
