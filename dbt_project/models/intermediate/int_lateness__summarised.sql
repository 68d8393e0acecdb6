{%- set windows = {
    '30d': add_days('as_of_date', -30), '90d': add_days('as_of_date', -90),
    '180d': add_days('as_of_date', -180), '365d': add_days('as_of_date', -365),
    '24m': add_months('as_of_date', -24),
} -%}
{#- Days past due -> windows in which reaching them counts. -#}
{%- set reached_windows = {
    7: ['365d', '24m'], 30: ['365d', '24m'], 60: ['24m'], 90: ['24m'],
} -%}
-- All that no day of 24 months saw late is out of every window.
with late as (
    select *
    from {{ ref('int_obligations') }}
    where is_late and late_to_date > {{ windows['24m'] }}
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
    where is_past_due
    group by as_of_date, known_on, user_key, debt_kind, debt_key
),

-- Only the newest bill of a line leaves anything open.
line_debts as (
    select as_of_date, known_on, debt_key, sum(outstanding_amount) as outstanding_amount
    from {{ ref('int_obligations') }}
    where debt_kind = 'line' and outstanding_amount > 0
    group by as_of_date, known_on, debt_key
),

overdue as (
    select
        debts.as_of_date,
        debts.known_on,
        debts.user_key,
        sum(case
            when debts.debt_kind = 'line'
                then least(debts.past_due_amount, coalesce(line_debts.outstanding_amount, 0))
            else debts.past_due_amount
        end) as overdue_amount
    from debts
    left join line_debts
        on
            debts.as_of_date = line_debts.as_of_date
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
        sum(case when is_past_due then 1 else 0 end) as past_due_count,
        {% for window, before in windows.items() -%}
            max(case when late_to_date > {{ before }} then late_days else 0 end)
                as worst_dpd_days_{{ window }},
        {% endfor -%}
        {% for window in ['90d', '180d', '365d', '24m'] -%}
            sum(case when late_from_date > {{ windows[window] }} then 1 else 0 end)
                as late_payment_count_{{ window }},
        {% endfor -%}
        {% for days, names in reached_windows.items() -%}
            {% for window in names -%}
                sum(case
                    when
                        late_days >= {{ days }}
                        and {{ add_days('due_date', days) }} > {{ windows[window] }} then 1
                    else 0
                end) as late_{{ days }}_count_{{ window }},
            {% endfor -%}
        {% endfor -%}
        sum(case when not is_past_due and late_to_date > {{ windows['365d'] }} then 1 else 0 end)
            as cured_count_365d,
        sum(case when not is_past_due then 1 else 0 end) as cured_count_24m,
        sum(case when not is_past_due and late_days <= 7 then 1 else 0 end)
            as self_cured_count_24m,
        sum(late_days) as late_severity_days_24m,
        max(late_to_date) as last_late_date,
        max(case when late_days >= 30 then late_to_date end) as last_late_30_date
    from late
    group by as_of_date, known_on, user_key
),

final as (
    select
        spells.*,
        coalesce(overdue.overdue_amount, 0) as overdue_amount
    from spells
    left join overdue
        on
            {{ same_user_night('spells', 'overdue') }}
)

select * from final
