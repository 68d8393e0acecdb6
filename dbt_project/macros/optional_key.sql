{#- The hash of one column, empty where the column is. -#}
{% macro optional_key(column) -%}
    case when {{ column }} is not null then {{ key_hash([column]) }} end
{%- endmacro %}
