{%- set line = 'as_of_date, known_on, line_key' -%}
with plans as (
    select
        issued.as_of_date,
        issued.known_on,
        issued.line_key,
        issued.statement_key,
        loans.loan_key,
        loans.loan_id,
        loans.disbursed_at,
        -- A plan ahead of the bill it names acts on the day of that bill.
        greatest(loans.disbursed_date, issued.statement_date) as event_date,
        loans.principal,
        loans.disbursed_date <= issued.last_on_time_date as is_before_due
    from {{ ref('int_loans__known') }} as loans
    inner join {{ ref('int_statements__issued') }} as issued
        on
            loans.as_of_date = issued.as_of_date
            and loans.plan_statement_key = issued.statement_key
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

-- Of one day bills come first, then payments, then plans. Most lines never have a plan.
events as (
    select
        issued.as_of_date, issued.known_on, issued.line_key,
        issued.statement_date as event_date, 0 as position, issued.tie_number, '' as loan_id,
        issued.statement_key, cast(null as bigint) as loan_key,
        greatest(issued.amount_due, 0) as amount_due, cast(0 as decimal(18, 2)) as payment_amount
    from {{ ref('int_statements__issued') }} as issued
    inner join planned_lines
        on
            issued.as_of_date = planned_lines.as_of_date
            and issued.line_key = planned_lines.line_key
    union all
    select
        payments.as_of_date, payments.known_on, payments.line_key,
        payments.event_date, 1 as position, 0 as tie_number, '' as loan_id,
        cast(null as bigint) as statement_key, cast(null as bigint) as loan_key,
        cast(null as decimal(18, 2)) as amount_due, payments.amount as payment_amount
    from {{ ref('int_lines__payments') }} as payments
    inner join planned_lines
        on
            payments.as_of_date = planned_lines.as_of_date
            and payments.line_key = planned_lines.line_key
    union all
    select
        {{ line }}, event_date, 2 as position, 0 as tie_number, loan_id,
        cast(null as bigint) as statement_key, loan_key,
        cast(null as decimal(18, 2)) as amount_due, cast(0 as decimal(18, 2)) as payment_amount
    from plans
),

timeline as (
    select
        *,
        sum(payment_amount) over until_here as paid_to_date,
        {{ last_known('statement_key') }} over until_here as newest_statement_key
    from events
    window until_here as (
        partition by as_of_date, line_key
        order by event_date, position, tie_number, loan_id, payment_amount
        rows between unbounded preceding and current row
    )
),

bills as (
    select as_of_date, statement_key, amount_due + paid_to_date as full_at_amount
    from timeline
    where position = 0
),

final as (
    select
        plans.as_of_date,
        plans.known_on,
        plans.line_key,
        plans.statement_key,
        newest.statement_key as newest_statement_key,
        plans.loan_key,
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
            and plans.loan_key = timeline.loan_key
    inner join bills as named
        on
            plans.as_of_date = named.as_of_date
            and plans.statement_key = named.statement_key
    inner join bills as newest
        on
            timeline.as_of_date = newest.as_of_date
            and timeline.newest_statement_key = newest.statement_key
)

select * from final
