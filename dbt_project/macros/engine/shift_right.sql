{#- The bits of a BIGINT moved down by some places. -#}
{% macro shift_right(bits, places) -%}
    {{ return(adapter.dispatch('shift_right', 'creditloop')(bits, places)) }}
{%- endmacro %}

{% macro default__shift_right(bits, places) -%}
    {{ engine_lacks('shift_right') }}
{%- endmacro %}

{% macro duckdb__shift_right(bits, places) -%}
    ({{ bits }} >> {{ places }})
{%- endmacro %}

{% macro spark__shift_right(bits, places) -%}
    shiftright({{ bits }}, {{ places }})
{%- endmacro %}
