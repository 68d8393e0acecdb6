-- Bills and instalments as obligations: when they were due, when they were met.
create or replace temp table disputes as
with known as (
    select
        coalesce(changes.surviving_key, disputes.user_key) as user_key,
        disputes.record_kind,
        disputes.record_id,
        disputes.resolved_date is null or disputes.resolved_date > night() as is_open,
        disputes.outcome
    from staging.stg_disputes as disputes
    left join user_changes as changes
        on disputes.user_key = changes.user_key
    where
        disputes.opened_date <= night()
        and is_known(disputes.known_from, disputes.known_until)
        and (changes.user_key is null or changes.surviving_key is not null)
),

resolved as (
    select disputes.*, bills.rowid as bill_no, null as loan_no, null as installment_row
    from known as disputes
    inner join bills
        on
            disputes.record_id = bills.statement_id
            and disputes.user_key = bills.user_key
    where disputes.record_kind = 'statement'
    union all
    select disputes.*, null, loans.rowid, null
    from known as disputes
    inner join loans
        on
            disputes.record_id = loans.loan_id
            and disputes.user_key = loans.user_key
    where disputes.record_kind = 'loan'
    union all
    select disputes.* exclude (loan_id, number_text), null, null, installments.rowid
    from (
        select
            *,
            regexp_extract(record_id, '^(.*)#([^#]*)$', 1) as loan_id,
            regexp_extract(record_id, '^(.*)#([^#]*)$', 2) as number_text
        from known
        where record_kind = 'installment'
    ) as disputes
    inner join installments
        on
            disputes.loan_id = installments.loan_id
            and disputes.number_text = cast(installments.installment_no as varchar)
            and disputes.user_key = installments.user_key
    where installments.loan_user_key = installments.user_key
)

select
    user_key,
    is_open,
    -- An objection that was upheld stays: the record should not have said what it said.
    is_open or coalesce(outcome, '') = 'upheld' as is_excluding,
    bill_no,
    loan_no,
    installment_row
from resolved;

-- What lenders report, and whether that is all that is known of the debt.
create or replace temp table reports as
with newest as (
    select
        user_key,
        line_key,
        statement_date as reported_date,
        reported_dpd,
        row_number() over (
            partition by line_key order by statement_date desc, due_date desc, statement_id desc
        ) as recency
    from bills
    where reported_dpd is not null and statement_date <= night()
),

reports as (
    select user_key, line_key, null as loan_no, reported_dpd, reported_date
    from newest
    where recency = 1
    union all
    select user_key, null, rowid, reported_dpd, reported_date
    from loans
    where reported_dpd is not null and is_owed and not is_repaid
)

select
    *,
    coalesce(line_key not in (
        select line_key from payments
        where line_key is not null
    ), loan_no not in (
        select loan_no from payments
        where loan_no is not null
    )) as is_payment_unknown
from reports;

create or replace temp table obligations as
with obligations as (
    select
        bills.user_key, true as is_bill, bills.line_key, null as loan_no, bills.bill_no
            as record_no,
        bills.due_date, bills.last_on_time_date, bills.due_cents, bills.converted_cents,
        bills.paid_or_waived_cents, bills.outstanding_cents, bills.uncovered_cents,
        bills.required_met_date, bills.paid_in_full_date
    from settled_bills as bills
    where bills.due_cents > 0
    union all
    select
        user_key, false, null, loan_no, installment_row, due_date,
        due_date + getvariable('due_grace_days'), due_cents, 0, paid_or_waived_cents,
        outstanding_cents, outstanding_cents, settled_date, settled_date
    from settled_installments
    where is_obligation
),

disputed as (
    select distinct bill_no, loan_no, installment_row
    from disputes
    where is_excluding
),

-- Without payments, a report of n days on day d says: what fell due before d - n was paid, what
-- fell due from then to d was not; of what falls due later it says nothing.
settled as (
    select
        obligations.*,
        case
            when line_reports.line_key is null and loan_reports.loan_no is null
                then obligations.required_met_date
            when coalesce(line_reports.reported_dpd, loan_reports.reported_dpd) = 0
                then obligations.due_date
            when
                coalesce(line_reports.reported_date, loan_reports.reported_date)
                - obligations.due_date
                > coalesce(line_reports.reported_dpd, loan_reports.reported_dpd)
                then obligations.due_date
        end as met_date,
        disputed_bills.bill_no is not null or disputed_loans.loan_no is not null
        or disputed_installments.installment_row is not null as is_disputed,
        obligations.last_on_time_date < night()
        and coalesce(obligations.due_date <= coalesce(
            line_reports.reported_date, loan_reports.reported_date
        ), true) as is_over
    from obligations
    left join (select * from reports where is_payment_unknown) as line_reports
        on obligations.line_key = line_reports.line_key
    left join (select * from reports where is_payment_unknown) as loan_reports
        on obligations.loan_no = loan_reports.loan_no
    left join disputed as disputed_bills
        on
            case when obligations.is_bill then obligations.record_no end
            = disputed_bills.bill_no
    left join disputed as disputed_loans
        on obligations.loan_no = disputed_loans.loan_no
    left join disputed as disputed_installments
        on
            case when not obligations.is_bill then obligations.record_no end
            = disputed_installments.installment_row
)

