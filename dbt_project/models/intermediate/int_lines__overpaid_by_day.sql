{%- set line = 'as_of_date, known_on, line_key' -%}
with plans as (
    select as_of_date, known_on, user_key, account_id, disbursed_date
    from {{ ref('int_installments__known') }}
    where
        family = 'revolving'
        and account_id is not null
        and is_owed
        and held_reason is null
    union all
    select as_of_date, known_on, user_key, account_id, disbursed_date
    from {{ ref('int_loans__left_out') }}
    where family = 'revolving' and account_id is not null
),

plan_accounts as (
    select as_of_date, known_on, user_key, account_id, min(disbursed_date) as first_plan_date
    from plans
    group by as_of_date, known_on, user_key, account_id
),

-- What was paid before there was a plan is a credit that later bills have taken in.
account_days as (
    select
        payments.as_of_date,
        payments.known_on,
        payments.line_key,
        payments.user_key,
        payments.account_id,
        payments.paid_date,
        sum(payments.amount) as account_amount
    from {{ ref('int_repayments__resolved') }} as payments
    inner join plan_accounts
        on
            payments.as_of_date = plan_accounts.as_of_date
            and payments.user_key = plan_accounts.user_key
            and payments.account_id = plan_accounts.account_id
            and payments.paid_date >= plan_accounts.first_plan_date
    where
        payments.target_kind = 'line'
        and payments.is_succeeded
        and payments.held_reason is null
        and payments.amount is not null
    group by
        payments.as_of_date,
        payments.known_on,
        payments.line_key,
        payments.user_key,
        payments.account_id,
        payments.paid_date
),

paid_lines as (
    select {{ line }}
    from account_days
    group by {{ line }}
),

events as (
    select
        {{ line }}, statement_date as event_date, 0 as position, due_date, statement_id,
        covered_before + amount_due as full_at_amount,
        cast(null as decimal(18, 2)) as covered_before_day, 0 as payment_amount
    from {{ ref('int_statements__billed') }}
    union all
    select
        {{ line }}, event_date, 1 as position, cast(null as date) as due_date,
        '' as statement_id, cast(null as decimal(18, 2)) as full_at_amount,
        covered_to_date - covering_amount as covered_before_day, payment_amount
    from {{ ref('int_lines__covered_by_day') }}
),

numbered as (
    select
        events.*,
        sum(case when events.position = 0 then 1 else 0 end) over (
            partition by events.as_of_date, events.line_key
            order by events.event_date, events.position, events.due_date, events.statement_id
            rows between unbounded preceding and current row
        ) as bill_number
    from events
    inner join paid_lines
        on
            events.as_of_date = paid_lines.as_of_date
            and events.line_key = paid_lines.line_key
),

-- What the newest bill still asks for as the day begins; without a bill the line asks for nothing.
days as (
    select
        *,
        greatest(coalesce(
            max(full_at_amount) over (
                partition by as_of_date, line_key, bill_number
            ) - covered_before_day, 0
        ), 0) as unpaid_amount
    from numbered
),

-- Payments of a day that name a bill come before those that name only the account.
final as (
    select
        days.as_of_date,
        days.known_on,
        days.line_key,
        account_days.user_key,
        account_days.account_id,
        account_days.paid_date,
        cast(least(
            account_days.account_amount, greatest(days.payment_amount - days.unpaid_amount, 0)
        ) as decimal(18, 2)) as overpaid_amount
    from days
    inner join account_days
        on
            days.as_of_date = account_days.as_of_date
            and days.line_key = account_days.line_key
            and days.event_date = account_days.paid_date
    where days.position = 1 and days.payment_amount > days.unpaid_amount
)

select * from final
