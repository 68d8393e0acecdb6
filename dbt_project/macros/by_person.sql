{#-
    Sums by user as sums by person: those of users who are one person are put together. They are
    few, so that everybody else's rows pass as they are, and no purchase is looked up one by one.

    sums: name of a CTE with as_of_date, user_key, the key columns and the aggregates.
    keys: further columns of its grain. aggregates: column -> sum, min, max or bit_or.
-#}
{% macro by_person(sums, keys, aggregates) -%}
    select
        {{ sums }}.as_of_date,
        {{ sums }}.user_key,
        {% for column in keys + aggregates.keys() | list -%}
            {{ sums }}.{{ column }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ sums }}
    left join {{ ref('int_users__shared') }} as shared
        on
            {{ same_user_night(sums, 'shared') }}
    where shared.user_key is null
    union all
    select
        {{ sums }}.as_of_date,
        shared.surviving_key as user_key,
        {% for key in keys -%}
            {{ sums }}.{{ key }},
        {% endfor -%}
        {% for column, aggregate in aggregates.items() -%}
            {% if aggregate == 'sum' -%}
                cast(sum({{ sums }}.{{ column }}) as bigint) as {{ column }}
            {%- else -%}
                {{ aggregate }}({{ sums }}.{{ column }}) as {{ column }}
            {%- endif %}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ sums }}
    inner join {{ ref('int_users__shared') }} as shared
        on
            {{ same_user_night(sums, 'shared') }}
    group by
        {{ sums }}.as_of_date, shared.surviving_key
        {%- for key in keys %}, {{ sums }}.{{ key }}{% endfor %}
{%- endmacro %}
