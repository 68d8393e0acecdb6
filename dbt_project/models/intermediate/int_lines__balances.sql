{%- set line = 'as_of_date, known_on, line_key' -%}
-- Between two events of a line the newest bill is open, less what came in since. Of what lies
-- before the window only what holds on its first day matters.
with stretches as (
    select
        timeline.as_of_date,
        timeline.known_on,
        timeline.line_key,
        bills.user_key,
        greatest(
            timeline.event_date, {{ add_days(add_months('timeline.as_of_date', -24), 1) }}
        ) as valid_from,
        timeline.next_date as valid_to,
        bills.final_date,
        cast(greatest(
            bills.amount_due - bills.written_off_amount
            - (timeline.covered_amount - bills.covered_before), 0
        ) as decimal(18, 2)) as balance_amount
    from {{ ref('int_lines__timeline') }} as timeline
    inner join {{ ref('int_statements__billed') }} as bills
        on
            timeline.as_of_date = bills.as_of_date
            and timeline.newest_statement_key = bills.statement_key
    where
        timeline.next_date is null
        or (
            timeline.next_date > timeline.event_date
            and timeline.next_date > {{ add_days(add_months('timeline.as_of_date', -24), 1) }}
        )
),

-- A final payment settles the bill it names and those before it, from the day it acts on.
final as (
    select
        {{ line }},
        user_key,
        valid_from,
        least(valid_to, final_date) as valid_to,
        balance_amount
    from stretches
    where final_date is null or valid_from < final_date
    union all
    select
        {{ line }},
        user_key,
        greatest(valid_from, final_date) as valid_from,
        valid_to,
        cast(0 as decimal(18, 2)) as balance_amount
    from stretches
    where final_date is not null and (valid_to is null or final_date < valid_to)
)

select * from final
