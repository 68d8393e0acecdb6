-- Lateness that some day of 24 months saw.
create or replace temp table late as
select
    user_key,
    is_bill,
    line_key,
    due_date,
    met_date,
    met_date is null as is_past_due,
    last_on_time_date + 1 as from_date,
    coalesce(met_date, night()) as to_date,
    cast(coalesce(met_date, night()) - due_date as bigint) as days,
    uncovered_cents
from obligations
where
    is_matured
    and not is_on_time
    and coalesce(met_date, night()) > months_before(24);

-- Each bill of a line contains the rest of the one before: the largest, not the sum, and no more
-- than the newest bill leaves open.
create or replace temp table overdue as
with line_debts as (
    select user_key, line_key, max(uncovered_cents) as cents
    from late
    where is_bill and is_past_due
    group by user_key, line_key
),

debts as (
    select
        line_debts.user_key,
        least(line_debts.cents, coalesce(sum(bills.outstanding_cents), 0)) as cents
    from line_debts
    left join settled_bills as bills
        on
            line_debts.line_key = bills.line_key
            and bills.outstanding_cents > 0
            and bills.due_cents > 0
    group by line_debts.user_key, line_debts.line_key, line_debts.cents
    union all
    select user_key, uncovered_cents
    from late
    where not is_bill and is_past_due
)

select user_key, cast(sum(cents) as bigint) as cents
from debts
group by user_key;

create or replace temp table late_sums as
select
    user_key,
    coalesce(max(days) filter (is_past_due), 0) as current_dpd_days,
    count(*) filter (is_past_due) as past_due_count,
    coalesce(max(days) filter (to_date > days_before(30)), 0) as worst_dpd_days_30d,
    coalesce(max(days) filter (to_date > days_before(90)), 0) as worst_dpd_days_90d,
    coalesce(max(days) filter (to_date > days_before(180)), 0) as worst_dpd_days_180d,
    coalesce(max(days) filter (to_date > days_before(365)), 0) as worst_dpd_days_365d,
    coalesce(max(days) filter (to_date > months_before(24)), 0) as worst_dpd_days_24m,
    count(*) filter (from_date > days_before(90)) as late_payment_count_90d,
    count(*) filter (from_date > days_before(180)) as late_payment_count_180d,
    count(*) filter (from_date > days_before(365)) as late_payment_count_365d,
    count(*) filter (from_date > months_before(24)) as late_payment_count_24m,
    count(*) filter (days >= 7 and due_date + 7 > days_before(365))
        as late_7_count_365d,
    count(*) filter (days >= 7 and due_date + 7 > months_before(24))
        as late_7_count_24m,
    count(*) filter (days >= 30 and due_date + 30 > days_before(365))
        as late_30_count_365d,
    count(*) filter (days >= 30 and due_date + 30 > months_before(24))
        as late_30_count_24m,
    count(*) filter (days >= 60 and due_date + 60 > months_before(24))
        as late_60_count_24m,
    count(*) filter (days >= 90 and due_date + 90 > months_before(24))
        as late_90_count_24m,
    count(*) filter (not is_past_due and to_date > days_before(365)) as cured_count_365d,
    count(*) filter (not is_past_due) as cured_count_24m,
    count(*) filter (not is_past_due and days <= 7) as self_cured_count_24m,
    cast(sum(days) as bigint) as late_severity_days_24m,
    max(to_date) as last_late_date,
    max(to_date) filter (days >= 30) as last_late_30_date
from late
group by user_key;

-- Days past due on the night and on the same day of each month before.
create or replace temp table late_months as
with months as (
    select month, months_before(month) as day
    from range(24) as months(month)
),

monthly as (
    select late.user_key, months.month, max(months.day - late.due_date) as dpd
    from late
    inner join months
        on
            late.from_date <= months.day
            and (late.met_date is null or late.met_date > months.day)
    group by late.user_key, months.month
),

