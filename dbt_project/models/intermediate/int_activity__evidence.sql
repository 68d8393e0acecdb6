{#-
    Days are bits of blocks of 60 days, numbered back from the night, so that counting them needs
    no row per user and day; those of purchases are there already, in blocks of 30 days, and those
    of refunds and of closed purchases, which are days with a record too, are few.
-#}
{%- set night = 'as_of_date, known_on' -%}
{%- set month_number = '(greatest(block_number, 1) - 1)' -%}
{%- set before = add_months('as_of_date', -24) -%}
{%- set before_users = add_months('users.as_of_date', -24) -%}
with decisions as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        decisions.decided_date as event_date
    from {{ ref('stg_limit_decisions') }} as decisions
    inner join {{ ref('int_users__resolved') }} as users
        on
            decisions.user_key = users.user_key
            and decisions.decided_date <= users.as_of_date
            and decisions.decided_date > {{ before_users }}
            and {{ is_known('decisions', 'users') }}
),

accounts as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        accounts.effective_date as event_date
    from {{ ref('stg_accounts') }} as accounts
    inner join {{ ref('int_users__resolved') }} as users
        on
            accounts.user_key = users.user_key
            and accounts.effective_date <= users.as_of_date
            and accounts.effective_date > {{ before_users }}
            and {{ is_known('accounts', 'users') }}
),

returns as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        transactions.occurred_date as event_date
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ ref('int_users__resolved') }} as users
        on
            transactions.user_key = users.user_key
            and transactions.occurred_date <= users.as_of_date
            and transactions.occurred_date > {{ add_days('users.as_of_date', -365) }}
            and {{ is_known('transactions', 'users') }}
    where transactions.purchase_key is not null
),

events as (
    select {{ night }}, user_key, event_date from decisions
    union all
    select {{ night }}, user_key, paid_date as event_date
    from {{ ref('int_repayments__resolved') }}
    where held_reason is null and paid_date > {{ before }}
    union all
    select {{ night }}, user_key, statement_date as event_date
    from {{ ref('int_statements__known') }}
    where statement_date <= as_of_date and statement_date > {{ before }}
    union all
    select {{ night }}, user_key, applied_date as event_date
    from {{ ref('int_loans__known') }}
    where applied_date > {{ before }}
    union all
    select {{ night }}, user_key, disbursed_date as event_date
    from {{ ref('int_loans__known') }}
    where disbursed_date > {{ before }}
    union all
    select {{ night }}, user_key, event_date from accounts
    union all
    select {{ night }}, user_key, event_date from returns
),

numbered as (
    select
        {{ night }},
        user_key,
        {{ days_between('as_of_date', 'event_date') }} as days_ago
    from events
),

bits as (
    select
        {{ night }},
        user_key,
        {{ whole_quotient('days_ago', 60) }} as block_number,
        {{ day_bit('days_ago % 60') }} as day_bits
    from numbered
    union all
    select
        {{ night }},
        user_key,
        {{ whole_quotient(month_number, 2) }} as block_number,
        -- Every second month lies 30 bits higher.
        day_bits * case when {{ month_number }} % 2 = 1 then 1073741824 else 1 end as day_bits
    from {{ ref('int_spending__blocks') }}
),

blocks as (
    select
        {{ night }},
        user_key,
        block_number,
        bit_or(day_bits) as day_bits
    from bits
    group by {{ night }}, user_key, block_number
),

final as (
    select
        {{ night }},
        user_key,
        cast(sum(bit_count(day_bits)) as bigint) as evidence_days
    from blocks
    group by {{ night }}, user_key
)

select * from final
