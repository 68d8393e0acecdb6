{#-
    The number that stands for the id of a record in joins. A hash that spreads ids however alike
    they are: DuckDB's own, made for its tables, gave thousands of short ids the same value.
-#}
{% macro record_key(text) -%}
    {{ return(adapter.dispatch('record_key', 'creditloop')(text)) }}
{%- endmacro %}

{% macro default__record_key(text) -%}
    {{ engine_lacks('record_key') }}
{%- endmacro %}

{% macro duckdb__record_key(text) -%}
    cast(md5_number({{ text }}) >> 65 as bigint)
{%- endmacro %}

{#- An empty text has a value of its own there. -#}
{% macro spark__record_key(text) -%}
    case when {{ text }} is not null then xxhash64({{ text }}) end
{%- endmacro %}
