{#- Generated from scoring/score/sql_dialects.py by `make docs`; do not edit. -#}
{#- A feature as a card reads it: DECIMAL(18,6), empty where that cannot hold it. -#}
{% macro card_number(column) -%}
    {{ return(adapter.dispatch('card_number', 'creditloop')(column)) }}
{%- endmacro %}

{% macro default__card_number(column) -%}
    {{ engine_lacks('card_number') }}
{%- endmacro %}

{% macro duckdb__card_number(column) -%}
    case
        when lower(typeof({{ column }})) in ('tinyint', 'smallint', 'int', 'integer', 'bigint', 'hugeint', 'utinyint', 'usmallint', 'uinteger', 'ubigint', 'uhugeint', '"null"', 'void')
            or lower(typeof({{ column }})) like 'decimal(%' and right(lower(typeof({{ column }})), 3) in (',0)', ',1)', ',2)', ',3)', ',4)', ',5)', ',6)')
            then try_cast({{ column }} as decimal(18, 6))
        else error('feature column refused for {{ column }}: expected an integer or a decimal with up to 6 decimals. Cast the column where the relation is made.')
    end
{%- endmacro %}

{% macro spark__card_number(column) -%}
    case
        when lower(typeof({{ column }})) in ('tinyint', 'smallint', 'int', 'integer', 'bigint', 'hugeint', 'utinyint', 'usmallint', 'uinteger', 'ubigint', 'uhugeint', '"null"', 'void')
            or lower(typeof({{ column }})) like 'decimal(%' and right(lower(typeof({{ column }})), 3) in (',0)', ',1)', ',2)', ',3)', ',4)', ',5)', ',6)')
            then try_cast({{ column }} as decimal(18, 6))
        else raise_error('feature column refused for {{ column }}: expected an integer or a decimal with up to 6 decimals. Cast the column where the relation is made.')
    end
{%- endmacro %}
