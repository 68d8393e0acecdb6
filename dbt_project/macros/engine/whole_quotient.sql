{#- Integer division. -#}
{% macro whole_quotient(number, divisor) -%}
    {{ return(adapter.dispatch('whole_quotient', 'creditloop')(number, divisor)) }}
{%- endmacro %}

{% macro default__whole_quotient(number, divisor) -%}
    {{ engine_lacks('whole_quotient') }}
{%- endmacro %}

{% macro duckdb__whole_quotient(number, divisor) -%}
    ({{ number }} // {{ divisor }})
{%- endmacro %}

{% macro spark__whole_quotient(number, divisor) -%}
    ({{ number }} div {{ divisor }})
{%- endmacro %}
