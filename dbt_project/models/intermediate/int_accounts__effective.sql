with accounts as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        stg_accounts.account_key,
        stg_accounts.product,
        stg_accounts.effective_date,
        stg_accounts.status,
        stg_accounts.credit_limit,
        case
            when stg_accounts.temporary_until_date is null then stg_accounts.temporary_limit
            when stg_accounts.temporary_until_date > users.as_of_date
                then stg_accounts.temporary_limit
        end as temporary_limit,
        row_number() over (
            partition by users.as_of_date, stg_accounts.account_key
            order by stg_accounts.effective_at desc
        ) as recency
    from {{ ref('stg_accounts') }} as stg_accounts
    inner join {{ ref('int_users__resolved') }} as users
        on
            stg_accounts.user_key = users.user_key
            and stg_accounts.effective_date <= users.as_of_date
            and {{ is_known('stg_accounts', 'users') }}
),

final as (
    select
        accounts.as_of_date,
        accounts.known_on,
        accounts.account_key,
        accounts.user_key,
        accounts.product,
        products.family,
        accounts.effective_date,
        accounts.status,
        accounts.status <> 'closed' as is_open,
        case
            when accounts.status <> 'closed'
                then accounts.credit_limit + coalesce(accounts.temporary_limit, 0)
        end as limit_amount
    from accounts
    inner join {{ ref('products') }} as products
        on accounts.product = products.product_code
    where accounts.recency = 1
)

select * from final