select
    user_key,
    is_bill,
    line_key,
    due_date,
    last_on_time_date,
    due_cents,
    converted_cents,
    paid_or_waived_cents,
    outstanding_cents,
    uncovered_cents,
    met_date,
    is_disputed,
    is_over and not is_disputed as is_matured,
    is_over and not is_disputed and coalesce(met_date <= last_on_time_date, false) as is_on_time,
    is_over and not is_disputed and coalesce(met_date <= last_on_time_date, false)
    and coalesce(paid_in_full_date <= last_on_time_date, false) as is_full
from settled;

-- What fell due counts by its due date, what was judged by the last day on which it could be met.
create or replace temp table due_sums as
select
    user_key,
    cast(coalesce(sum(due_cents) filter (
        is_bill and not is_disputed and due_date > days_before(90) and due_date <= night()
    ), 0) as bigint) as bill_cents_90d,
    sum(due_cents - converted_cents) filter (
        not is_disputed and due_date > days_before(90) and due_date <= night()
    ) as asked_cents_90d,
    sum(paid_or_waived_cents) filter (
        not is_disputed and due_date > days_before(90) and due_date <= night()
    ) as paid_cents_90d,
    cast(coalesce(sum(due_cents) filter (
        is_bill and not is_disputed and due_date > days_before(180) and due_date <= night()
    ), 0) as bigint) as bill_cents_180d,
    sum(due_cents - converted_cents) filter (
        not is_disputed and due_date > days_before(180) and due_date <= night()
    ) as asked_cents_180d,
    sum(paid_or_waived_cents) filter (
        not is_disputed and due_date > days_before(180) and due_date <= night()
    ) as paid_cents_180d,
    cast(coalesce(sum(due_cents) filter (
        is_bill and not is_disputed and due_date > days_before(365) and due_date <= night()
    ), 0) as bigint) as bill_cents_365d,
    sum(due_cents - converted_cents) filter (
        not is_disputed and due_date > days_before(365) and due_date <= night()
    ) as asked_cents_365d,
    sum(paid_or_waived_cents) filter (
        not is_disputed and due_date > days_before(365) and due_date <= night()
    ) as paid_cents_365d,
    cast(coalesce(sum(converted_cents) filter (
        not is_disputed and due_date > days_before(365) and due_date <= night()
    ), 0) as bigint) as converted_cents_365d,
    cast(coalesce(sum(outstanding_cents) filter (
        due_date > night() and due_date <= night() + 30
    ), 0) as bigint) as due_cents_next_30d,
    count(*) filter (is_matured and last_on_time_date >= days_before(180)) as matured_count_180d,
    count(*) filter (is_on_time and last_on_time_date >= days_before(180)) as on_time_count_180d,
    count(*) filter (is_matured and is_bill and last_on_time_date >= days_before(180))
        as bill_count_180d,
    count(*) filter (is_on_time and is_bill and last_on_time_date >= days_before(180))
        as on_time_bill_count_180d,
    count(*) filter (is_full and is_bill and last_on_time_date >= days_before(180))
        as full_bill_count_180d,
    count(*) filter (is_matured and last_on_time_date >= days_before(365)) as matured_count_365d,
    count(*) filter (is_on_time and last_on_time_date >= days_before(365)) as on_time_count_365d,
    count(*) filter (is_matured and is_bill and last_on_time_date >= days_before(365))
        as bill_count_365d,
    count(*) filter (is_on_time and is_bill and last_on_time_date >= days_before(365))
        as on_time_bill_count_365d,
    count(*) filter (is_full and is_bill and last_on_time_date >= days_before(365))
        as full_bill_count_365d,
    count(*) filter (is_matured) as matured_count_24m,
    count(*) filter (is_on_time) as on_time_count_24m,
    count(*) filter (is_matured and is_bill) as bill_count_24m,
    count(*) filter (is_on_time and is_bill) as on_time_bill_count_24m,
    count(*) filter (is_full and is_bill) as full_bill_count_24m,
    cast(coalesce(sum(greatest(due_date - met_date, 0)) filter (
        is_on_time and last_on_time_date >= days_before(365)
    ), 0) as bigint) as days_before_due_365d,
    cast(coalesce(sum(coalesce(met_date, night()) - due_date) filter (
        is_matured and not is_on_time and last_on_time_date >= days_before(365)
    ), 0) as bigint) as late_days_365d,
    max(due_date) filter (is_matured and not is_on_time) as last_not_on_time_date,
    max(due_date) filter (is_matured and is_bill and not is_full) as last_not_full_date,
    max(due_date) filter (
        is_matured and is_bill and (is_full or not is_on_time)
    ) as last_not_minimum_only_date,
    max(due_date) filter (is_matured and is_bill) as last_bill_date
