with loans as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key,
        stg_loans.*,
        stg_loans.status_date is null
        or stg_loans.status_date <= users.as_of_date as is_status_reached,
        stg_loans.closed_date is null
        or stg_loans.closed_date <= users.as_of_date as is_closing_reached
    from {{ ref('stg_loans') }} as stg_loans
    inner join {{ ref('int_users__resolved') }} as users
        on
            stg_loans.user_key = users.user_key
            and {{ is_known('stg_loans', 'users') }}
),

-- Every dated attribute reads as empty before its own date.
final as (
    select
        loans.as_of_date,
        loans.known_on,
        loans.loan_key,
        loans.loan_id,
        loans.surviving_key as user_key,
        loans.product,
        products.family,
        products.counts_as_cash,
        loans.account_key,
        case
            when products.family = 'revolving' then loans.origin_statement_key
        end as plan_statement_key,
        loans.principal,
        loans.total_due,
        case when loans.applied_date <= loans.as_of_date then loans.applied_date end
            as applied_date,
        case when loans.disbursed_date <= loans.as_of_date then loans.disbursed_at end
            as disbursed_at,
        case when loans.disbursed_date <= loans.as_of_date then loans.disbursed_date end
            as disbursed_date,
        loans.decision,
        case when loans.closed_date <= loans.as_of_date then loans.closed_date end
            as closed_date,
        case when loans.is_status_reached and loans.is_closing_reached then loans.close_reason end
            as close_reason,
        case when loans.is_status_reached then loans.written_off_amount end
            as written_off_amount,
        loans.is_status_reached
        and (
            coalesce(loans.written_off_amount, 0) > 0
            or (loans.is_closing_reached and coalesce(loans.close_reason, '') = 'written_off')
        ) as is_written_off,
        case
            when
                loans.is_status_reached and loans.is_closing_reached
                and loans.close_reason = 'repaid'
                then coalesce(loans.closed_date, loans.status_date)
        end as repaid_date,
        case when loans.is_status_reached then loans.reported_dpd end as reported_dpd,
        case when loans.is_status_reached then coalesce(loans.status_date, loans.as_of_date) end
            as reported_date
    from loans
    inner join {{ ref('products') }} as products
        on loans.product = products.product_code
)

select * from final
