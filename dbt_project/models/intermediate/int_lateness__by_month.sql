{#-
    Days past due on the night and on the same day of each month before, side by side: one pass
    over the few late obligations, and no row per user and month.
-#}
{%- set months = range(24) -%}
{%- set year = range(12) -%}
with monthly as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for month in months -%}
            {% set day = add_months('as_of_date', -month) -%}
            max(case
                when late_from_date <= {{ day }} and (met_date is null or met_date > {{ day }})
                    then {{ days_between(day, 'due_date') }}
                else 0
            end) as dpd_{{ month }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from {{ ref('int_obligations') }}
    where is_late and late_to_date > {{ add_months('as_of_date', -23) }}
    group by as_of_date, known_on, user_key
),

-- none, 1-29, 30-59, 60-89, 90 and more days past due
bucketed as (
    select
        *,
        {% for month in range(13) -%}
            case
                when dpd_{{ month }} >= 90 then 4
                when dpd_{{ month }} >= 60 then 3
                when dpd_{{ month }} >= 30 then 2
                when dpd_{{ month }} >= 1 then 1
                else 0
            end as bucket_{{ month }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from monthly
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for month in year -%}
            case when dpd_{{ month }} > 0 then 1 else 0 end
            {%- if not loop.last %} +{% endif %}
        {% endfor %} as past_due_months_12m,
        {% for month in months -%}
            case when dpd_{{ month }} >= 30 then 1 else 0 end
            {%- if not loop.last %} +{% endif %}
        {% endfor %} as past_due_30_months_24m,
        {% for name, sign in {'forward': '>', 'back': '<'}.items() -%}
            {% for month in year -%}
                case when bucket_{{ month }} {{ sign }} bucket_{{ month + 1 }} then 1 else 0 end
                {%- if not loop.last %} +{% endif %}
            {% endfor %} as roll_{{ name }}_count_12m
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from bucketed
)

select * from final
