{%- set line = 'as_of_date, known_on, line_key' -%}
with plans as (
    select as_of_date, known_on, user_key, account_key, disbursed_date
    from {{ ref('int_installments__named_paid') }}
    where family = 'revolving' and account_key is not null
    union all
    select as_of_date, known_on, user_key, account_key, disbursed_date
    from {{ ref('int_loans__left_out') }}
    where family = 'revolving' and account_key is not null
),

plan_accounts as (
    select as_of_date, known_on, user_key, account_key, min(disbursed_date) as first_plan_date
    from plans
    group by as_of_date, known_on, user_key, account_key
),

-- What was paid before there was a plan is a credit that later bills have taken in.
account_days as (
    select
        payments.as_of_date,
        payments.known_on,
        payments.line_key,
        payments.user_key,
        payments.account_key,
        payments.paid_date,
        sum(payments.amount) as account_amount
    from {{ ref('int_repayments__resolved') }} as payments
    inner join plan_accounts
        on
            payments.as_of_date = plan_accounts.as_of_date
            and payments.user_key = plan_accounts.user_key
            and payments.account_key = plan_accounts.account_key
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
        payments.account_key,
        payments.paid_date
),

paid_lines as (
    select {{ line }}
    from account_days
    group by {{ line }}
),

-- As a day begins: the newest bill before or on it, and what was covered until then.
days as (
    select
        timeline.as_of_date,
        timeline.line_key,
        timeline.event_date,
        max(timeline.newest_statement_key) as newest_statement_key,
        min(timeline.covered_amount - timeline.covering_amount) as covered_before_day
    from {{ ref('int_lines__timeline') }} as timeline
    inner join paid_lines
        on
            timeline.as_of_date = paid_lines.as_of_date
            and timeline.line_key = paid_lines.line_key
    where timeline.statement_key is null
    group by timeline.as_of_date, timeline.line_key, timeline.event_date
),

day_payments as (
    select
        payments.as_of_date,
        payments.line_key,
        payments.event_date,
        sum(payments.amount) as payment_amount
    from {{ ref('int_lines__payments') }} as payments
    inner join paid_lines
        on
            payments.as_of_date = paid_lines.as_of_date
            and payments.line_key = paid_lines.line_key
    group by payments.as_of_date, payments.line_key, payments.event_date
),

-- What the newest bill still asks for; without a bill the line asks for nothing.
unpaid as (
    select
        account_days.*,
        day_payments.payment_amount,
        greatest(coalesce(
            bills.covered_before + bills.amount_due - days.covered_before_day, 0
        ), 0) as unpaid_amount
    from account_days
    inner join day_payments
        on
            account_days.as_of_date = day_payments.as_of_date
            and account_days.line_key = day_payments.line_key
            and account_days.paid_date = day_payments.event_date
    inner join days
        on
            account_days.as_of_date = days.as_of_date
            and account_days.line_key = days.line_key
            and account_days.paid_date = days.event_date
    left join {{ ref('int_statements__billed') }} as bills
        on
            days.as_of_date = bills.as_of_date
            and days.newest_statement_key = bills.statement_key
),

-- Payments of a day that name a bill come before those that name only the account.
final as (
    select
        {{ line }},
        user_key,
        account_key,
        paid_date,
        cast(least(account_amount, payment_amount - unpaid_amount) as decimal(18, 2))
            as overpaid_amount
    from unpaid
    where payment_amount > unpaid_amount
)

select * from final
