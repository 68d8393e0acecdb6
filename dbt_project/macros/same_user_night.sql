{#- Equality of the user and the night, the key of every feature table. -#}
{% macro same_user_night(left_name, right_name) -%}
    {{ left_name }}.as_of_date = {{ right_name }}.as_of_date
            and {{ left_name }}.known_on = {{ right_name }}.known_on
            and {{ left_name }}.user_key = {{ right_name }}.user_key
{%- endmacro %}