-- none, 1-29, 30-59, 60-89, 90 and more days past due
-- (a month that no obligation was late in has no row).
bucketed as (
    select
        user_key,
        month,
        dpd,
        case
            when dpd >= 90 then 4
            when dpd >= 60 then 3
            when dpd >= 30 then 2
            when dpd >= 1 then 1
            else 0
        end as bucket
    from monthly
),

pairs as (
    select
        coalesce(late.user_key, before.user_key) as user_key,
        coalesce(late.month, before.month - 1) as month,
        coalesce(late.bucket, 0) as bucket,
        coalesce(before.bucket, 0) as bucket_before
    from bucketed as late
    full join bucketed as before
        on
            late.user_key = before.user_key
            and late.month + 1 = before.month
),

rolls as (
    select
        user_key,
        count(*) filter (bucket > bucket_before) as forward_count,
        count(*) filter (bucket < bucket_before) as back_count
    from pairs
    where month between 0 and 11
    group by user_key
),

counts as (
    select
        user_key,
        count(*) filter (month < 12 and dpd > 0) as past_due_count,
        count(*) filter (dpd >= 30) as past_due_30_count
    from monthly
    group by user_key
)

select
    counts.*,
    coalesce(rolls.forward_count, 0) as forward_count,
    coalesce(rolls.back_count, 0) as back_count
from counts
left join rolls
    using (user_key);

create or replace temp table debt_sums as
with parts as (
    select
        user_key,
        min(statement_date) as first_statement_date,
        min(statement_date) filter (is_revolving and due_cents > 0) as first_bill_date,
        null as first_plan_date,
        null as last_disbursed_date,
        null as first_disbursed_date,
        count(*) filter (due_cents > 0 and statement_date > months_before(24)) as bill_count_24m,
        sum(outstanding_cents) as bill_cents,
        0 as plan_cents,
        0 as cash_cents,
        count(*) filter (written_off_cents > 0) as written_off_count,
        sum(written_off_cents) as written_off_cents,
        0 as cash_loan_count,
        0 as plan_open_count,
        0 as plan_count_365d
    from settled_bills
    group by user_key
    union all
    select
        user_key,
        null,
        null,
        min(disbursed_date) filter (is_revolving),
        max(disbursed_date),
        min(disbursed_date),
        0,
        0,
        coalesce(sum(outstanding_cents) filter (is_revolving), 0),
        coalesce(sum(outstanding_cents) filter (not is_revolving), 0),
        count(*) filter (is_written_off),
        0,
        count(*) filter (not is_revolving),
        count(*) filter (is_revolving and is_open),
        count(*) filter (is_revolving and disbursed_date > days_before(365))
    from owed_loans
    group by user_key
    union all
    -- As told: what the replay gives up may be less, or all of a loan that tells no amount.
    select user_key, null, null, null, null, null, 0, 0, 0, 0, 0, written_off_cents, 0, 0, 0
    from loans
    where written_off_cents > 0 and is_owed
)

select
    user_key,
    min(first_statement_date) as first_statement_date,
    least(min(first_bill_date), min(first_plan_date)) as first_use_date,
    max(last_disbursed_date) as last_disbursed_date,
    min(first_disbursed_date) as first_disbursed_date,
    cast(sum(bill_count_24m) as bigint) as bill_count_24m,
    cast(sum(bill_cents) as bigint) as bill_cents,
    cast(sum(plan_cents) as bigint) as plan_cents,
    cast(sum(cash_cents) as bigint) as cash_cents,
    cast(sum(written_off_count) as bigint) as written_off_count,
    cast(sum(written_off_cents) as bigint) as written_off_cents,
    cast(sum(cash_loan_count) as bigint) as cash_loan_count,
    cast(sum(plan_open_count) as bigint) as plan_open_count,
    cast(sum(plan_count_365d) as bigint) as plan_count_365d
from parts
group by user_key;

