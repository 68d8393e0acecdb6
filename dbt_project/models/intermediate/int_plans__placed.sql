{%- set line = 'as_of_date, known_on, line_key' -%}
with issued as (
    select
        {{ line }},
        statement_id,
        user_key,
        statement_date,
        due_date,
        last_on_time_date,
        greatest(amount_due, 0) as amount_due
    from {{ ref('int_statements__known') }}
    where statement_date <= as_of_date
),

plans as (
    select
        issued.as_of_date,
        issued.known_on,
        issued.line_key,
        issued.statement_id,
        loans.loan_id,
        loans.disbursed_at,
        -- A plan ahead of the bill it names acts on the day of that bill.
        greatest(loans.disbursed_date, issued.statement_date) as event_date,
        loans.principal,
        loans.disbursed_date <= issued.last_on_time_date as is_before_due
    from {{ ref('int_loans__known') }} as loans
    inner join issued
        on
            loans.as_of_date = issued.as_of_date
            and loans.plan_statement_id = issued.statement_id
            and loans.user_key = issued.user_key
    where
        loans.disbursed_date is not null
        and coalesce(loans.close_reason, '') <> 'cancelled'
),

planned_lines as (
    select {{ line }}
    from plans
    group by {{ line }}
),

-- Of one day bills come first, then payments, then plans.
events as (
    select
        {{ line }}, statement_date as event_date, 0 as position, due_date,
        statement_id as record_id, cast(0 as decimal(18, 2)) as payment_amount
    from issued
    union all
    select
        {{ line }}, event_date, 1 as position, cast(null as date) as due_date,
        '' as record_id, payment_amount
    from {{ ref('int_lines__paid_by_day') }}
    union all
    select
        {{ line }}, event_date, 2 as position, cast(null as date) as due_date,
        loan_id as record_id, cast(0 as decimal(18, 2)) as payment_amount
    from plans
),

-- Most lines never have a plan.
timeline as (
    select
        events.*,
        sum(events.payment_amount) over (
            partition by events.as_of_date, events.line_key
            order by events.event_date, events.position, events.due_date, events.record_id
            rows between unbounded preceding and current row
        ) as paid_to_date,
        sum(case when events.position = 0 then 1 else 0 end) over (
            partition by events.as_of_date, events.line_key
            order by events.event_date, events.position, events.due_date, events.record_id
            rows between unbounded preceding and current row
        ) as bill_number
    from events
    inner join planned_lines
        on
            events.as_of_date = planned_lines.as_of_date
            and events.line_key = planned_lines.line_key
),

bills as (
    select
        timeline.as_of_date,
        timeline.known_on,
        timeline.line_key,
        issued.statement_id,
        timeline.bill_number,
        issued.amount_due + timeline.paid_to_date as full_at_amount
    from timeline
    inner join issued
        on
            timeline.as_of_date = issued.as_of_date
            and timeline.record_id = issued.statement_id
    where timeline.position = 0
),

final as (
    select
        plans.as_of_date,
        plans.known_on,
        plans.line_key,
        plans.statement_id,
        newest.statement_id as newest_statement_id,
        plans.loan_id,
        plans.disbursed_at,
        plans.event_date,
        plans.principal,
        plans.is_before_due,
        cast(greatest(named.full_at_amount - timeline.paid_to_date, 0) as decimal(18, 2))
            as unpaid_amount,
        cast(greatest(newest.full_at_amount - timeline.paid_to_date, 0) as decimal(18, 2))
            as newest_unpaid_amount
    from plans
    inner join timeline
        on
            plans.as_of_date = timeline.as_of_date
            and plans.loan_id = timeline.record_id
            and timeline.position = 2
    inner join bills as named
        on
            plans.as_of_date = named.as_of_date
            and plans.statement_id = named.statement_id
    inner join bills as newest
        on
            timeline.as_of_date = newest.as_of_date
            and timeline.line_key = newest.line_key
            and timeline.bill_number = newest.bill_number
)

select * from final
