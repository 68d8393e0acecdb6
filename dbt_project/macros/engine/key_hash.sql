{#-
    A hash of key columns as BIGINT. Versions are found by it and then compared by their key; a
    surrogate key made of it stands for text in joins.
-#}
{% macro key_hash(columns) -%}
    {{ return(adapter.dispatch('key_hash', 'creditloop')(columns)) }}
{%- endmacro %}

{% macro default__key_hash(columns) -%}
    {{ engine_lacks('key_hash') }}
{%- endmacro %}

{% macro duckdb__key_hash(columns) -%}
    cast(hash({{ columns | join(', ') }}) >> 1 as bigint)
{%- endmacro %}

{#- An empty column leaves the hash as it is: never empty itself, as "not in" needs. -#}
{% macro spark__key_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}