-- A line is one account however many purchases it paid; who names no account means one line.
create or replace temp table account_sums as
with mentions as (
    select distinct
        user_key,
        product,
        case when account_id is not null then line_key end as line_key
    from bills
    where is_revolving and statement_date <= night()
    union
    select user_key, product, hash(user_key, account_id)
    from accounts
    where is_revolving
    union
    select user_key, product, case when account_id is not null then hash(user_key, account_id) end
    from loans
    where is_revolving and disbursed_date is not null
),

lines as (
    select user_key, greatest(count(line_key), 1) as line_count
    from mentions
    group by user_key, product
),

parts as (
    select
        user_key, line_count, 0 as open_count, 0 as frozen_count, null as first_date
    from lines
    union all
    select
        user_key, 0, case when is_open then 1 else 0 end,
        case when status = 'frozen' then 1 else 0 end, null
    from accounts
    union all
    select user_key, 0, 0, 0, effective_date
    from account_terms
)

select
    user_key,
    cast(sum(line_count) as bigint) as line_count,
    cast(sum(open_count) as bigint) as open_count,
    cast(sum(frozen_count) as bigint) as frozen_count,
    min(first_date) as first_date
from parts
group by user_key;

create or replace temp table evidence as
with events as (
    select user_key, decided_date as event_date from decisions
    union all
    select user_key, effective_date from account_terms
    union all
    select user_key, paid_date from payments
    union all
    select user_key, statement_date from issued_bills
    union all
    select user_key, applied_date from loans
    union all
    select user_key, disbursed_date from loans
),

bits as (
    select
        user_key,
        cast(night() - event_date as integer) // 60 as block,
        cast(1 as bigint) << (cast(night() - event_date as integer) % 60) as day_bits
    from events
    where event_date > months_before(24)
    union all
    -- Refunds and voids, which are no purchases that count.
    select
        user_key,
        cast(night() - occurred_date as integer) // 60,
        cast(1 as bigint) << (cast(night() - occurred_date as integer) % 60)
    from refund_movements
    where (is_refund or is_void) and occurred_date > days_before(365)
    union all
    select
        user_key,
        cast(greatest(block - 1, 0) as integer) // 2,
        cast(day_bits as bigint) << (30 * (cast(greatest(block - 1, 0) as integer) % 2))
    from purchase_blocks
),

blocks as (
    select user_key, block, bit_or(day_bits) as day_bits
    from bits
    group by user_key, block
)

select user_key, cast(sum(bit_count(day_bits)) as bigint) as days
from blocks
group by user_key;

create or replace temp table application_sums as
select
    user_key,
    count(*) filter (applied_date > days_before(30)) as count_30d,
    count(*) filter (applied_date > days_before(90)) as count_90d,
    count(*) filter (applied_date > days_before(365)) as count_365d,
    count(*) filter (applied_date > days_before(365) and is_rejected) as rejected_count_365d,
    max(applied_date) as last_date
from loans
where plan_statement_id is null and applied_date is not null
group by user_key;

create or replace temp table fct_user_credit_history_daily as
with reported as (
    select user_key, max(reported_dpd) as dpd
    from reports
    group by user_key
),

disputed as (
    select user_key, count(*) as open_count
    from disputes
    where is_open
    group by user_key
)

