{#-
    A hash of key columns as BIGINT, quick and weak on texts: alike ids share values. Versions are
    found by it and then compared by their key. What stands for an id alone is a record_key; of
    such numbers this hash is safe.
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
