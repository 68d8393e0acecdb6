{%- set horizons = {'90d': add_days('as_of_date', -90), '365d': add_days('as_of_date', -365),
    '24m': add_months('as_of_date', -24)} -%}
with late as (
    select
        *,
        {% for name, before in horizons.items() -%}
            late_from_date > {{ before }} as became_late_{{ name }},
            late_to_date > {{ before }} as was_late_{{ name }},
        {% endfor -%}
        {{ add_days('due_date', 30) }} > {{ horizons['24m'] }} as reached_30_in_24m,
        {{ add_days('due_date', 90) }} > {{ horizons['24m'] }} as reached_90_in_24m
    from {{ ref('int_obligations') }}
    where is_late
),

debts as (
    select
        as_of_date,
        known_on,
        user_key,
        debt_kind,
        debt_key,
        -- Each bill of a line contains the rest of the one before: the largest, not the sum.
        case
            when debt_kind = 'line' then max(past_due_amount)
            else sum(past_due_amount)
        end as past_due_amount
    from late
    group by as_of_date, known_on, user_key, debt_kind, debt_key
),

line_debts as (
    select as_of_date, known_on, debt_key, sum(outstanding_amount) as outstanding_amount
    from {{ ref('int_obligations') }}
    where debt_kind = 'line'
    group by as_of_date, known_on, debt_key
),

overdue as (
    select
        debts.as_of_date,
        debts.known_on,
        debts.user_key,
        sum(case
            when debts.debt_kind = 'line'
                then least(debts.past_due_amount, line_debts.outstanding_amount)
            else debts.past_due_amount
        end) as overdue_amount
    from debts
    left join line_debts
        on
            debts.as_of_date = line_debts.as_of_date
            and debts.known_on = line_debts.known_on
            and debts.debt_key = line_debts.debt_key
            and debts.debt_kind = 'line'
    group by debts.as_of_date, debts.known_on, debts.user_key
),

spells as (
    select
        as_of_date,
        known_on,
        user_key,
        max(case when is_past_due then late_days else 0 end) as current_dpd_days,
        {% for name in horizons -%}
            max(case when was_late_{{ name }} then late_days else 0 end)
                as worst_dpd_days_{{ name }},
        {% endfor -%}
        sum(case when became_late_90d then 1 else 0 end) as late_payment_count_90d,
        sum(case when became_late_365d then 1 else 0 end) as late_payment_count_365d,
        sum(case when late_days >= 30 and reached_30_in_24m then 1 else 0 end)
            as late_30_count_24m,
        sum(case when late_days >= 90 and reached_90_in_24m then 1 else 0 end)
            as late_90_count_24m,
        max(late_to_date) as last_late_date
    from late
    group by as_of_date, known_on, user_key
),

final as (
    select
        spells.*,
        overdue.overdue_amount
    from spells
    inner join overdue
        on
            {{ same_user_night('spells', 'overdue') }}
)

select * from final
