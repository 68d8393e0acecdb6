-- A line is one account however many purchases it paid; a cash loan is one of its own. The same
-- line is named by its account, its bills and its plans; who names no account means one line.
with lines as (
    select as_of_date, known_on, user_key, product, account_key
    from {{ ref('int_accounts__effective') }}
    where family = 'revolving'
    union all
    select as_of_date, known_on, user_key, product, account_key
    from {{ ref('int_statements__known') }}
    where family = 'revolving' and statement_date <= as_of_date
    union all
    select as_of_date, known_on, user_key, product, account_key
    from {{ ref('int_loans__known') }}
    where family = 'revolving' and disbursed_date is not null
),

line_counts as (
    select
        as_of_date,
        known_on,
        user_key,
        greatest(count(distinct account_key), 1) as line_count
    from lines
    group by as_of_date, known_on, user_key, product
),

-- The first terms of an account, not only those that hold tonight.
changes as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        accounts.effective_date
    from {{ ref('stg_accounts') }} as accounts
    inner join {{ ref('int_users__resolved') }} as users
        on
            accounts.user_key = users.user_key
            and accounts.effective_date <= users.as_of_date
            and {{ is_known('accounts', 'users') }}
),

parts as (
    select
        as_of_date,
        known_on,
        user_key,
        line_count as account_count,
        0 as open_account_count,
        0 as frozen_account_count,
        cast(null as date) as opened_date,
        cast(null as date) as disbursed_date
    from line_counts
    union all
    select
        as_of_date,
        known_on,
        user_key,
        0 as account_count,
        case when is_open then 1 else 0 end as open_account_count,
        case when status = 'frozen' then 1 else 0 end as frozen_account_count,
        cast(null as date) as opened_date,
        cast(null as date) as disbursed_date
    from {{ ref('int_accounts__effective') }}
    union all
    select
        as_of_date,
        known_on,
        user_key,
        0 as account_count,
        0 as open_account_count,
        0 as frozen_account_count,
        effective_date as opened_date,
        cast(null as date) as disbursed_date
    from changes
    union all
    select
        as_of_date,
        known_on,
        user_key,
        case when family = 'installment' then 1 else 0 end as account_count,
        0 as open_account_count,
        0 as frozen_account_count,
        disbursed_date as opened_date,
        disbursed_date
    from {{ ref('int_loans__outstanding') }}
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(account_count) as account_count,
        sum(open_account_count) as open_account_count,
        sum(frozen_account_count) as frozen_account_count,
        min(opened_date) as first_opened_date,
        max(disbursed_date) as last_disbursed_date
    from parts
    group by as_of_date, known_on, user_key
)

select * from final