select
    users.user_key,
    night() as as_of_date,
    getvariable('known_on') as known_on,
    whole_months(night(), users.registered_date) as months_on_book,
    coalesce(accounts.line_count, 0) + coalesce(debts.cash_loan_count, 0) as account_count,
    coalesce(accounts.open_count, 0) as open_account_count,
    coalesce(accounts.frozen_count, 0) as frozen_account_count,
    coalesce(lateness.current_dpd_days, 0) as current_dpd_days,
    coalesce(lateness.past_due_count, 0) as past_due_count,
    coalesce(lateness.worst_dpd_days_30d, 0) as worst_dpd_days_30d,
    coalesce(lateness.worst_dpd_days_90d, 0) as worst_dpd_days_90d,
    coalesce(lateness.worst_dpd_days_180d, 0) as worst_dpd_days_180d,
    coalesce(lateness.worst_dpd_days_365d, 0) as worst_dpd_days_365d,
    coalesce(lateness.worst_dpd_days_24m, 0) as worst_dpd_days_24m,
    coalesce(lateness.late_payment_count_90d, 0) as late_payment_count_90d,
    coalesce(lateness.late_payment_count_180d, 0) as late_payment_count_180d,
    coalesce(lateness.late_payment_count_365d, 0) as late_payment_count_365d,
    coalesce(lateness.late_payment_count_24m, 0) as late_payment_count_24m,
    coalesce(lateness.late_7_count_365d, 0) as late_7_count_365d,
    coalesce(lateness.late_7_count_24m, 0) as late_7_count_24m,
    coalesce(lateness.late_30_count_365d, 0) as late_30_count_365d,
    coalesce(lateness.late_30_count_24m, 0) as late_30_count_24m,
    coalesce(lateness.late_60_count_24m, 0) as late_60_count_24m,
    coalesce(lateness.late_90_count_24m, 0) as late_90_count_24m,
    coalesce(lateness.cured_count_365d, 0) as cured_count_365d,
    coalesce(lateness.cured_count_24m, 0) as cured_count_24m,
    coalesce(lateness.self_cured_count_24m, 0) as self_cured_count_24m,
    coalesce(lateness.late_severity_days_24m, 0) as late_severity_days_24m,
    coalesce(months.past_due_count, 0) as past_due_months_12m,
    coalesce(months.past_due_30_count, 0) as past_due_30_months_24m,
    coalesce(months.forward_count, 0) as roll_forward_count_12m,
    coalesce(months.back_count, 0) as roll_back_count_12m,
    coalesce(debts.bill_count_24m, 0) as statement_count_24m,
    coalesce(debts.written_off_count, 0) as written_off_count,
    coalesce(applications.count_30d, 0) as application_count_30d,
    coalesce(applications.count_90d, 0) as application_count_90d,
    coalesce(applications.count_365d, 0) as application_count_365d,
    coalesce(applications.rejected_count_365d, 0) as rejected_application_count_365d,
    coalesce(disputed.open_count, 0) as dispute_open_count,
    money(coalesce(overdue.cents, 0)) as overdue_amount,
    money(coalesce(debts.bill_cents, 0)) as outstanding_statement_amount,
    money(coalesce(debts.plan_cents + debts.cash_cents, 0)) as outstanding_loan_amount,
    money(coalesce(debts.bill_cents + debts.plan_cents + debts.cash_cents, 0))
        as outstanding_amount,
    money(coalesce(debts.written_off_cents, 0)) as written_off_amount,
    cast(night() - lateness.last_late_date as bigint) as days_since_last_late,
    cast(night() - lateness.last_late_30_date as bigint) as days_since_last_late_30,
    cast(
        night() - least(
            accounts.first_date, debts.first_disbursed_date, debts.first_statement_date
        ) as bigint
    ) as oldest_credit_days,
    cast(night() - debts.last_disbursed_date as bigint) as newest_loan_days,
    cast(night() - applications.last_date as bigint) as application_days_since_last,
    ratio(
        coalesce(overdue.cents, 0), debts.bill_cents + debts.plan_cents + debts.cash_cents
    ) as overdue_ratio,
    ratio(applications.rejected_count_365d, applications.count_365d)
        as application_rejected_ratio_365d,
    cast(reported.dpd as bigint) as reported_dpd_days,
    coalesce(evidence.days, 0) as evidence_days
from listed_users as users
left join account_sums as accounts
    on users.user_key = accounts.user_key
left join debt_sums as debts
    on users.user_key = debts.user_key
left join late_sums as lateness
    on users.user_key = lateness.user_key
left join late_months as months
    on users.user_key = months.user_key
left join overdue
    on users.user_key = overdue.user_key
left join application_sums as applications
    on users.user_key = applications.user_key
left join evidence
    on users.user_key = evidence.user_key
left join reported
    on users.user_key = reported.user_key
left join disputed
    on users.user_key = disputed.user_key;
