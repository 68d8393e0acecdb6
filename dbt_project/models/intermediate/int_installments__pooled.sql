{#- The partitions below: a loan, and a pool, which is a loan or all the loans of an account. -#}
{%- set loan = 'as_of_date, known_on, loan_key' -%}
{%- set pool = 'as_of_date, known_on, pool_key' -%}
with payments as (
    select
        as_of_date,
        known_on,
        user_key,
        account_key,
        loan_key,
        installment_key,
        target_kind,
        paid_date,
        amount
    from {{ ref('int_repayments__resolved') }}
    where
        line_key is null
        and is_succeeded
        and held_reason is null
        and amount is not null
    union all
    -- What a revolving account got beyond its bills goes to the instalments of its plans.
    select
        as_of_date,
        known_on,
        user_key,
        account_key,
        cast(null as bigint) as loan_key,
        cast(null as bigint) as installment_key,
        'loan_account' as target_kind,
        paid_date,
        overpaid_amount as amount
    from {{ ref('int_lines__overpaid_by_day') }}
),

paid_accounts as (
    select as_of_date, known_on, user_key, account_key
    from payments
    where target_kind = 'loan_account'
    group by as_of_date, known_on, user_key, account_key
),

paid_loans as (
    select {{ loan }}
    from payments
    where target_kind = 'loan'
    group by {{ loan }}
),

-- A user's loans of an account share one pool when money was paid to the account itself.
schedule as (
    select
        installments.*,
        case
            when paid_accounts.account_key is not null
                then {{ line_key('installments.user_key', 'installments.account_key') }}
            else installments.loan_key
        end as pool_key,
        paid_accounts.account_key is not null
        or paid_loans.loan_key is not null
        or installments.named_amount > installments.amount_due as has_unnamed_money
    from {{ ref('int_installments__named_paid') }} as installments
    left join paid_accounts
        on
            installments.as_of_date = paid_accounts.as_of_date
            and installments.user_key = paid_accounts.user_key
            and installments.account_key = paid_accounts.account_key
    left join paid_loans
        on
            installments.as_of_date = paid_loans.as_of_date
            and installments.loan_key = paid_loans.loan_key
    where installments.amount_due is not null
),

pools as (
    select {{ pool }}
    from schedule
    where has_unnamed_money
    group by {{ pool }}
),

pooled as (
    select
        schedule.*,
        -- Of what falls due on one day the loan with the smaller id is older.
        dense_rank() over (
            partition by schedule.as_of_date, schedule.pool_key order by loans.loan_id
        ) as loan_position
    from schedule
    inner join pools
        on
            schedule.as_of_date = pools.as_of_date
            and schedule.pool_key = pools.pool_key
    inner join {{ ref('int_loans__known') }} as loans
        on
            schedule.as_of_date = loans.as_of_date
            and schedule.loan_key = loans.loan_key
),

pooled_loans as (
    select {{ loan }}, pool_key
    from pooled
    group by {{ loan }}, pool_key
),

pool_payments as (
    select
        pools.as_of_date,
        pools.known_on,
        pools.pool_key,
        payments.loan_key,
        payments.installment_key,
        payments.target_kind,
        payments.paid_date,
        payments.amount
    from payments
    left join pooled_loans
        on
            payments.as_of_date = pooled_loans.as_of_date
            and payments.loan_key = pooled_loans.loan_key
    inner join pools
        on
            payments.as_of_date = pools.as_of_date
            and coalesce(
                pooled_loans.pool_key,
                {{ line_key('payments.user_key', 'payments.account_key') }}
            ) = pools.pool_key
),

pool_days as (
    select
        {{ pool }},
        paid_date,
        sum(case when target_kind = 'loan_account' then amount else 0 end) as account_amount
    from pool_payments
    group by {{ pool }}, paid_date
),

loan_days as (
    select {{ loan }}, paid_date, sum(amount) as loan_amount
    from pool_payments
    where target_kind = 'loan'
    group by {{ loan }}, paid_date
),

named_days as (
    select as_of_date, installment_key, paid_date, sum(amount) as named_amount
    from pool_payments
    where target_kind = 'installment'
    group by as_of_date, installment_key, paid_date
),

-- Running totals of what names the instalment, its loan, and its account.
final as (
    select
        pooled.as_of_date,
        pooled.known_on,
        pooled.pool_key,
        pooled.loan_key,
        pooled.loan_position,
        pooled.installment_key,
        pooled.installment_no,
        pooled.due_date,
        pooled.amount_due,
        pool_days.paid_date,
        coalesce(pooled.final_date < pool_days.paid_date, false) as is_settled_before,
        row_number() over (
            partition by pooled.as_of_date, pooled.installment_key
            order by pool_days.paid_date desc
        ) = 1 as is_last,
        sum(coalesce(named_days.named_amount, 0)) over until_here as named_amount,
        sum(coalesce(loan_days.loan_amount, 0)) over until_here as loan_amount,
        sum(pool_days.account_amount) over until_here as account_amount
    from pooled
    inner join pool_days
        on
            pooled.as_of_date = pool_days.as_of_date
            and pooled.pool_key = pool_days.pool_key
    left join loan_days
        on
            pooled.as_of_date = loan_days.as_of_date
            and pooled.loan_key = loan_days.loan_key
            and pool_days.paid_date = loan_days.paid_date
    left join named_days
        on
            pooled.as_of_date = named_days.as_of_date
            and pooled.installment_key = named_days.installment_key
            and pool_days.paid_date = named_days.paid_date
    window until_here as (
        partition by pooled.as_of_date, pooled.installment_key
        order by pool_days.paid_date
        rows between unbounded preceding and current row
    )
)

select * from final
