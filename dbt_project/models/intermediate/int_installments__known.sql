with installments as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key,
        stg_installments.*
    from {{ ref('stg_installments') }} as stg_installments
    inner join {{ ref('int_users__resolved') }} as users
        on
            stg_installments.user_key = users.user_key
            and {{ is_known('stg_installments', 'users') }}
    left join {{ ref('int_loans__left_out') }} as left_out
        on
            users.as_of_date = left_out.as_of_date
            and {{ key_hash(['stg_installments.loan_id']) }}
            = {{ key_hash(['left_out.loan_id']) }}
    where left_out.loan_id is null
),

final as (
    select
        installments.as_of_date,
        installments.known_on,
        installments.loan_id,
        installments.installment_no,
        installments.surviving_key as user_key,
        loans.product,
        loans.family,
        loans.account_id,
        loans.disbursed_date,
        installments.due_date,
        {{ add_days('installments.due_date', 'run_parameters.due_grace_days') }}
            as last_on_time_date,
        installments.amount_due,
        -- Interest that falls due later is not owed yet.
        least(
            coalesce(installments.principal_due, installments.amount_due),
            installments.amount_due
        ) as principal_due,
        loans.repaid_date,
        coalesce(loans.close_reason, '') = 'repaid' as is_repaid,
        loans.is_written_off,
        loans.written_off_amount,
        case
            when loans.loan_id is null then 'loan_unknown'
            when loans.user_key <> installments.surviving_key then 'owed_by_another_user'
        end as held_reason,
        loans.disbursed_date is not null
        and coalesce(loans.close_reason, '') <> 'cancelled' as is_owed
    from installments
    left join {{ ref('int_loans__known') }} as loans
        on
            installments.as_of_date = loans.as_of_date
            and installments.loan_id = loans.loan_id
    cross join {{ source('ops', 'run_parameters') }} as run_parameters
)

select * from final
