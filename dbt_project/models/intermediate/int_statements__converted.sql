-- What plans before it leave on the bill that a plan names.
with named as (
    select
        *,
        greatest(least(principal, unpaid_amount - (sum(principal) over (
            partition by as_of_date, statement_key
            order by event_date, disbursed_at, loan_id
            rows between unbounded preceding and current row
        ) - principal)), 0) as named_amount
    from {{ ref('int_plans__placed') }}
),

-- And on the newest bill, which may ask for less. The plan that is too large for it leaves nothing
-- on it, so that what it would have taken may stand for what it took.
final as (
    select
        as_of_date,
        known_on,
        line_key,
        statement_key,
        newest_statement_key,
        loan_key,
        event_date,
        cast(greatest(least(named_amount, newest_unpaid_amount - (sum(named_amount) over (
            partition by as_of_date, newest_statement_key
            order by event_date, disbursed_at, loan_id
            rows between unbounded preceding and current row
        ) - named_amount)), 0) as decimal(18, 2)) as converted_amount,
        is_before_due
    from named
)

select * from final
