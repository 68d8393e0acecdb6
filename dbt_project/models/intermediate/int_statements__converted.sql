with plans as (
    select *
    from {{ ref('int_loans__known') }}
    where
        plan_statement_id is not null
        and disbursed_date is not null
        and coalesce(close_reason, '') <> 'cancelled'
),

final as (
    select
        statements.as_of_date,
        statements.known_on,
        statements.line_key,
        statements.statement_id,
        plans.loan_id,
        plans.disbursed_date,
        plans.principal as converted_amount,
        plans.disbursed_date <= statements.last_on_time_date as is_before_due
    from plans
    inner join {{ ref('int_statements__known') }} as statements
        on
            plans.as_of_date = statements.as_of_date
            and plans.known_on = statements.known_on
            and plans.plan_statement_id = statements.statement_id
            and plans.user_key = statements.user_key
)

select * from final
