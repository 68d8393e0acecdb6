{%- set windows = [30, 90, 365] -%}
-- An instalment plan of a bill is no application.
with applications as (
    select
        as_of_date,
        known_on,
        user_key,
        applied_date,
        coalesce(decision, '') = 'rejected' as is_rejected,
        {{ days_between('as_of_date', 'applied_date') }} as days_ago
    from {{ ref('int_loans__known') }}
    where plan_statement_key is null and applied_date is not null
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for days in windows -%}
            sum(case when days_ago < {{ days }} then 1 else 0 end)
                as application_count_{{ days }}d,
        {% endfor -%}
        sum(case when is_rejected and days_ago < 365 then 1 else 0 end)
            as rejected_application_count_365d,
        max(applied_date) as last_applied_date
    from applications
    group by as_of_date, known_on, user_key
)

select * from final
