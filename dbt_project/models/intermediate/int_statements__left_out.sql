{#-
    Of what was settled before every window began only sums are asked. The test is a sufficient
    one and reads narrow columns: whom it does not speak for keeps everything.

    Cuts are tried at the last bills before the windows, of four months; the newest that passes
    counts. The bill at the cut stays, with all that happened from its day on, so every later one
    finds what it needs; those before it ended with it, as it contains their rest.
-#}
{%- set tried_days = 124 -%}
{%- set night = 'as_of_date, known_on, user_key' -%}
with nights as (
    select
        run_dates.as_of_date,
        run_dates.known_on,
        {{ add_months('run_dates.as_of_date', -24) }} as window_start
    from {{ source('ops', 'run_dates') }} as run_dates
),

-- Payments into an account with plans pay instalments with what its bills do not need: that takes
-- all of its bills to know.
plan_accounts as (
    select {{ night }}, account_key, min(disbursed_date) as first_plan_date
    from {{ ref('int_loans__known') }}
    where family = 'revolving' and account_key is not null and disbursed_date is not null
    group by {{ night }}, account_key
),

paid_plan_accounts as (
    select plan_accounts.as_of_date, plan_accounts.user_key
    from {{ ref('stg_repayments') }} as repayments
    inner join plan_accounts
        on
            repayments.user_key = plan_accounts.user_key
            and repayments.account_key = plan_accounts.account_key
            and repayments.paid_date >= plan_accounts.first_plan_date
            and repayments.paid_date <= {{ add_months('plan_accounts.as_of_date', -24) }}
            and {{ is_known('repayments', 'plan_accounts') }}
),

excluded_users as (
    select as_of_date, user_key from {{ ref('int_users__resolved') }}
    where user_key <> surviving_key
    union
    select as_of_date, surviving_key as user_key from {{ ref('int_users__resolved') }}
    where user_key <> surviving_key
    union
    select as_of_date, user_key from paid_plan_accounts
),

-- Nobody, while there is no history before the windows.
old_users as (
    select
        nights.as_of_date,
        nights.known_on,
        nights.window_start,
        {{ add_days('max(statements.statement_date)', -tried_days) }} as first_tried_date,
        statements.user_key
    from {{ ref('stg_statements') }} as statements
    inner join nights
        on
            statements.statement_date < nights.window_start
            and {{ is_known('statements', 'nights') }}
    left join excluded_users
        on
            nights.as_of_date = excluded_users.as_of_date
            and statements.user_key = excluded_users.user_key
    where excluded_users.user_key is null
    group by nights.as_of_date, nights.known_on, nights.window_start, statements.user_key
),

-- Users with one line, of which nothing old was given up. What the lender reports is asked of the
-- newest report.
lines as (
    select
        users.as_of_date,
        users.known_on,
        users.user_key,
        users.window_start,
        users.first_tried_date,
        min(statements.account_key) as account_key,
        min(statements.product) as product,
        min(statements.statement_date) as first_statement_date,
        min(case when statements.amount_due > 0 then statements.statement_date end)
            as first_positive_date,
        max(case
            when statements.statement_date < users.first_tried_date then statements.due_date
        end) as last_untried_due_date,
        max(case
            when
                statements.reported_dpd is not null
                and statements.statement_date <= users.as_of_date
                then statements.statement_date
        end) as last_reported_date
    from {{ ref('stg_statements') }} as statements
    inner join old_users as users
        on
            statements.user_key = users.user_key
            and {{ is_known('statements', 'users') }}
    group by
        users.as_of_date,
        users.known_on,
        users.user_key,
        users.window_start,
        users.first_tried_date
    having
        {% for column in ['account_key', 'product'] -%}
            count(statements.{{ column }}) in (0, count(*))
            and coalesce(min(statements.{{ column }}) = max(statements.{{ column }}), true)
            and
        {% endfor -%}
        max(case
            when
                statements.written_off_amount > 0
                and statements.statement_date < users.window_start then 1
            else 0
        end) = 0
),

tried as (
    select
        lines.as_of_date,
        lines.user_key,
        statements.statement_date,
        max(statements.amount_due) as amount_due,
        greatest(
            max(max(statements.due_date)) over (
                partition by lines.as_of_date, lines.user_key
                order by statements.statement_date
                rows between unbounded preceding and current row
            ), max(lines.last_untried_due_date)
        ) as last_due_date
    from {{ ref('stg_statements') }} as statements
    inner join lines
        on
            statements.user_key = lines.user_key
            and statements.statement_date >= lines.first_tried_date
            and statements.statement_date < lines.window_start
            and {{ is_known('statements', 'lines') }}
    group by lines.as_of_date, lines.user_key, statements.statement_date
),

cuts as (
    select
        lines.*,
        tried.statement_date as cut_date,
        tried.amount_due
    from tried
    inner join lines
        on
            tried.as_of_date = lines.as_of_date
            and tried.user_key = lines.user_key
    cross join {{ source('ops', 'run_parameters') }} as run_parameters
    where
        {{ add_days('tried.last_due_date', 'run_parameters.due_grace_days') }}
        < lines.window_start
        and tried.statement_date > lines.first_statement_date
        and (
            lines.last_reported_date is null or lines.last_reported_date >= tried.statement_date
        )
),

late_bills as (
    select
        lines.as_of_date,
        lines.user_key,
        statements.statement_key,
        statements.statement_date
    from {{ ref('stg_statements') }} as statements
    inner join lines
        on
            statements.user_key = lines.user_key
            and statements.statement_date >= lines.first_tried_date
            and {{ is_known('statements', 'lines') }}
),

-- What names a bill: payments and plans, which act on their day, and disputes, always looked up.
naming as (
    select
        lines.as_of_date,
        lines.user_key,
        lines.window_start,
        lines.first_statement_date,
        lines.first_tried_date,
        repayments.paid_date as event_date,
        case when repayments.status = 'succeeded' then repayments.amount end as paid_amount,
        repayments.statement_key
    from {{ ref('stg_repayments') }} as repayments
    inner join lines
        on
            repayments.user_key = lines.user_key
            and repayments.paid_date <= lines.as_of_date
            and {{ is_known('repayments', 'lines') }}
    where repayments.statement_key is not null
    union all
    select
        lines.as_of_date,
        lines.user_key,
        lines.window_start,
        lines.first_statement_date,
        lines.first_tried_date,
        coalesce(plans.disbursed_date, lines.as_of_date) as event_date,
        null as paid_amount,
        plans.plan_statement_key as statement_key
    from {{ ref('int_loans__known') }} as plans
    inner join lines
        on
            {{ same_user_night('plans', 'lines') }}
    where plans.plan_statement_key is not null
    union all
    select
        lines.as_of_date,
        lines.user_key,
        lines.window_start,
        lines.first_statement_date,
        lines.first_tried_date,
        lines.as_of_date as event_date,
        null as paid_amount,
        disputes.record_key as statement_key
    from {{ ref('stg_disputes') }} as disputes
    inner join lines
        on
            disputes.user_key = lines.user_key
            and {{ is_known('disputes', 'lines') }}
    where disputes.record_kind = 'statement'
),

-- A bill that is none of the later ones is taken for the oldest.
named as (
    select
        naming.as_of_date,
        naming.user_key,
        naming.window_start,
        case
            when bills.statement_key is null then naming.first_statement_date
            else least(naming.event_date, bills.statement_date)
        end as from_date,
        greatest(naming.event_date, bills.statement_date) as to_date,
        case when bills.statement_key is not null then naming.paid_amount end as paid_amount
    from naming
    left join late_bills as bills
        on
            naming.as_of_date = bills.as_of_date
            and naming.user_key = bills.user_key
            and naming.statement_key = bills.statement_key
    where bills.statement_key is not null or naming.event_date >= naming.first_tried_date
),

-- A cut must not lie between a payment and the bill that it names.
judged as (
    select
        cuts.as_of_date,
        cuts.known_on,
        cuts.user_key,
        cuts.account_key,
        cuts.product,
        cuts.first_statement_date,
        cuts.first_positive_date,
        cuts.cut_date
    from cuts
    left join named
        on
            cuts.as_of_date = named.as_of_date
            and cuts.user_key = named.user_key
            and named.from_date < named.window_start
            and named.to_date >= cuts.cut_date
    group by
        cuts.as_of_date,
        cuts.known_on,
        cuts.user_key,
        cuts.account_key,
        cuts.product,
        cuts.first_statement_date,
        cuts.first_positive_date,
        cuts.last_reported_date,
        cuts.cut_date,
        cuts.amount_due
    having
        max(case when named.from_date < cuts.cut_date then 1 else 0 end) = 0
        and coalesce(sum(case
            when named.to_date <= cuts.window_start then named.paid_amount
        end), 0) >= cuts.amount_due
        and (
            cuts.last_reported_date is null
            or sum(case
                when named.to_date <= cuts.window_start then named.paid_amount
            end) > 0
        )
),

final as (
    select
        judged.as_of_date,
        judged.known_on,
        judged.user_key,
        judged.account_key,
        max(judged.cut_date) as first_kept_date,
        judged.first_statement_date,
        case when products.family = 'revolving' then judged.first_positive_date end
            as first_bill_date
    from judged
    left join {{ ref('int_accounts__effective') }} as accounts
        on
            judged.as_of_date = accounts.as_of_date
            and judged.account_key = accounts.account_key
    inner join {{ ref('products') }} as products
        on coalesce(judged.product, accounts.product) = products.product_code
    group by
        judged.as_of_date,
        judged.known_on,
        judged.user_key,
        judged.account_key,
        judged.first_statement_date,
        judged.first_positive_date,
        products.family
)

select * from final
