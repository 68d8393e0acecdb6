-- depends_on: {{ ref('stg_limit_decisions') }}, {{ ref('int_users__resolved') }}
-- depends_on: {{ ref('int_accounts__effective') }}
with account_limits as (
    select as_of_date, known_on, user_key, product, family, sum(limit_amount) as limit_amount
    from {{ ref('int_accounts__effective') }}
    group by as_of_date, known_on, user_key, product, family
),

newest_decisions as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        decisions.product,
        decisions.action,
        decisions.credit_limit,
        row_number() over (
            partition by users.as_of_date, users.surviving_key, decisions.product
            order by decisions.decided_at desc, decisions.decision_id desc
        ) as recency
    {{ decisions_alone() }}
),

limits as (
    select as_of_date, known_on, user_key, family, limit_amount
    from account_limits
    union all
    select
        decisions.as_of_date,
        decisions.known_on,
        decisions.user_key,
        products.family,
        case when decisions.action <> 'close' then decisions.credit_limit end as limit_amount
    from newest_decisions as decisions
    inner join {{ ref('products') }} as products
        on decisions.product = products.product_code
    where decisions.recency = 1
),

summaries as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when family = 'revolving' then limit_amount end) as revolving_limit_amount,
        sum(case when family = 'installment' then limit_amount end) as installment_limit_amount,
        cast(null as decimal(18, 2)) as temporary_limit_amount
    from limits
    group by as_of_date, known_on, user_key
    union all
    select
        as_of_date,
        known_on,
        user_key,
        null as revolving_limit_amount,
        null as installment_limit_amount,
        temporary_amount as temporary_limit_amount
    from {{ ref('int_limits__by_day') }}
    where valid_to is null and temporary_amount <> 0
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        cast(sum(revolving_limit_amount) as decimal(18, 2)) as revolving_limit_amount,
        cast(sum(installment_limit_amount) as decimal(18, 2)) as installment_limit_amount,
        cast(coalesce(sum(temporary_limit_amount), 0) as decimal(18, 2))
            as temporary_limit_amount
    from summaries
    group by as_of_date, known_on, user_key
)

select * from final
