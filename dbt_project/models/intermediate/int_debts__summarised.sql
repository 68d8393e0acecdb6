{%- set night = 'as_of_date, known_on, user_key' -%}
with parts as (
    select
        {{ night }},
        statement_date,
        amount_due > 0
        and statement_date > {{ add_months('as_of_date', -24) }} as is_counted_24m,
        outstanding_amount as outstanding_statement_amount,
        0 as outstanding_loan_amount,
        is_written_off,
        0 as written_off_amount
    from {{ ref('int_statements__settled') }}
    union all
    select
        {{ night }},
        first_statement_date as statement_date,
        false as is_counted_24m,
        0 as outstanding_statement_amount,
        0 as outstanding_loan_amount,
        false as is_written_off,
        0 as written_off_amount
    from {{ ref('int_statements__left_out') }}
    union all
    select
        {{ night }},
        null as statement_date,
        false as is_counted_24m,
        0 as outstanding_statement_amount,
        outstanding_amount as outstanding_loan_amount,
        is_written_off,
        0 as written_off_amount
    from {{ ref('int_loans__outstanding') }}
    -- Amounts as told: what the replay gives up may be less, or all of a loan that tells none.
    union all
    select
        {{ night }},
        null as statement_date,
        false as is_counted_24m,
        0 as outstanding_statement_amount,
        0 as outstanding_loan_amount,
        false as is_written_off,
        written_off_amount
    from {{ ref('int_statements__known') }}
    where written_off_amount > 0 and statement_date <= as_of_date
    union all
    select
        {{ night }},
        null as statement_date,
        false as is_counted_24m,
        0 as outstanding_statement_amount,
        0 as outstanding_loan_amount,
        false as is_written_off,
        written_off_amount
    from {{ ref('int_loans__known') }}
    where
        written_off_amount > 0
        and disbursed_date is not null
        and coalesce(close_reason, '') <> 'cancelled'
),

final as (
    select
        {{ night }},
        min(statement_date) as first_statement_date,
        sum(case when is_counted_24m then 1 else 0 end) as statement_count_24m,
        sum(outstanding_statement_amount) as outstanding_statement_amount,
        sum(outstanding_loan_amount) as outstanding_loan_amount,
        sum(outstanding_statement_amount + outstanding_loan_amount) as outstanding_amount,
        sum(case when is_written_off then 1 else 0 end) as written_off_count,
        sum(written_off_amount) as written_off_amount
    from parts
    group by {{ night }}
)

select * from final
