-- Money that names an instalment, and what settles it whatever the amounts say.
create or replace temp table schedule as
with paid as (
    select loan_no, installment_row, paid_date, cents, is_final
    from payments
    where line_key is null and status = 'succeeded'
),

-- Nearly every instalment gets one payment.
named as (
    select
        installment_row,
        cast(sum(cents) as bigint) as cents,
        count(cents) as payment_count,
        min(paid_date) filter (cents is not null) as first_date,
        min(paid_date) filter (is_final) as final_date
    from paid
    where installment_row is not null
    group by installment_row
),

-- Of several payments, the day on which their sum suffices.
several as (
    select installment_row, paid_date, sum(cents) over (
        partition by installment_row
        order by paid_date
        range between unbounded preceding and current row
    ) as cents
    from paid
    semi join (select installment_row from named where payment_count > 1) as shared
        using (installment_row)
    where cents is not null
),

several_dates as (
    select several.installment_row, min(several.paid_date) as named_date
    from several
    inner join installments
        on several.installment_row = installments.rowid
    where several.cents >= installments.due_cents
    group by several.installment_row
),

loan_finals as (
    select loan_no, min(paid_date) as final_date
    from paid
    where is_final and loan_no is not null and installment_row is null
    group by loan_no
)

select
    installments.rowid as installment_row,
    installments.loan_no,
    installments.installment_no,
    installments.user_key,
    installments.due_date,
    installments.due_cents,
    installments.principal_cents,
    coalesce(named.cents, 0) as named_cents,
    case
        when named.payment_count = 1 and named.cents >= installments.due_cents
            then named.first_date
        when named.payment_count > 1 then several_dates.named_date
    end as named_date,
    least(named.final_date, loan_finals.final_date, loans.repaid_date) as final_date,
    loans.account_id,
    loans.is_revolving,
    loans.is_repaid,
    loans.is_written_off,
    loans.written_off_cents
from installments
inner join loans
    on installments.loan_no = loans.rowid
left join named
    on installments.rowid = named.installment_row
left join several_dates
    on installments.rowid = several_dates.installment_row
left join loan_finals
    on installments.loan_no = loan_finals.loan_no
where installments.is_scheduled;

-- What a revolving account got beyond its bills goes to the instalments of its plans, from the
-- first plan on: what was paid before is a credit that later bills have taken in.
create or replace temp table overpayments as
with plan_accounts as (
    select schedule.user_key, schedule.account_id, min(loans.disbursed_date) as first_plan_date
    from schedule
    inner join loans
        on schedule.loan_no = loans.rowid
    where schedule.is_revolving and schedule.account_id is not null
    group by schedule.user_key, schedule.account_id
),

account_days as (
    select
        payments.line_key,
        payments.user_key,
        payments.account_id,
        payments.paid_date,
        sum(payments.cents) as cents
    from payments
    inner join plan_accounts
        on
            payments.user_key = plan_accounts.user_key
            and payments.account_id = plan_accounts.account_id
            and payments.paid_date >= plan_accounts.first_plan_date
    where
        payments.account_id is not null
        and payments.line_key is not null
        and payments.status = 'succeeded'
        and payments.cents is not null
    group by
        payments.line_key, payments.user_key, payments.account_id, payments.paid_date
),

-- As a day begins: the newest bill before or on it, and what of it was open then.
day_payments as (
    select line_key, event_date, sum(cents) as cents
    from line_payments
    semi join account_days
        using (line_key)
    group by line_key, event_date
),

day_ends as (
    select
        timeline.line_key,
        timeline.event_date,
        any_value(timeline.newest_bill_no) as newest_bill_no,
        min(timeline.coming_cents) as coming_cents
    from timeline
    semi join account_days
        using (line_key)
    where timeline.bill_no is null
    group by timeline.line_key, timeline.event_date
),

day_conversions as (
    select line_key, event_date, sum(converted_cents) as cents
    from conversions
    group by line_key, event_date
),

days as (
    select
        account_days.*,
        day_payments.cents as payment_cents,
        greatest(coalesce(
            bills.due_cents + day_ends.coming_cents + day_payments.cents
            + coalesce(day_conversions.cents, 0) - bills.coming_cents, 0
        ), 0) as unpaid_cents
    from account_days
    inner join day_payments
        on
            account_days.line_key = day_payments.line_key
            and account_days.paid_date = day_payments.event_date
    inner join day_ends
        on
            account_days.line_key = day_ends.line_key
            and account_days.paid_date = day_ends.event_date
    left join day_conversions
        on
            account_days.line_key = day_conversions.line_key
            and account_days.paid_date = day_conversions.event_date
    left join settled_bills as bills
        on day_ends.newest_bill_no = bills.bill_no
)

