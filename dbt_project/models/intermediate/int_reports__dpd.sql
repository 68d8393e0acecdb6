{#- What the lender reports counts as an obligation's lateness only where no payment is known. -#}
with paid as (
    select
        as_of_date,
        known_on,
        case when line_key is not null then 'line' else 'loan' end as debt_kind,
        coalesce(line_key, loan_key) as debt_key
    from {{ ref('int_repayments__resolved') }}
    where held_reason is null and (line_key is not null or loan_key is not null)
    group by as_of_date, known_on, debt_kind, debt_key
),

statements as (
    select
        *,
        row_number() over (
            partition by as_of_date, line_key
            order by statement_date desc, tie_number desc
        ) as recency
    from {{ ref('int_statements__issued') }}
    where reported_dpd is not null
),

reports as (
    select
        as_of_date, known_on, user_key, 'line' as debt_kind, line_key as debt_key,
        reported_dpd, statement_date as reported_date
    from statements
    where recency = 1
    union all
    select
        as_of_date, known_on, user_key, 'loan' as debt_kind,
        loan_key as debt_key,
        reported_dpd, reported_date
    from {{ ref('int_loans__known') }}
    where
        reported_dpd is not null
        and disbursed_date is not null
        and coalesce(close_reason, '') not in ('repaid', 'cancelled')
),

final as (
    select
        reports.as_of_date,
        reports.known_on,
        reports.user_key,
        reports.debt_kind,
        reports.debt_key,
        reports.reported_dpd,
        reports.reported_date,
        paid.debt_key is null as is_payment_unknown
    from reports
    left join paid
        on
            reports.as_of_date = paid.as_of_date
            and reports.debt_kind = paid.debt_kind
            and reports.debt_key = paid.debt_key
)

select * from final
