-- A table of its own, so that the engine knows how large it is when it joins what is paid.
select
    users.as_of_date,
    users.known_on,
    users.surviving_key as user_key,
    stg_repayments.repayment_id,
    stg_repayments.statement_id,
    stg_repayments.loan_id,
    stg_repayments.installment_no,
    stg_repayments.account_id,
    stg_repayments.paid_at,
    stg_repayments.paid_date,
    stg_repayments.amount,
    stg_repayments.method,
    stg_repayments.status,
    stg_repayments.is_final
from {{ ref('stg_repayments') }} as stg_repayments
inner join {{ ref('int_users__resolved') }} as users
    on
        stg_repayments.user_key = users.user_key
        and stg_repayments.paid_date <= users.as_of_date
        and {{ is_known('stg_repayments', 'users') }}
left join {{ ref('int_statements__left_out') }} as left_out
    on
        users.as_of_date = left_out.as_of_date
        and stg_repayments.user_key = left_out.user_key
        and stg_repayments.paid_date < left_out.first_kept_date
        and (
            stg_repayments.statement_id is not null
            or stg_repayments.account_id = left_out.account_id
        )
left join {{ ref('int_loans__left_out') }} as left_out_loans
    on
        users.as_of_date = left_out_loans.as_of_date
        and {{ key_hash(['stg_repayments.loan_id']) }}
        = {{ key_hash(['left_out_loans.loan_id']) }}
where left_out.user_key is null and left_out_loans.loan_id is null
