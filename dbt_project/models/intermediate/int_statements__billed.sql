{%- set statement = 'as_of_date, known_on, statement_key' -%}
with plans as (
    select
        {{ statement }},
        converted_amount,
        case when is_before_due then converted_amount else 0 end as early_amount,
        0 as until_next_amount
    from {{ ref('int_statements__converted') }}
    union all
    -- What is taken over of an older bill is taken off the newest one, which contains it.
    select
        as_of_date,
        known_on,
        newest_statement_key as statement_key,
        case when newest_statement_key <> statement_key then converted_amount else 0 end
            as converted_amount,
        0 as early_amount,
        converted_amount as until_next_amount
    from {{ ref('int_statements__converted') }}
),

converted as (
    select
        {{ statement }},
        sum(converted_amount) as converted_amount,
        sum(early_amount) as early_amount,
        sum(until_next_amount) as until_next_amount
    from plans
    group by {{ statement }}
),

-- A final payment settles the bill it names and those before it, whose rest that bill contains.
final_payments as (
    select
        bills.as_of_date,
        bills.statement_key,
        min(greatest(payments.paid_date, bills.statement_date)) as final_date
    from {{ ref('int_statements__known') }} as bills
    inner join {{ ref('int_repayments__resolved') }} as payments
        on
            bills.as_of_date = payments.as_of_date
            and bills.line_key = payments.line_key
            and bills.statement_date
            <= coalesce(payments.named_statement_date, payments.paid_date)
    where payments.is_final and payments.is_succeeded and payments.held_reason is null
    group by bills.as_of_date, bills.statement_key
),

-- Without the payments, which have no bill: a join would have to pass over them.
timeline as (
    select *
    from {{ ref('int_lines__timeline') }}
    where statement_key is not null
),

issued as (
    select
        bills.*,
        timeline.tie_number,
        timeline.covered_amount,
        timeline.covered_since_amount,
        case when timeline.next_covering_amount > 0 then timeline.next_date end
            as next_covering_date,
        timeline.next_covering_amount,
        greatest(bills.amount_due, 0) as positive_due_amount,
        cast(coalesce(converted.early_amount, 0) as decimal(18, 2)) as early_amount,
        coalesce(converted.converted_amount, 0) as converted_amount,
        coalesce(converted.until_next_amount, 0) as converted_until_next_amount,
        final_payments.final_date
    from {{ ref('int_statements__known') }} as bills
    inner join timeline
        on
            bills.as_of_date = timeline.as_of_date
            and bills.statement_key = timeline.statement_key
    left join converted
        on
            bills.as_of_date = converted.as_of_date
            and bills.statement_key = converted.statement_key
    left join final_payments
        on
            bills.as_of_date = final_payments.as_of_date
            and bills.statement_key = final_payments.statement_key
),

-- Plans in time are in the line's running total; they lower what the bill asks for and do not
-- count towards its minimum.
needs as (
    select
        *,
        cast(least(minimum_due, positive_due_amount - early_amount) as decimal(18, 2))
            as required_amount
    from issued
),

-- Most bills are met by the first payment after them: only what a later one reaches is looked up.
final as (
    select
        as_of_date,
        known_on,
        line_key,
        statement_key,
        user_key,
        product,
        family,
        statement_date,
        tie_number,
        due_date,
        last_on_time_date,
        cast(positive_due_amount as decimal(18, 2)) as amount_due,
        cast(least(converted_amount, positive_due_amount) as decimal(18, 2)) as converted_amount,
        cast(converted_until_next_amount as decimal(18, 2)) as converted_until_next_amount,
        early_amount,
        required_amount,
        written_off_amount,
        covered_amount as covered_before,
        covered_since_amount,
        final_date,
        case
            when required_amount <= 0 then statement_date
            when next_covering_amount >= early_amount + required_amount then next_covering_date
        end as required_date,
        required_amount > 0
        and coalesce(next_covering_amount, 0) < early_amount + required_amount
        and covered_since_amount >= early_amount + required_amount as is_required_later,
        -- A bill with nothing due says that nothing is owed from before either.
        case
            when positive_due_amount <= 0 then statement_date
            when next_covering_amount >= positive_due_amount then next_covering_date
        end as full_date,
        positive_due_amount > 0
        and coalesce(next_covering_amount, 0) < positive_due_amount
        and covered_since_amount >= positive_due_amount as is_full_later
    from needs
)

select * from final
