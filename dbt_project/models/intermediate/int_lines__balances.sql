{%- set line = 'as_of_date, known_on, line_key' -%}
-- Of what lies before the window only the bill in force on its first day matters.
with bills as (
    select *
    from (
        select
            *,
            {{ add_days(add_months('as_of_date', -24), 1) }} as first_date
        from {{ ref('int_statements__billed') }}
    ) as statements
    where
        next_statement_date is null
        or (next_statement_date > statement_date and next_statement_date > first_date)
),

lines as (
    select {{ line }}, user_key, first_date
    from bills
    where next_statement_date is null
),

final_payments as (
    select {{ line }}, paid_date, coalesce(named_statement_date, paid_date) as settled_to_date
    from {{ ref('int_repayments__resolved') }}
    where line_key is not null and is_final and is_succeeded and held_reason is null
),

-- A final payment settles the bill it names and those before it, from the day it acts on.
final_dates as (
    select
        bills.as_of_date,
        bills.known_on,
        bills.line_key,
        bills.statement_id,
        bills.user_key,
        bills.next_statement_date,
        min(greatest(payments.paid_date, bills.statement_date, bills.first_date))
            as final_date
    from bills
    inner join final_payments as payments
        on
            bills.as_of_date = payments.as_of_date
            and bills.line_key = payments.line_key
            and bills.statement_date <= payments.settled_to_date
    group by
        bills.as_of_date, bills.known_on, bills.line_key, bills.statement_id, bills.user_key,
        bills.next_statement_date
),

covered as (
    select
        days.as_of_date,
        days.known_on,
        days.line_key,
        lines.user_key,
        lines.first_date,
        days.event_date,
        days.covered_to_date
    from {{ ref('int_lines__covered_by_day') }} as days
    inner join lines
        on
            days.as_of_date = lines.as_of_date
            and days.line_key = lines.line_key
),

-- What a bill leaves open is its ceiling less the line's running total: both only ever stand on
-- their own day, so that nobody has to pair every payment with every bill.
events as (
    select
        {{ line }}, user_key, greatest(statement_date, first_date) as event_date, 0 as position,
        cast(amount_due - written_off_amount + covered_before as decimal(18, 2))
            as ceiling_amount,
        cast(null as decimal(18, 2)) as covered_to_date
    from bills
    union all
    select
        {{ line }}, user_key, final_date as event_date, 1 as position,
        cast(0 as decimal(18, 2)) as ceiling_amount,
        cast(null as decimal(18, 2)) as covered_to_date
    from final_dates
    where next_statement_date is null or final_date < next_statement_date
    union all
    select
        {{ line }}, user_key, event_date, 2 as position,
        cast(null as decimal(18, 2)) as ceiling_amount, covered_to_date
    from covered
    where event_date > first_date
    union all
    select
        {{ line }}, user_key, first_date as event_date, 2 as position,
        cast(null as decimal(18, 2)) as ceiling_amount,
        max(covered_to_date) as covered_to_date
    from covered
    where event_date <= first_date
    group by {{ line }}, user_key, first_date
),

points as (
    select
        {{ line }},
        user_key,
        event_date as valid_from,
        lead(event_date) over in_order as valid_to,
        {{ last_known('ceiling_amount') }} over until_here as ceiling_amount,
        max(covered_to_date) over until_here as covered_to_date
    from events
    window
        in_order as (
            partition by as_of_date, line_key
            order by event_date, position
        ),
        until_here as (
            partition by as_of_date, line_key
            order by event_date, position
            rows between unbounded preceding and current row
        )
),

final as (
    select
        {{ line }},
        user_key,
        valid_from,
        valid_to,
        cast(greatest(ceiling_amount - coalesce(covered_to_date, 0), 0) as decimal(18, 2))
            as balance_amount
    from points
    where ceiling_amount is not null and (valid_to is null or valid_to > valid_from)
)

select * from final
