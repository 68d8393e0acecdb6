-- The change points of open bills against what they are made from, the slow way.
{{ config(tags=['suite']) }}
with balances as (
    select
        *,
        lead(valid_from) over (
            partition by as_of_date, known_on, line_key
            order by valid_from
        ) as next_from,
        lag(valid_from) over (
            partition by as_of_date, known_on, line_key
            order by valid_from
        ) as previous_from,
        lag(balance_amount) over (
            partition by as_of_date, known_on, line_key
            order by valid_from
        ) as opening_amount
    from {{ ref('int_lines__balances') }}
),

-- Tonight: what the newest bill still asks for.
tonight as (
    select
        bills.line_key,
        bills.as_of_date,
        'tonight' as broken_rule
    from {{ ref('int_statements__settled') }} as bills
    left join balances
        on
            bills.as_of_date = balances.as_of_date
            and bills.known_on = balances.known_on
            and bills.line_key = balances.line_key
            and balances.valid_to is null
    where
        bills.is_newest
        and bills.outstanding_amount <> coalesce(balances.balance_amount, -1)
),

-- A row holds until the next one begins, inside the window.
gaps as (
    select
        line_key,
        as_of_date,
        'no gap and no overlap' as broken_rule
    from balances
    where
        coalesce(valid_to, as_of_date) <> coalesce(next_from, as_of_date)
        or valid_from <= {{ add_months('as_of_date', -24) }}
        or valid_from > as_of_date
),

billed as (
    select as_of_date, known_on, line_key, statement_date
    from {{ ref('int_statements__billed') }}
    group by as_of_date, known_on, line_key, statement_date
),

final_payments as (
    select
        as_of_date,
        known_on,
        line_key,
        min(paid_date) as first_paid_date
    from {{ ref('int_repayments__resolved') }}
    where line_key is not null and is_final and is_succeeded and held_reason is null
    group by as_of_date, known_on, line_key
),

-- From one day to the next, opening less covered is closing: on days on which no bill is issued,
-- which is a new balance whatever the old one was, and before any final payment, which is 0
-- whatever was paid. What is covered beyond the opening is credit.
movements as (
    select
        balances.line_key,
        balances.as_of_date,
        'opening less covered is closing' as broken_rule
    from balances
    left join billed
        on
            balances.as_of_date = billed.as_of_date
            and balances.known_on = billed.known_on
            and balances.line_key = billed.line_key
            and balances.valid_from = billed.statement_date
    left join final_payments
        on
            balances.as_of_date = final_payments.as_of_date
            and balances.known_on = final_payments.known_on
            and balances.line_key = final_payments.line_key
    left join {{ ref('int_lines__covered_by_day') }} as covered
        on
            balances.as_of_date = covered.as_of_date
            and balances.known_on = covered.known_on
            and balances.line_key = covered.line_key
            and balances.valid_from = covered.event_date
    where
        balances.previous_from is not null
        and billed.line_key is null
        and (
            final_payments.first_paid_date is null
            or balances.valid_from < final_payments.first_paid_date
        )
        and balances.balance_amount
        <> greatest(balances.opening_amount - coalesce(covered.covering_amount, 0), 0)
),

-- On the day of a bill: what it asks for less what covered it that day and what is given up.
issues as (
    select
        bills.line_key,
        bills.as_of_date,
        'billed less covered is closing' as broken_rule
    from {{ ref('int_statements__billed') }} as bills
    inner join balances
        on
            bills.as_of_date = balances.as_of_date
            and bills.known_on = balances.known_on
            and bills.line_key = balances.line_key
            and bills.statement_date = balances.valid_from
    left join final_payments
        on
            bills.as_of_date = final_payments.as_of_date
            and bills.known_on = final_payments.known_on
            and bills.line_key = final_payments.line_key
    left join {{ ref('int_lines__covered_by_day') }} as covered
        on
            bills.as_of_date = covered.as_of_date
            and bills.known_on = covered.known_on
            and bills.line_key = covered.line_key
            and bills.statement_date = covered.event_date
    where
        (
            bills.next_statement_date is null
            or bills.next_statement_date > bills.statement_date
        )
        and (
            final_payments.first_paid_date is null
            or bills.statement_date < final_payments.first_paid_date
        )
        and balances.balance_amount <> greatest(
            bills.amount_due - bills.written_off_amount
            - coalesce(covered.covering_amount, 0), 0
        )
),

final as (
    select * from tonight
    union all
    select * from gaps
    union all
    select * from movements
    union all
    select * from issues
)

select * from final
