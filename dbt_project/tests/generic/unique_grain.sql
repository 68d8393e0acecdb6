{#- The rows of the nights being built are unique on their grain, and no part of it is empty. -#}
{% test unique_grain(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
{% if 'as_of_date' in columns -%}
where (as_of_date, known_on) in (
    select as_of_date, known_on from {{ source('ops', 'run_dates') }}
)
{%- endif %}
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns -%}
    or max(case when {{ column }} is null then 1 else 0 end) = 1
    {% endfor %}
{% endtest %}
