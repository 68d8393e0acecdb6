{%- set night = 'as_of_date, known_on' -%}
with held as (
    select {{ night }}, 'users' as feed, 'merge_unresolved' as reason
    from {{ ref('int_users__resolved') }}
    where is_merge_unresolved
    union all
    select {{ night }}, 'repayments' as feed, held_reason as reason
    from {{ ref('int_repayments__resolved') }}
    where held_reason is not null
    union all
    select {{ night }}, 'installments' as feed, held_reason as reason
    from {{ ref('int_installments__known') }}
    where held_reason is not null
    union all
    select {{ night }}, 'disputes' as feed, held_reason as reason
    from {{ ref('int_disputes__resolved') }}
    where held_reason is not null
    union all
    select
        users.as_of_date,
        users.known_on,
        'statements' as feed,
        'account_unknown' as reason
    from {{ ref('stg_statements') }} as stg_statements
    inner join {{ ref('int_users__resolved') }} as users
        on
            stg_statements.user_key = users.user_key
            and {{ is_known('stg_statements', 'users') }}
    left join {{ ref('int_accounts__effective') }} as accounts
        on
            users.as_of_date = accounts.as_of_date
            and stg_statements.account_key = accounts.account_key
    where stg_statements.product is null and accounts.account_key is null
    union all
    select
        plans.as_of_date,
        plans.known_on,
        'loans' as feed,
        'origin_statement_unknown' as reason
    from {{ ref('int_loans__known') }} as plans
    left join {{ ref('int_statements__known') }} as statements
        on
            plans.as_of_date = statements.as_of_date
            and plans.plan_statement_key = statements.statement_key
            and plans.user_key = statements.user_key
    left join {{ ref('int_statements__left_out') }} as left_out
        on
            {{ same_user_night('plans', 'left_out') }}
            and plans.disbursed_date < left_out.first_kept_date
    where
        plans.plan_statement_key is not null
        and statements.statement_key is null
        and left_out.user_key is null
),

final as (
    select
        {{ night }},
        feed,
        reason,
        count(*) as held_count
    from held
    group by {{ night }}, feed, reason
)

select * from final