from obligations
where last_on_time_date >= months_before(24)
group by user_key;

-- A streak is what is due after the newest due date that ends it: all or nothing for most users.
create or replace temp table streaks as
with broken as (
    select user_key, last_not_on_time_date, last_not_full_date, last_not_minimum_only_date
    from due_sums
    where
        last_not_on_time_date is not null
        or last_not_full_date is not null
        or last_not_minimum_only_date < last_bill_date
)

select
    user_key,
    count(*) filter (
        last_not_on_time_date is null or due_date > last_not_on_time_date
    ) as on_time_count,
    count(*) filter (
        is_bill and (last_not_full_date is null or due_date > last_not_full_date)
    ) as full_count,
    count(*) filter (
        is_bill
        and (last_not_minimum_only_date is null or due_date > last_not_minimum_only_date)
    ) as minimum_only_count
from obligations
inner join broken
    using (user_key)
where is_matured and last_on_time_date >= months_before(24)
group by user_key;

create or replace temp table payment_sums as
select
    user_key,
    cast(coalesce(sum(cents) filter (
        status = 'succeeded' and paid_date > days_before(30)
    ), 0) as bigint) as cents_30d,
    count(*) filter (status = 'succeeded' and paid_date > days_before(30)) as count_30d,
    cast(coalesce(sum(cents) filter (
        status = 'succeeded' and paid_date > days_before(90)
    ), 0) as bigint) as cents_90d,
    count(*) filter (status = 'succeeded' and paid_date > days_before(90)) as count_90d,
    count(*) filter (status = 'failed' and method = 'autopay' and paid_date > days_before(90))
        as autopay_failed_count_90d,
    cast(coalesce(sum(cents) filter (
        status = 'succeeded' and paid_date > days_before(180)
    ), 0) as bigint) as cents_180d,
    count(*) filter (status = 'succeeded' and method is not null and paid_date > days_before(180))
        as method_known_count_180d,
    count(*) filter (status = 'succeeded' and method = 'autopay' and paid_date > days_before(180))
        as autopay_count_180d,
    count(*) filter (status = 'succeeded' and method = 'manual' and paid_date > days_before(180))
        as manual_count_180d,
    count(*) filter (status = 'failed' and method = 'autopay' and paid_date > days_before(180))
        as autopay_failed_count_180d,
    cast(coalesce(sum(cents) filter (status = 'succeeded'), 0) as bigint)
        as cents_365d,
    count(*) filter (status = 'succeeded') as count_365d,
    count(*) filter (status = 'succeeded' and method is not null)
        as method_known_count_365d,
    count(*) filter (status = 'succeeded' and method = 'autopay')
        as autopay_count_365d,
    count(*) filter (status = 'failed' and method = 'autopay')
        as autopay_failed_count_365d,
    count(*) filter (status = 'succeeded' and method = 'early') as early_count_365d,
    count(*) filter (status = 'succeeded' and method = 'third_party') as third_party_count_365d,
    count(*) filter (status = 'reversed') as reversed_count_365d,
    max(cents) filter (status = 'succeeded') as max_cents_365d,
    max(paid_date) filter (status = 'succeeded') as last_date
from payments
where paid_date > days_before(365)
group by user_key;

