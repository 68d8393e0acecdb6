with settled as (
    select
        bills.as_of_date,
        bills.known_on,
        bills.line_key,
        bills.statement_key,
        bills.user_key,
        bills.product,
        bills.family,
        bills.statement_date,
        bills.tie_number,
        bills.due_date,
        bills.last_on_time_date,
        bills.amount_due,
        bills.converted_amount,
        bills.converted_until_next_amount,
        bills.required_amount,
        bills.written_off_amount,
        bills.covered_before,
        bills.covered_since_amount,
        bills.final_date,
        coalesce(bills.required_date, reached.required_date) as required_date,
        least(coalesce(bills.full_date, reached.full_date), bills.final_date) as full_date
    from {{ ref('int_statements__billed') }} as bills
    left join {{ ref('int_statements__reached') }} as reached
        on
            bills.as_of_date = reached.as_of_date
            and bills.statement_key = reached.statement_key
),

-- A later bill contains the rest of this one: settled in full, it ends the arrears of both.
dated as (
    select
        *,
        min(full_date) over this_and_next as paid_in_full_date,
        lead(statement_date) over next_bills as next_statement_date,
        least(
            amount_due - converted_amount,
            coalesce(
                lead(covered_before) over (next_bills) - covered_before, covered_since_amount
            ) - converted_until_next_amount
        ) as paid_amount
    from settled
    window
        next_bills as (
            partition by as_of_date, line_key
            order by statement_date, tie_number
        ),
        this_and_next as (
            partition by as_of_date, line_key
            order by statement_date, tie_number
            rows between current row and unbounded following
        )
),

-- What is neither converted, paid nor written off is settled by a final payment, carried into the
-- next bill, or still owed.
rests as (
    select
        *,
        amount_due - converted_amount - paid_amount
        - least(written_off_amount, amount_due - converted_amount - paid_amount) as rest_amount
    from dated
),

final as (
    select
        as_of_date,
        known_on,
        statement_key,
        line_key,
        user_key,
        product,
        family,
        statement_date,
        due_date,
        last_on_time_date,
        amount_due,
        required_amount,
        converted_amount,
        paid_amount,
        cast(amount_due - converted_amount - paid_amount - rest_amount as decimal(18, 2))
            as written_off_amount,
        cast(case when final_date is not null then rest_amount else 0 end as decimal(18, 2))
            as waived_amount,
        cast(case
            when final_date is null and next_statement_date is not null then rest_amount
            else 0
        end as decimal(18, 2
        )) as carried_amount,
        cast(case
            when final_date is null and next_statement_date is null then rest_amount
            else 0
        end as decimal(18, 2
        )) as outstanding_amount,
        cast(greatest(amount_due - covered_since_amount, 0) as decimal(18, 2))
            as uncovered_amount,
        least(required_date, paid_in_full_date) as required_met_date,
        paid_in_full_date,
        next_statement_date,
        next_statement_date is null as is_newest,
        written_off_amount > 0 as is_written_off
    from rests
)

select * from final