select
    user_key, account_id, paid_date, cast(least(cents, payment_cents - unpaid_cents) as bigint)
        as cents
from days
where payment_cents > unpaid_cents;

-- Pools: a loan, or all the loans of an account when money was paid to the account itself.
create or replace temp table pool_payments as
with unnamed as (
    select user_key, account_id, loan_no, installment_row, paid_date, cents
    from payments
    where line_key is null and status = 'succeeded' and cents is not null
    union all
    select user_key, account_id, null, null, paid_date, cents
    from overpayments
)

select * from unnamed;

create or replace temp table pooled as
with paid_accounts as (
    select distinct user_key, account_id from pool_payments
    where account_id is not null
),

paid_loans as (
    select distinct loan_no from pool_payments
    where loan_no is not null and installment_row is null
),

keyed as (
    select
        schedule.installment_row,
        schedule.loan_no,
        schedule.installment_no,
        schedule.due_date,
        schedule.due_cents,
        schedule.final_date,
        schedule.user_key,
        schedule.account_id,
        case
            when accounts.user_key is not null
                then hash(schedule.user_key, schedule.account_id)
            else hash(schedule.loan_no)
        end as pool_key,
        accounts.user_key is not null
        or loans.loan_no is not null
        or schedule.named_cents > schedule.due_cents as has_unnamed_money
    from schedule
    left join paid_accounts as accounts
        on
            schedule.user_key = accounts.user_key
            and schedule.account_id = accounts.account_id
    left join paid_loans as loans
        on schedule.loan_no = loans.loan_no
    where schedule.due_cents is not null
),

pools as (
    select distinct pool_key from keyed
    where has_unnamed_money
)

select
    keyed.* exclude (has_unnamed_money),
    -- Of one due date the loan with the smaller id is older.
    dense_rank() over (partition by keyed.pool_key order by loans.loan_id) as loan_position
from keyed
semi join pools
    using (pool_key)
inner join loans
    on keyed.loan_no = loans.rowid;

create or replace temp table pool_days as
with pooled_loans as (
    select distinct loan_no, pool_key from pooled
),

pool_keys as (
    select distinct pool_key from pooled
),

of_pools as (
    select
        coalesce(loans.pool_key, hash(payments.user_key, payments.account_id)) as pool_key,
        payments.loan_no,
        payments.installment_row,
        payments.paid_date,
        payments.cents
    from pool_payments as payments
    left join pooled_loans as loans
        on payments.loan_no = loans.loan_no
    where loans.pool_key is not null or payments.account_id is not null
),

days as (
    select pool_key, paid_date, sum(cents) filter (loan_no is null) as account_cents
    from of_pools
    semi join pool_keys
        using (pool_key)
    group by pool_key, paid_date
),

loan_days as (
    select loan_no, paid_date, sum(cents) as cents
    from of_pools
    where loan_no is not null and installment_row is null
    group by loan_no, paid_date
),

named_days as (
    select installment_row, paid_date, sum(cents) as cents
    from of_pools
    where installment_row is not null
    group by installment_row, paid_date
)

select
    pooled.pool_key,
    pooled.loan_no,
    pooled.installment_row,
    pooled.installment_no,
    pooled.loan_position,
    pooled.due_date,
    pooled.due_cents,
    days.paid_date,
    coalesce(pooled.final_date < days.paid_date, false) as is_settled_before,
    lead(days.paid_date) over in_order is null as is_last,
    cast(sum(coalesce(named_days.cents, 0)) over until_here as bigint) as named_cents,
    cast(sum(coalesce(loan_days.cents, 0)) over until_here as bigint) as loan_cents,
    cast(sum(coalesce(days.account_cents, 0)) over until_here as bigint) as account_cents
from pooled
inner join days
    on pooled.pool_key = days.pool_key
left join loan_days
    on
        pooled.loan_no = loan_days.loan_no
        and days.paid_date = loan_days.paid_date
left join named_days
    on
        pooled.installment_row = named_days.installment_row
        and days.paid_date = named_days.paid_date
window
    in_order as (partition by pooled.installment_row order by days.paid_date),
    until_here as (
        partition by pooled.installment_row
        order by days.paid_date
        rows between unbounded preceding and current row
    );

