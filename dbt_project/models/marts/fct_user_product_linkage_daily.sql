with bills as (
    select as_of_date, known_on, user_key, product, outstanding_amount, true as is_revolving
    from {{ ref('int_statements__settled') }}
),

loans as (
    select
        as_of_date, known_on, user_key, product, outstanding_amount,
        family = 'revolving' as is_revolving
    from {{ ref('int_loans__outstanding') }}
),

balances as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when is_revolving then outstanding_amount else 0 end)
            as revolving_outstanding_amount,
        sum(case when is_revolving then 0 else outstanding_amount end)
            as installment_outstanding_amount
    from (
        select * from bills
        union all
        select * from loans
    ) as debts
    group by as_of_date, known_on, user_key
),

-- A product in use for several reasons is one product: union keeps it once.
products as (
    select as_of_date, known_on, user_key, product
    from {{ ref('int_accounts__effective') }}
    where is_open
    union
    select as_of_date, known_on, user_key, product
    from {{ ref('int_loans__outstanding') }}
    where is_open
    union
    select as_of_date, known_on, user_key, product
    from {{ ref('int_statements__settled') }}
    where is_newest and outstanding_amount > 0
),

product_counts as (
    select as_of_date, known_on, user_key, count(*) as product_count
    from products
    group by as_of_date, known_on, user_key
),

draws as (
    select * from {{ ref('int_draws__linked') }}
),

draw_counts as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when days_ago < 90 then 1 else 0 end) as loan_draw_count_90d,
        sum(case when days_ago < 90 then principal else 0 end) as loan_draw_amount_90d,
        sum(case when is_open then 1 else 0 end) as open_loan_count,
        sum(case when days_ago < 90 and is_before_repayment then 1 else 0 end)
            as draw_before_repayment_count_90d,
        min(disbursed_date) as first_draw_date
    from draws
    group by as_of_date, known_on, user_key
),

dues as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(outstanding_amount) as installment_due_amount_next_30d
    from {{ ref('int_installments__settled') }}
    where due_date > as_of_date and due_date <= {{ add_days('as_of_date', 30) }}
    group by as_of_date, known_on, user_key
),

first_uses as (
    select as_of_date, known_on, user_key, min(use_date) as first_use_date
    from (
        select as_of_date, known_on, user_key, first_paylater_date as use_date
        from {{ ref('int_spending__bands') }}
        union all
        select as_of_date, known_on, user_key, statement_date as use_date
        from {{ ref('int_statements__settled') }}
        where family = 'revolving' and amount_due > 0
        union all
        select as_of_date, known_on, user_key, disbursed_date as use_date
        from {{ ref('int_loans__outstanding') }}
        where family = 'revolving'
    ) as uses
    group by as_of_date, known_on, user_key
),

final as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        limits.revolving_limit_amount,
        limits.installment_limit_amount,
        {{ ratio('coalesce(balances.revolving_outstanding_amount, 0)',
            'limits.revolving_limit_amount') }} as revolving_utilisation_ratio,
        {{ ratio('coalesce(balances.installment_outstanding_amount, 0)',
            'limits.installment_limit_amount') }} as installment_utilisation_ratio,
        {{ ratio('(coalesce(balances.revolving_outstanding_amount, 0)'
            ~ ' + coalesce(balances.installment_outstanding_amount, 0))',
            '(coalesce(limits.revolving_limit_amount, 0)'
            ~ ' + coalesce(limits.installment_limit_amount, 0))') }}
            as joint_utilisation_ratio,
        cast(coalesce(product_counts.product_count, 0) as bigint) as product_count,
        cast(coalesce(draw_counts.loan_draw_count_90d, 0) as bigint) as loan_draw_count_90d,
        cast(coalesce(draw_counts.loan_draw_amount_90d, 0) as decimal(18, 2))
            as loan_draw_amount_90d,
        cast(coalesce(draw_counts.open_loan_count, 0) as bigint) as open_loan_count,
        cast(coalesce(dues.installment_due_amount_next_30d, 0) as decimal(18, 2))
            as installment_due_amount_next_30d,
        cast(coalesce(draw_counts.draw_before_repayment_count_90d, 0) as bigint)
            as draw_before_repayment_count_90d,
        {{ ratio('coalesce(draw_counts.loan_draw_amount_90d, 0)',
            '(coalesce(draw_counts.loan_draw_amount_90d, 0) + spending.spend_amount_90d)') }}
            as cash_to_spend_ratio_90d,
        case
            when draw_counts.first_draw_date >= first_uses.first_use_date
                then {{ days_between('draw_counts.first_draw_date',
                    'first_uses.first_use_date') }}
        end as conversion_days,
        coalesce(limits.limit_raise_count_365d, 0) as limit_raise_count_365d,
        coalesce(limits.limit_cut_count_365d, 0) as limit_cut_count_365d
    from {{ ref('int_users__listed') }} as users
    inner join {{ ref('fct_user_spending_daily') }} as spending
        on
            {{ same_user_night('users', 'spending') }}
    left join {{ ref('int_limits__summarised') }} as limits
        on
            {{ same_user_night('users', 'limits') }}
    {% for source in [
        'balances', 'product_counts', 'draw_counts', 'dues', 'first_uses',
    ] -%}
        left join {{ source }}
            on
                {{ same_user_night('users', source) }}
    {% endfor -%}
)

select * from final
