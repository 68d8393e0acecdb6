{#- The loan's own attributes stay with the loan: there are many instalments of each. -#}
with installments as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        stg_installments.installment_key,
        stg_installments.loan_key,
        stg_installments.installment_no,
        stg_installments.due_date,
        stg_installments.amount_due,
        -- Interest that falls due later is not owed yet.
        least(
            coalesce(stg_installments.principal_due, stg_installments.amount_due),
            stg_installments.amount_due
        ) as principal_due
    from {{ ref('stg_installments') }} as stg_installments
    inner join {{ ref('int_users__resolved') }} as users
        on
            stg_installments.user_key = users.user_key
            and {{ is_known('stg_installments', 'users') }}
    left join {{ ref('int_loans__left_out') }} as left_out
        on
            users.as_of_date = left_out.as_of_date
            and stg_installments.loan_key = left_out.loan_key
    where left_out.loan_key is null
),

final as (
    select
        installments.as_of_date,
        installments.known_on,
        installments.installment_key,
        installments.loan_key,
        installments.installment_no,
        installments.user_key,
        loans.user_key as loan_user_key,
        loans.family,
        installments.due_date,
        installments.amount_due,
        installments.principal_due,
        case
            when loans.loan_key is null then 'loan_unknown'
            when loans.user_key <> installments.user_key then 'owed_by_another_user'
        end as held_reason,
        loans.disbursed_date is not null
        and coalesce(loans.close_reason, '') <> 'cancelled' as is_owed
    from installments
    left join {{ ref('int_loans__known') }} as loans
        on
            installments.as_of_date = loans.as_of_date
            and installments.loan_key = loans.loan_key
)

select * from final