-- 1 Money that names an instalment goes there first; what it is too much goes to the loan.
-- 2 Money that names the loan fills its oldest unpaid instalments.
-- 3 Money that names only the account fills what is oldest over all its loans.
create or replace temp macro filled(capped) as table
with named as (
    select
        *,
        greatest(cap_cents - least(due_cents, named_cents), 0) as loan_need_cents,
        loan_cents + sum(greatest(named_cents - due_cents, 0)) over (
            partition by loan_no, paid_date
        ) as loan_money_cents
    from query_table(capped)
),

loan_queues as (
    select
        *,
        least(loan_need_cents, greatest(0, loan_money_cents - (sum(loan_need_cents) over (
            partition by loan_no, paid_date
            order by installment_no
            rows between unbounded preceding and current row
        ) - loan_need_cents))) as loan_filled_cents
    from named
),

account_queues as (
    select
        *,
        sum(loan_need_cents - loan_filled_cents) over (
            partition by pool_key, paid_date
            order by due_date, loan_position, installment_no
            rows between unbounded preceding and current row
        ) - (loan_need_cents - loan_filled_cents) as older_cents
    from loan_queues
)

select
    *,
    least(due_cents, named_cents) + loan_filled_cents + least(
        loan_need_cents - loan_filled_cents, greatest(0, account_cents - older_cents)
    ) as filled_cents
from account_queues;

-- What was settled before the day keeps the money it got by then and takes no more: to know how
-- much that is, pools with such instalments are filled once as if nothing had been settled.
create or replace temp table open_pools as
select *, due_cents as cap_cents
from pool_days
where pool_key in (select pool_key from pool_days where is_settled_before);

create or replace temp table capped_pools as
with kept as (
    select installment_row, max(filled_cents) filter (not is_settled_before) as cents
    from filled('open_pools')
    group by installment_row
)

select
    pool_days.*,
    case
        when pool_days.is_settled_before then coalesce(kept.cents, 0)
        else pool_days.due_cents
    end as cap_cents
from pool_days
left join kept
    on pool_days.installment_row = kept.installment_row;

create or replace temp table settled_installments as
with pools as (
    select
        installment_row,
        min(paid_date) filter (filled_cents >= due_cents) as filled_date,
        cast(sum(filled_cents) filter (is_last) as bigint) as paid_cents
    from filled('capped_pools')
    group by installment_row
),

rests as (
    select
        schedule.*,
        coalesce(pools.paid_cents, least(schedule.named_cents, schedule.due_cents)) as paid_cents,
        -- Repaid nobody knows when: nothing says that it was late.
        coalesce(
            least(schedule.named_date, pools.filled_date, schedule.final_date),
            case when schedule.is_repaid then schedule.due_date end
        ) as settled_date,
        case
            when schedule.final_date is null and not schedule.is_repaid
                then schedule.due_cents - coalesce(
                    pools.paid_cents, least(schedule.named_cents, schedule.due_cents)
                )
            else 0
        end as rest_cents
    from schedule
    left join pools
        on schedule.installment_row = pools.installment_row
),

-- A write-off without an amount gives up all that is unpaid; with one, the oldest first.
given_up as (
    select
        installment_row,
        case
            when written_off_cents is null then rest_cents
            else least(rest_cents, greatest(0, written_off_cents - (sum(rest_cents) over (
                partition by loan_no
                order by installment_no
                rows between unbounded preceding and current row
            ) - rest_cents)))
        end as cents
    from rests
    where is_written_off
)

select
    rests.installment_row,
    rests.loan_no,
    rests.user_key,
    rests.due_date,
    rests.due_cents,
    rests.settled_date,
    -- Paid, or given up by a final payment.
    cast(rests.due_cents - rests.rest_cents as bigint) as paid_or_waived_cents,
    cast(rests.rest_cents - coalesce(given_up.cents, 0) as bigint) as outstanding_cents,
    cast(
        case
            when rests.due_date <= night() then rests.rest_cents - coalesce(given_up.cents, 0)
            else least(rests.rest_cents - coalesce(given_up.cents, 0), rests.principal_cents)
        end as bigint
    ) as owed_cents,
    coalesce(rests.due_cents, 1) > 0 as is_obligation
from rests
left join given_up
    on rests.installment_row = given_up.installment_row;

create or replace temp table owed_loans as
with paid as (
    select
        loan_no,
        cast(sum(cents) as bigint) as cents,
        bool_or(is_final and installment_row is null) as is_final
    from payments
    where loan_no is not null and status = 'succeeded'
    group by loan_no
),

