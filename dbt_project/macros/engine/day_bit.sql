{#- A BIGINT with one bit set; position 0 to 62. -#}
{% macro day_bit(position) -%}
    {{ return(adapter.dispatch('day_bit', 'creditloop')(position)) }}
{%- endmacro %}

{% macro default__day_bit(position) -%}
    {{ engine_lacks('day_bit') }}
{%- endmacro %}

{% macro duckdb__day_bit(position) -%}
    (cast(1 as bigint) << cast({{ position }} as integer))
{%- endmacro %}

{% macro spark__day_bit(position) -%}
    shiftleft(cast(1 as bigint), cast({{ position }} as integer))
{%- endmacro %}
