{#- The last value of a window's frame that is not empty; the window names a unique order. -#}
{% macro last_known(expression) -%}
    {{ return(adapter.dispatch('last_known', 'creditloop')(expression)) }}
{%- endmacro %}

{% macro default__last_known(expression) -%}
    {{ engine_lacks('last_known') }}
{%- endmacro %}

{% macro duckdb__last_known(expression) -%}
    last_value({{ expression }} ignore nulls)
{%- endmacro %}

{% macro spark__last_known(expression) -%}
    last_value({{ expression }}) ignore nulls
{%- endmacro %}
