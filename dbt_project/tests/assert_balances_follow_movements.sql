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

bills as (
    select
        *,
        lead(statement_date) over (
            partition by as_of_date, known_on, line_key
            order by statement_date, tie_number
        ) as next_statement_date
    from {{ ref('int_statements__billed') }}
),

covered as (
    select as_of_date, known_on, line_key, event_date, sum(covering_amount) as covering_amount
    from {{ ref('int_lines__timeline') }}
    where statement_key is null
    group by as_of_date, known_on, line_key, event_date
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
    from bills
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
    left join covered
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

-- Each row once more from the bill in force on its day, all that covered it since and the final
-- payments that act on it by then.
in_force as (
    select
        balances.as_of_date,
        balances.known_on,
        balances.line_key,
        balances.valid_from,
        balances.balance_amount,
        bills.statement_date,
        bills.amount_due - bills.written_off_amount as billed_amount
    from balances
    left join bills
        on
            balances.as_of_date = bills.as_of_date
            and balances.known_on = bills.known_on
            and balances.line_key = bills.line_key
            and balances.valid_from >= bills.statement_date
            and (
                bills.next_statement_date is null
                or balances.valid_from < bills.next_statement_date
            )
),

covered_since as (
    select
        in_force.as_of_date,
        in_force.known_on,
        in_force.line_key,
        in_force.valid_from,
        sum(covered.covering_amount) as covered_amount
    from in_force
    inner join covered
        on
            in_force.as_of_date = covered.as_of_date
            and in_force.known_on = covered.known_on
            and in_force.line_key = covered.line_key
            and covered.event_date between in_force.statement_date and in_force.valid_from
    group by in_force.as_of_date, in_force.known_on, in_force.line_key, in_force.valid_from
),

settled as (
    select in_force.as_of_date, in_force.known_on, in_force.line_key, in_force.valid_from
    from in_force
    inner join {{ ref('int_repayments__resolved') }} as payments
        on
            in_force.as_of_date = payments.as_of_date
            and in_force.known_on = payments.known_on
            and in_force.line_key = payments.line_key
            and payments.paid_date <= in_force.valid_from
            and in_force.statement_date
            <= coalesce(payments.named_statement_date, payments.paid_date)
    where payments.is_final and payments.is_succeeded and payments.held_reason is null
    group by in_force.as_of_date, in_force.known_on, in_force.line_key, in_force.valid_from
),

amounts as (
    select
        in_force.line_key,
        in_force.as_of_date,
        'billed less covered is open' as broken_rule
    from in_force
    left join covered_since
        on
            in_force.as_of_date = covered_since.as_of_date
            and in_force.known_on = covered_since.known_on
            and in_force.line_key = covered_since.line_key
            and in_force.valid_from = covered_since.valid_from
    left join settled
        on
            in_force.as_of_date = settled.as_of_date
            and in_force.known_on = settled.known_on
            and in_force.line_key = settled.line_key
            and in_force.valid_from = settled.valid_from
    where
        in_force.statement_date is null
        or in_force.balance_amount <> case
            when settled.line_key is not null then 0
            else greatest(in_force.billed_amount - coalesce(covered_since.covered_amount, 0), 0)
        end
),

-- Bills of the window, and the one in force on its first day, begin a row.
unseen as (
    select
        bills.line_key,
        bills.as_of_date,
        'a bill begins a row' as broken_rule
    from bills
    left join balances
        on
            bills.as_of_date = balances.as_of_date
            and bills.known_on = balances.known_on
            and bills.line_key = balances.line_key
            and balances.valid_from = greatest(
                bills.statement_date,
                {{ add_days(add_months('bills.as_of_date', -24), 1) }}
            )
    where
        (
            bills.next_statement_date is null
            or (
                bills.next_statement_date > bills.statement_date
                and bills.next_statement_date
                > {{ add_days(add_months('bills.as_of_date', -24), 1) }}
            )
        )
        and balances.line_key is null
),

final as (
    select * from tonight
    union all
    select * from gaps
    union all
    select * from movements
    union all
    select * from amounts
    union all
    select * from unseen
)

select * from final
