{%- set user = 'as_of_date, known_on, user_key' -%}
-- depends_on: {{ ref('stg_limit_decisions') }}, {{ ref('int_users__resolved') }}
-- depends_on: {{ ref('int_accounts__effective') }}
with users as (
    select
        as_of_date,
        known_on,
        user_key,
        surviving_key,
        {{ add_days('as_of_date', -364) }} as first_date
    from {{ ref('int_users__resolved') }}
),

account_terms as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        users.first_date,
        accounts.account_key,
        accounts.product,
        accounts.effective_date,
        lead(accounts.effective_date) over (
            partition by users.as_of_date, accounts.account_key
            order by accounts.effective_at
        ) as next_date,
        accounts.status <> 'closed' as is_open,
        accounts.credit_limit,
        accounts.temporary_limit,
        accounts.temporary_until_date
    from {{ ref('stg_accounts') }} as accounts
    inner join users
        on
            accounts.user_key = users.user_key
            and accounts.effective_date <= users.as_of_date
            and {{ is_known('accounts', 'users') }}
),

set_by_decisions as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        {{ add_days('users.as_of_date', -364) }} as first_date,
        decisions.product,
        decisions.decided_date,
        lead(decisions.decided_date) over (
            partition by
                users.as_of_date, users.surviving_key, decisions.product
            order by decisions.decided_at, decisions.decision_id
        ) as next_date,
        case when decisions.action <> 'close' then decisions.credit_limit end as credit_limit
    {{ decisions_alone() }}
),

-- Permanent parts, temporary parts, and what decisions say of products without an account.
parts as (
    select
        {{ user }}, first_date, product, {{ key_hash(["'account'", 'account_key']) }} as part_key,
        effective_date as valid_from, next_date as valid_to, credit_limit as part_amount,
        cast(0 as decimal(18, 2)) as temporary_amount
    from account_terms
    where is_open and credit_limit is not null
    union all
    select
        {{ user }}, first_date, product, {{ key_hash(["'temporary'", 'account_key']) }} as part_key,
        effective_date as valid_from,
        least(
            next_date, case when temporary_until_date <= as_of_date then temporary_until_date end
        ) as valid_to,
        temporary_limit as part_amount,
        temporary_limit as temporary_amount
    from account_terms
    where is_open and credit_limit is not null and temporary_limit <> 0
    union all
    select
        {{ user }}, first_date, product, {{ key_hash(["'decisions'", 'product']) }} as part_key,
        decided_date as valid_from, next_date as valid_to, credit_limit as part_amount,
        cast(0 as decimal(18, 2)) as temporary_amount
    from set_by_decisions
    where credit_limit is not null
),

final as (
    select
        parts.as_of_date,
        parts.known_on,
        parts.user_key,
        parts.part_key,
        greatest(parts.valid_from, parts.first_date) as valid_from,
        parts.valid_to,
        parts.part_amount,
        parts.temporary_amount
    from parts
    inner join {{ ref('products') }} as products
        on parts.product = products.product_code
    where
        products.family = 'revolving'
        and (
            parts.valid_to is null
            or parts.valid_to > greatest(parts.valid_from, parts.first_date)
        )
)

select * from final
