with bills as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        stg_statements.statement_key,
        stg_statements.account_key,
        -- A bill that names no product is of its account's.
        coalesce(stg_statements.product, accounts.product) as product,
        stg_statements.statement_date,
        stg_statements.due_date,
        stg_statements.amount_due,
        stg_statements.minimum_due,
        stg_statements.reported_dpd,
        stg_statements.written_off_amount
    from {{ ref('stg_statements') }} as stg_statements
    inner join {{ ref('int_users__resolved') }} as users
        on
            stg_statements.user_key = users.user_key
            and {{ is_known('stg_statements', 'users') }}
    left join {{ ref('int_accounts__effective') }} as accounts
        on
            users.as_of_date = accounts.as_of_date
            and case when stg_statements.product is null then stg_statements.account_key end
            = accounts.account_key
    left join {{ ref('int_statements__left_out') }} as left_out
        on
            users.as_of_date = left_out.as_of_date
            and stg_statements.user_key = left_out.user_key
    where
        left_out.user_key is null
        or stg_statements.statement_date >= left_out.first_kept_date
),

-- A bill that names no account is of the user's only account of the product, if there is one:
-- what is paid into that account must reach it.
unnamed as (
    select as_of_date, user_key, product
    from bills
    where account_key is null
    group by as_of_date, user_key, product
),

only_accounts as (
    select
        named.as_of_date,
        named.user_key,
        named.product,
        min(named.account_key) as account_key
    from (
        select as_of_date, user_key, product, account_key
        from {{ ref('int_accounts__effective') }}
        union all
        select as_of_date, user_key, product, account_key
        from bills
        where account_key is not null
    ) as named
    inner join unnamed
        on
            {{ same_user_night('named', 'unnamed') }}
            and named.product = unnamed.product
    group by named.as_of_date, named.user_key, named.product
    having min(named.account_key) = max(named.account_key)
),

identified as (
    select
        bills.*,
        coalesce(bills.account_key, only_accounts.account_key) as line_account_key
    from bills
    left join only_accounts
        on
            bills.as_of_date = only_accounts.as_of_date
            and case when bills.account_key is null then bills.user_key end
            = only_accounts.user_key
            and bills.product = only_accounts.product
),

final as (
    select
        identified.as_of_date,
        identified.known_on,
        identified.statement_key,
        identified.user_key,
        identified.product,
        products.family,
        identified.line_account_key as account_key,
        {{ line_key(
            'identified.user_key', 'identified.line_account_key', 'identified.product'
        ) }} as line_key,
        identified.statement_date,
        identified.due_date,
        {{ add_days('identified.due_date', 'run_parameters.due_grace_days') }}
            as last_on_time_date,
        identified.amount_due,
        case
            when identified.amount_due <= 0 then cast(0 as decimal(18, 2))
            when identified.minimum_due is not null then identified.minimum_due
            -- Most bills have one: the wide product is computed for the others only.
            when products.family = 'revolving'
                then cast(
                    identified.amount_due * run_parameters.minimum_due_ratio as decimal(18, 2)
                )
            else identified.amount_due
        end as minimum_due,
        coalesce(identified.written_off_amount, 0) as written_off_amount,
        identified.reported_dpd
    from identified
    inner join {{ ref('products') }} as products
        on identified.product = products.product_code
    cross join {{ source('ops', 'run_parameters') }} as run_parameters
)

select * from final
