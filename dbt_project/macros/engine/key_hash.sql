{#- A 64-bit hash of key columns; only ever used to find keys that may repeat. -#}
{% macro key_hash(columns) -%}
    {{ return(adapter.dispatch('key_hash', 'creditloop')(columns)) }}
{%- endmacro %}

{% macro default__key_hash(columns) -%}
    {{ engine_lacks('key_hash') }}
{%- endmacro %}

{% macro duckdb__key_hash(columns) -%}
    hash({{ columns | join(', ') }})
{%- endmacro %}

{#- An empty column leaves the hash as it is: never empty itself, as "not in" needs. -#}
{% macro spark__key_hash(columns) -%}
    xxhash64({{ columns | join(', ') }})
{%- endmacro %}
