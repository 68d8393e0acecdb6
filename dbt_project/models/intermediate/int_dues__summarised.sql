{#-
    One pass over the obligations of 24 months. What fell due counts by its due date, what was
    judged by the last day on which it could be met.
-#}
{%- set due_windows = ['90d', '180d', '365d'] -%}
{%- set judgements = ['matured', 'on_time', 'bill', 'on_time_bill', 'full_bill'] -%}
{%- set judgements_of = {
    '180d': judgements, '365d': judgements, '24m': ['matured', 'on_time'],
} -%}
with obligations as (
    select
        *,
        obligation_kind = 'statement' as is_bill,
        obligation_kind = 'statement' and is_on_time as is_on_time_bill,
        obligation_kind = 'statement' and is_full_on_time as is_full_bill,
        {% for window in due_windows -%}
            not is_disputed
            and due_date > {{ add_days('as_of_date', '-' ~ window[:-1]) }}
            and due_date <= as_of_date as is_due_{{ window }},
        {% endfor -%}
        due_date > as_of_date
        and due_date <= {{ add_days('as_of_date', 30) }} as is_due_next_30d,
        is_matured
        and last_on_time_date >= {{ add_days('as_of_date', -180) }} as is_matured_180d,
        is_matured
        and last_on_time_date >= {{ add_days('as_of_date', -365) }} as is_matured_365d,
        is_matured as is_matured_24m
    from {{ ref('int_obligations') }}
    -- What falls due in a window, or after the night, has its last day within 24 months too.
    where last_on_time_date >= {{ add_months('as_of_date', -24) }}
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for window in due_windows -%}
            sum(case when is_due_{{ window }} and is_bill then amount_due else 0 end)
                as statement_due_amount_{{ window }},
            sum(case when is_due_{{ window }} then amount_due - converted_amount else 0 end)
                as asked_amount_{{ window }},
            sum(case when is_due_{{ window }} then paid_amount + waived_amount else 0 end)
                as paid_amount_{{ window }},
        {% endfor -%}
        sum(case when is_due_365d and is_bill then converted_amount else 0 end)
            as converted_amount_365d,
        sum(case when is_due_next_30d then outstanding_amount else 0 end)
            as due_amount_next_30d,
        {% for window, names in judgements_of.items() -%}
            {% for name in names -%}
                sum(case when is_matured_{{ window }} and is_{{ name }} then 1 else 0 end)
                    as {{ name }}_count_{{ window }},
            {% endfor -%}
        {% endfor -%}
        sum(case
            when is_matured_365d and is_on_time
                then greatest({{ days_between('due_date', 'met_date') }}, 0)
            else 0
        end) as days_before_due_365d,
        sum(case when is_matured_365d and is_late then late_days else 0 end) as late_days_365d,
        -- Newest first, and of one due date those that end a streak first: a streak is what is
        -- due after the newest due date that ends it.
        max(case when is_matured and not is_on_time then due_date end)
            as last_not_on_time_date,
        max(case when is_matured and is_bill and not is_full_on_time then due_date end)
            as last_not_full_date,
        max(case
            when is_matured and is_bill and (is_full_on_time or not is_on_time) then due_date
        end) as last_not_minimum_only_date
    from obligations
    group by as_of_date, known_on, user_key
)

select * from final
