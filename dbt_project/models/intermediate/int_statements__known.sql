with bills as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key,
        stg_statements.statement_id,
        stg_statements.account_id,
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
            and stg_statements.account_id = accounts.account_id
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
only_accounts as (
    select as_of_date, known_on, user_key, product, min(account_id) as account_id
    from (
        select as_of_date, known_on, user_key, product, account_id
        from {{ ref('int_accounts__effective') }}
        union all
        select as_of_date, known_on, surviving_key as user_key, product, account_id
        from bills
        where account_id is not null
    ) as named_accounts
    group by as_of_date, known_on, user_key, product
    having min(account_id) = max(account_id)
),

identified as (
    select
        bills.*,
        coalesce(bills.account_id, only_accounts.account_id) as line_account_id
    from bills
    left join only_accounts
        on
            bills.as_of_date = only_accounts.as_of_date
            and bills.surviving_key = only_accounts.user_key
            and bills.product = only_accounts.product
),

statements as (
    select
        identified.as_of_date,
        identified.known_on,
        identified.statement_id,
        identified.surviving_key as user_key,
        identified.product,
        products.family,
        identified.line_account_id as account_id,
        {{ line_key(
            'identified.surviving_key', 'identified.line_account_id', 'identified.product'
        ) }} as line_key,
        identified.statement_date,
        identified.due_date,
        {{ add_days('identified.due_date', 'run_parameters.due_grace_days') }}
            as last_on_time_date,
        identified.amount_due,
        case
            when identified.amount_due <= 0 then 0
            when identified.minimum_due is not null then identified.minimum_due
            when products.family = 'revolving'
                then identified.amount_due * run_parameters.minimum_due_ratio
            else identified.amount_due
        end as minimum_due,
        identified.written_off_amount,
        identified.reported_dpd
    from identified
    inner join {{ ref('products') }} as products
        on identified.product = products.product_code
    cross join {{ source('ops', 'run_parameters') }} as run_parameters
),

final as (
    select
        as_of_date,
        known_on,
        statement_id,
        user_key,
        product,
        family,
        account_id,
        line_key,
        statement_date,
        due_date,
        last_on_time_date,
        amount_due,
        cast(minimum_due as decimal(18, 2)) as minimum_due,
        coalesce(written_off_amount, 0) as written_off_amount,
        reported_dpd
    from statements
)

select * from final
