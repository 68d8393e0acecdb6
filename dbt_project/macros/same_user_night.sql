{#- Equality of the user and the night, the key of every
    feature table: among the nights being built, as_of_date is one. -#}
{% macro same_user_night(left_name, right_name) -%}
    {{ left_name }}.as_of_date = {{ right_name }}.as_of_date
            and {{ left_name }}.user_key = {{ right_name }}.user_key
{%- endmacro %}
