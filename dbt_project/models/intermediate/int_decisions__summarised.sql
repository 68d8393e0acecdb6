{%- set counts = [
    ('raise', 90), ('cut', 90), ('raise', 365), ('cut', 365), ('freeze', 365), ('decline', 365),
] -%}
with decisions as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        decisions.action,
        {{ days_between('users.as_of_date', 'decisions.decided_date') }} as days_ago
    from {{ ref('stg_limit_decisions') }} as decisions
    inner join {{ ref('int_users__resolved') }} as users
        on
            decisions.user_key = users.user_key
            and decisions.decided_date <= users.as_of_date
            and decisions.decided_date > {{ add_months('users.as_of_date', -24) }}
            and {{ is_known('decisions', 'users') }}
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for action, days in counts -%}
            cast(
                sum(case when action = '{{ action }}' and days_ago < {{ days }} then 1 else 0 end)
                as bigint
            ) as limit_{{ action }}_count_{{ days }}d,
        {% endfor -%}
        min(case when action in ('raise', 'cut') then days_ago end)
            as limit_days_since_last_change
    from decisions
    group by as_of_date, known_on, user_key
)

select * from final
