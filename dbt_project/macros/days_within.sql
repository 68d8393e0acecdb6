{#- Days of [valid_from, valid_to) that are not before first_date, as BIGINT; 0 for none. -#}
{% macro days_within(valid_from, valid_to, first_date) -%}
    greatest(
            {{ days_between(valid_to, 'greatest(' ~ valid_from ~ ', ' ~ first_date ~ ')') }}, 0
        )
{%- endmacro %}
