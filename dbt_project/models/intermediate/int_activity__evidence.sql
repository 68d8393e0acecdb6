{#-
    Days are bits of blocks of 60 days, so that counting them needs no row per user and day. They
    are numbered from before the first date that can be landed: a bit's number is never negative.
-#}
{%- set night = 'as_of_date, known_on' -%}
with movements as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        movements.event_date
    from {{ ref('int_spending__movements') }} as movements
    inner join {{ ref('int_users__resolved') }} as users
        on
            movements.user_key = users.user_key
            and movements.event_date <= users.as_of_date
            and {{ is_known('movements', 'users') }}
),

decisions as (
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
            and {{ is_known('accounts', 'users') }}
),

events as (
    select {{ night }}, user_key, event_date from movements
    union all
    select {{ night }}, user_key, event_date from decisions
    union all
    select {{ night }}, user_key, paid_date as event_date
    from {{ ref('int_repayments__resolved') }}
    where held_reason is null
    union all
    select {{ night }}, user_key, statement_date as event_date
    from {{ ref('int_statements__known') }}
    where statement_date <= as_of_date
    union all
    select {{ night }}, user_key, applied_date as event_date
    from {{ ref('int_loans__known') }}
    where applied_date is not null
    union all
    select {{ night }}, user_key, disbursed_date as event_date
    from {{ ref('int_loans__known') }}
    where disbursed_date is not null
    union all
    select {{ night }}, user_key, event_date from accounts
),

numbered as (
    select
        {{ night }},
        user_key,
        60 + {{ days_between('event_date', "cast('0001-01-01' as date)") }} as day_number
    from events
),

blocks as (
    select
        {{ night }},
        user_key,
        {{ whole_quotient('day_number', 60) }} as block_number,
        bit_or({{ day_bit('day_number % 60') }}) as day_bits
    from numbered
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