create or replace temp table fct_user_repayment_daily as
select
    users.user_key,
    night() as as_of_date,
    getvariable('known_on') as known_on,
    money(coalesce(dues.bill_cents_90d, 0)) as statement_due_amount_90d,
    money(coalesce(dues.bill_cents_180d, 0)) as statement_due_amount_180d,
    money(coalesce(dues.bill_cents_365d, 0)) as statement_due_amount_365d,
    money(coalesce(dues.converted_cents_365d, 0)) as converted_amount_365d,
    money(coalesce(dues.due_cents_next_30d, 0)) as due_amount_next_30d,
    money(coalesce(payments.cents_30d, 0)) as repayment_amount_30d,
    money(coalesce(payments.cents_90d, 0)) as repayment_amount_90d,
    money(coalesce(payments.cents_180d, 0)) as repayment_amount_180d,
    money(coalesce(payments.cents_365d, 0)) as repayment_amount_365d,
    money(coalesce(payments.max_cents_365d, 0)) as repayment_max_amount_365d,
    coalesce(payments.count_30d, 0) as repayment_count_30d,
    coalesce(payments.count_90d, 0) as repayment_count_90d,
    coalesce(payments.count_365d, 0) as repayment_count_365d,
    coalesce(payments.autopay_failed_count_90d, 0) as autopay_failed_count_90d,
    coalesce(payments.autopay_failed_count_180d, 0) as autopay_failed_count_180d,
    coalesce(payments.autopay_failed_count_365d, 0) as autopay_failed_count_365d,
    coalesce(payments.early_count_365d, 0) as early_repayment_count_365d,
    coalesce(payments.third_party_count_365d, 0) as third_party_payment_count_365d,
    coalesce(payments.reversed_count_365d, 0) as reversed_repayment_count_365d,
    ratio(coalesce(dues.paid_cents_90d, 0), dues.asked_cents_90d) as payment_ratio_90d,
    ratio(coalesce(dues.paid_cents_180d, 0), dues.asked_cents_180d) as payment_ratio_180d,
    ratio(coalesce(dues.paid_cents_365d, 0), dues.asked_cents_365d) as payment_ratio_365d,
    ratio(dues.on_time_count_180d, dues.matured_count_180d) as on_time_ratio_180d,
    ratio(dues.on_time_count_365d, dues.matured_count_365d) as on_time_ratio_365d,
    ratio(dues.on_time_count_24m, dues.matured_count_24m) as on_time_ratio_24m,
    ratio(dues.full_bill_count_180d, dues.bill_count_180d) as full_payment_ratio_180d,
    ratio(dues.full_bill_count_365d, dues.bill_count_365d) as full_payment_ratio_365d,
    ratio(
        dues.on_time_bill_count_180d - dues.full_bill_count_180d, dues.bill_count_180d
    ) as minimum_only_ratio_180d,
    ratio(
        dues.on_time_bill_count_365d - dues.full_bill_count_365d, dues.bill_count_365d
    ) as minimum_only_ratio_365d,
    ratio(dues.on_time_bill_count_365d, dues.bill_count_365d) as statement_on_time_ratio_365d,
    ratio(
        dues.on_time_count_365d - dues.on_time_bill_count_365d,
        dues.matured_count_365d - dues.bill_count_365d
    ) as installment_on_time_ratio_365d,
    ratio(dues.converted_cents_365d, dues.bill_cents_365d) as converted_ratio_365d,
    ratio(payments.autopay_count_180d, payments.method_known_count_180d) as autopay_ratio_180d,
    ratio(payments.autopay_count_365d, payments.method_known_count_365d) as autopay_ratio_365d,
    ratio(payments.manual_count_180d, payments.method_known_count_180d) as manual_ratio_180d,
    ratio(payments.early_count_365d, payments.method_known_count_365d)
        as early_repayment_ratio_365d,
    ratio(payments.third_party_count_365d, payments.method_known_count_365d)
        as third_party_payment_ratio_365d,
    coalesce(dues.matured_count_365d, 0) as matured_count_365d,
    case
        when dues.matured_count_24m > 0
            then coalesce(streaks.on_time_count, dues.matured_count_24m)
    end as on_time_streak_count,
    case
        when dues.bill_count_24m > 0 then coalesce(streaks.full_count, dues.bill_count_24m)
    end as full_payment_streak_count,
    case
        when dues.bill_count_24m > 0
            then coalesce(
                streaks.minimum_only_count,
                case
                    when dues.last_not_minimum_only_date is null then dues.bill_count_24m
                    else 0
                end
            )
    end as minimum_only_streak_count,
    mean_days(dues.days_before_due_365d, dues.on_time_count_365d) as days_before_due_mean_365d,
    mean_days(
        dues.late_days_365d, dues.matured_count_365d - dues.on_time_count_365d
    ) as late_days_mean_365d,
    cast(night() - payments.last_date as bigint) as repayment_days_since_last
from listed_users as users
left join due_sums as dues
    on users.user_key = dues.user_key
left join streaks
    on users.user_key = streaks.user_key
left join payment_sums as payments
    on users.user_key = payments.user_key;
