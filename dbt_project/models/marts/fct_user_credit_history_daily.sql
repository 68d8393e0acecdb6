-- A line is one account however many purchases it paid; a cash loan is one of its own. The same
-- line is named by its account, its bills and its plans; who names no account means one line.
with lines as (
    select as_of_date, known_on, user_key, product, account_id
    from {{ ref('int_accounts__effective') }}
    where family = 'revolving'
    union all
    select as_of_date, known_on, user_key, product, account_id
    from {{ ref('int_statements__known') }}
    where family = 'revolving' and statement_date <= as_of_date
    union all
    select as_of_date, known_on, user_key, product, account_id
    from {{ ref('int_loans__known') }}
    where family = 'revolving' and disbursed_date is not null
),

line_counts as (
    select as_of_date, known_on, user_key, sum(line_count) as line_count
    from (
        select
            as_of_date,
            known_on,
            user_key,
            greatest(count(distinct account_id), 1) as line_count
        from lines
        group by as_of_date, known_on, user_key, product
    ) as product_lines
    group by as_of_date, known_on, user_key
),

loans as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when family = 'installment' then 1 else 0 end) as loan_count,
        sum(case when is_written_off then 1 else 0 end) as written_off_count,
        sum(outstanding_amount) as outstanding_amount
    from {{ ref('int_loans__outstanding') }}
    group by as_of_date, known_on, user_key
),

bills as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when is_written_off then 1 else 0 end) as written_off_count,
        sum(outstanding_amount) as outstanding_amount
    from {{ ref('int_statements__settled') }}
    group by as_of_date, known_on, user_key
),

applications as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when applied_date > {{ add_days('as_of_date', -90) }} then 1 else 0 end)
            as application_count_90d,
        sum(case
            when decision = 'rejected' and applied_date > {{ add_days('as_of_date', -365) }}
                then 1
            else 0
        end) as rejected_application_count_365d
    from {{ ref('int_loans__known') }}
    where plan_statement_id is null
    group by as_of_date, known_on, user_key
),

reports as (
    select as_of_date, known_on, user_key, max(reported_dpd) as reported_dpd_days
    from {{ ref('int_reports__dpd') }}
    group by as_of_date, known_on, user_key
),

final as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        users.months_on_book,
        cast(coalesce(line_counts.line_count, 0) + coalesce(loans.loan_count, 0) as bigint)
            as account_count,
        {% for name in [
            'current_dpd_days', 'worst_dpd_days_90d', 'worst_dpd_days_365d',
            'worst_dpd_days_24m', 'late_payment_count_90d', 'late_payment_count_365d',
            'late_30_count_24m', 'late_90_count_24m',
        ] -%}
            cast(coalesce(lateness.{{ name }}, 0) as bigint) as {{ name }},
        {% endfor -%}
        {{ days_between('users.as_of_date', 'lateness.last_late_date') }}
            as days_since_last_late,
        cast(coalesce(lateness.overdue_amount, 0) as decimal(18, 2)) as overdue_amount,
        cast(
            coalesce(loans.outstanding_amount, 0) + coalesce(bills.outstanding_amount, 0)
            as decimal(18, 2)
        ) as outstanding_amount,
        cast(reports.reported_dpd_days as bigint) as reported_dpd_days,
        cast(
            coalesce(loans.written_off_count, 0) + coalesce(bills.written_off_count, 0)
            as bigint
        ) as written_off_count,
        cast(coalesce(applications.application_count_90d, 0) as bigint)
            as application_count_90d,
        cast(coalesce(applications.rejected_application_count_365d, 0) as bigint)
            as rejected_application_count_365d,
        users.evidence_days
    from {{ ref('int_users__listed') }} as users
    {% for source in ['line_counts', 'loans', 'bills', 'applications', 'reports'] -%}
        left join {{ source }}
            on
                {{ same_user_night('users', source) }}
    {% endfor -%}
    left join {{ ref('int_lateness__summarised') }} as lateness
        on
            {{ same_user_night('users', 'lateness') }}
)

select * from final
