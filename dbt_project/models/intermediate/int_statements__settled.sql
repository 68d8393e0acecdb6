{%- set line = 'as_of_date, known_on, line_key' -%}
with bills as (
    select
        *,
        least(minimum_due, amount_due - early_amount) as required_amount
    from {{ ref('int_statements__billed') }}
),

-- The first day on which the line's running total reaches what a bill needs: needs and payments
-- stand on one ladder, so that nobody has to pair every payment with every bill. Plans in time are
-- in the running total; they lower what the bill asks for and do not count towards its minimum.
ladder as (
    select
        {{ line }}, statement_id, 'required' as need, 0 as position,
        covered_before + early_amount + required_amount as height, cast(null as date) as event_date
    from bills
    union all
    select
        {{ line }}, statement_id, 'full' as need, 0 as position,
        covered_before + amount_due as height, cast(null as date) as event_date
    from bills
    union all
    select
        {{ line }}, '' as statement_id, '' as need, 1 as position,
        covered_to_date as height, event_date
    from {{ ref('int_lines__covered_by_day') }}
),

rungs as (
    select
        {{ line }},
        statement_id,
        need,
        min(event_date) over (
            partition by as_of_date, line_key
            order by height, position, event_date, statement_id, need
            rows between current row and unbounded following
        ) as reached_date
    from ladder
),

reached as (
    select
        {{ line }},
        statement_id,
        min(case when need = 'required' then reached_date end) as required_date,
        min(case when need = 'full' then reached_date end) as full_date
    from rungs
    where statement_id <> ''
    group by {{ line }}, statement_id
),

-- A final payment settles the bill it names and those before it, whose rest that bill contains.
final_payments as (
    select
        bills.as_of_date,
        bills.known_on,
        bills.statement_id,
        min(greatest(payments.paid_date, bills.statement_date)) as final_date
    from bills
    inner join {{ ref('int_repayments__resolved') }} as payments
        on
            bills.as_of_date = payments.as_of_date
            and bills.line_key = payments.line_key
            and bills.statement_date
            <= coalesce(payments.named_statement_date, payments.paid_date)
    where payments.is_final and payments.is_succeeded and payments.held_reason is null
    group by bills.as_of_date, bills.known_on, bills.statement_id
),

settled as (
    select
        bills.*,
        final_payments.final_date,
        case
            when bills.required_amount <= 0 then bills.statement_date
            else reached.required_date
        end as required_date,
        -- A bill with nothing due says that nothing is owed from before either.
        least(
            case when bills.amount_due <= 0 then bills.statement_date else reached.full_date end,
            final_payments.final_date
        ) as full_date
    from bills
    inner join reached
        on
            bills.as_of_date = reached.as_of_date
            and bills.statement_id = reached.statement_id
    left join final_payments
        on
            bills.as_of_date = final_payments.as_of_date
            and bills.statement_id = final_payments.statement_id
),

-- A later bill contains the rest of this one: settled in full, it ends the arrears of both.
dated as (
    select
        *,
        min(full_date) over (
            partition by as_of_date, line_key
            order by statement_date, due_date, statement_id
            rows between current row and unbounded following
        ) as paid_in_full_date,
        least(amount_due - converted_amount, paid_until_next_amount) as paid_amount
    from settled
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
        statement_id,
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
        next_statement_date is null as is_newest,
        written_off_amount > 0 as is_written_off,
        reported_dpd
    from rests
)

select * from final