schedules as (
    select
        loan_no,
        cast(sum(owed_cents) as bigint) as owed_cents,
        bool_and(due_cents is not null) as is_known,
        -- An instalment of nothing (a pause) keeps no loan open, settles none and is no part of it.
        bool_and(settled_date is not null or not is_obligation) as is_settled,
        bool_and(settled_date is not null) filter (is_obligation) as is_all_settled,
        max(due_date) as last_due_date,
        max(settled_date) filter (is_obligation) as last_settled_date
    from settled_installments
    group by loan_no
),

states as (
    select
        loans.rowid as loan_no,
        loans.user_key,
        loans.product,
        loans.is_revolving,
        loans.counts_as_cash,
        loans.principal_cents,
        loans.disbursed_at,
        loans.disbursed_date,
        loans.closed_date,
        loans.is_written_off,
        loans.lender_id,
        coalesce(schedules.is_settled, paid.is_final, false) or loans.is_repaid as is_settled,
        not (coalesce(schedules.is_settled, paid.is_final, false) or loans.is_repaid)
        and loans.closed_date is null as is_open,
        case
            when coalesce(schedules.is_settled, paid.is_final, false) or loans.is_repaid then 0
            when schedules.is_known then schedules.owed_cents
            when loans.is_written_off and loans.written_off_cents is null then 0
            else greatest(
                loans.total_cents - coalesce(paid.cents, 0)
                - coalesce(loans.written_off_cents, 0), 0
            )
        end as outstanding_cents,
        schedules.is_all_settled,
        schedules.last_due_date,
        schedules.last_settled_date
    from loans
    left join paid
        on loans.rowid = paid.loan_no
    left join schedules
        on loans.rowid = schedules.loan_no
    where loans.is_owed
)

select
    *,
    -- A loan without a schedule runs until it is closed; a closing ends every other one too.
    least(coalesce(last_due_date, closed_date, night()), closed_date) as running_to_date,
    case when not is_open and is_all_settled then last_settled_date end as settled_date
from states;

-- A draw that is followed within three days by a payment on the line was likely made for it.
create or replace temp table draw_sums as
with draws as (
    select *, cast(night() - disbursed_date as bigint) as days_ago
    from owed_loans
    where counts_as_cash
),

followed as (
    select distinct draws.loan_no
    from draws
    inner join payments
        on
            draws.user_key = payments.user_key
            and payments.paid_at >= draws.disbursed_at
            and payments.paid_date <= draws.disbursed_date + 3
    where draws.days_ago < 365 and payments.is_revolving and payments.status = 'succeeded'
)

select
    draws.user_key,
    count(*) filter (days_ago < 30) as count_30d,
    count(*) filter (days_ago < 90) as count_90d,
    count(*) filter (days_ago < 180) as count_180d,
    count(*) filter (days_ago < 365) as count_365d,
    cast(coalesce(sum(principal_cents) filter (days_ago < 30), 0) as bigint) as cents_30d,
    cast(coalesce(sum(principal_cents) filter (days_ago < 90), 0) as bigint) as cents_90d,
    cast(coalesce(sum(principal_cents) filter (days_ago < 365), 0) as bigint) as cents_365d,
    coalesce(max(principal_cents) filter (days_ago < 365), 0) as max_cents_365d,
    count(followed.loan_no) filter (days_ago < 90) as followed_count_90d,
    count(followed.loan_no) as followed_count_365d,
    cast(coalesce(sum(principal_cents) filter (
        followed.loan_no is not null and days_ago < 90
    ), 0) as bigint) as followed_cents_90d,
    count(*) filter (is_open) as open_count,
    min(days_ago) as days_since_last,
    min(disbursed_date) as first_date,
    count(distinct lender_id) filter (is_open) as lender_count,
    count(*) filter (settled_date <= night() and settled_date > days_before(365))
        as settled_count_365d
from draws
left join followed
    on draws.loan_no = followed.loan_no
group by draws.user_key;

create or replace temp table overlap_counts as
select user_key, count(*) as bill_count
from settled_bills as bills
where
    due_cents > 0
    and statement_date > days_before(365)
    and exists (
        select 1 from owed_loans as draws
        where
            draws.counts_as_cash
            and draws.running_to_date > days_before(365)
            and bills.user_key = draws.user_key
            and bills.statement_date between draws.disbursed_date and draws.running_to_date
    )
group by user_key;
