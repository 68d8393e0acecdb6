-- Bills, payments and plans of a line in one order, from which its balance of any day follows.
-- Of one day bills come first, by due date and id. Only bills that share line and day need a tie.
create or replace temp table bill_ties as
with shared as (
    select line_key, statement_date
    from bills
    where statement_date <= night()
    group by line_key, statement_date
    having count(*) > 1
)

select
    bills.rowid as bill_no,
    row_number() over (
        partition by line_key, statement_date
        order by bills.due_date, bills.statement_id
    ) as tie
from bills
inner join shared
    using (line_key, statement_date)
where bills.statement_date <= night();

create or replace temp table issued_bills as
select
    bills.rowid as bill_no,
    bills.user_key,
    bills.is_revolving,
    bills.line_key,
    bills.statement_date,
    coalesce(ties.tie, 0) as tie,
    bills.due_date,
    bills.due_date + getvariable('due_grace_days') as last_on_time_date,
    bills.due_cents,
    bills.minimum_cents,
    bills.written_off_cents
from bills
left join bill_ties as ties
    on bills.rowid = ties.bill_no
where bills.statement_date <= night();

-- A payment ahead of the bill it names acts on the day of that bill.
create or replace temp table line_payments as
select
    line_key,
    greatest(paid_date, named_date) as event_date,
    cents
from payments
where
    line_key is not null
    and status = 'succeeded'
    and cents is not null
    and greatest(paid_date, named_date) <= night();

-- What plans take over of the bills they name, and of the newest bill, which contains those.
create or replace temp table conversions as
with plans as (
    select
        bills.line_key,
        bills.bill_no,
        loans.loan_id,
        loans.disbursed_at,
        greatest(loans.disbursed_date, bills.statement_date) as event_date,
        loans.principal_cents,
        loans.disbursed_date <= bills.last_on_time_date as is_before_due
    from loans
    inner join bills as named
        on
            loans.plan_statement_id = named.statement_id
            and loans.user_key = named.user_key
    inner join issued_bills as bills
        on named.rowid = bills.bill_no
    where loans.is_owed
),

events as (
    select
        line_key, statement_date as event_date, 0 as position, tie, bill_no, '' as loan_id,
        0 as payment_cents
    from issued_bills
    semi join plans
        using (line_key)
    union all
    select line_key, event_date, 1, 0, null, '', cents
    from line_payments
    semi join plans
        using (line_key)
    union all
    select line_key, event_date, 2, 0, null, loan_id, 0
    from plans
),

timeline as (
    select
        *,
        sum(payment_cents) over until_here as paid_cents,
        last_value(bill_no ignore nulls) over until_here as newest_bill_no
    from events
    window until_here as (
        partition by line_key
        order by event_date, position, tie, loan_id
        rows between unbounded preceding and current row
    )
),

full_at as (
    select timeline.bill_no, bills.due_cents + timeline.paid_cents as full_at_cents
    from timeline
    inner join issued_bills as bills
        on timeline.bill_no = bills.bill_no
    where timeline.position = 0
),

placed as (
    select
        plans.*,
        timeline.newest_bill_no,
        greatest(named.full_at_cents - timeline.paid_cents, 0) as unpaid_cents,
        greatest(newest.full_at_cents - timeline.paid_cents, 0) as newest_unpaid_cents
    from plans
    inner join timeline
        on
            plans.loan_id = timeline.loan_id
            and timeline.position = 2
    inner join full_at as named
        on plans.bill_no = named.bill_no
    inner join full_at as newest
        on timeline.newest_bill_no = newest.bill_no
),

-- What plans before it leave on the bill that a plan names, and on the newest one.
named as (
    select
        *,
        greatest(least(principal_cents, unpaid_cents - (sum(principal_cents) over (
            partition by bill_no
            order by event_date, disbursed_at, loan_id
            rows between unbounded preceding and current row
        ) - principal_cents)), 0) as named_cents
    from placed
)

select
    line_key,
    bill_no,
    newest_bill_no,
    event_date,
    is_before_due,
    cast(greatest(least(named_cents, newest_unpaid_cents - (sum(named_cents) over (
        partition by newest_bill_no
        order by event_date, disbursed_at, loan_id
        rows between unbounded preceding and current row
    ) - named_cents)), 0) as bigint) as converted_cents
from named;

-- Every payment and plan covers. What is still to come in on the line tells all that a running
-- total would: of two events the difference is what came in between.
create or replace temp table timeline as
with events as (
    select line_key, statement_date as event_date, tie, bill_no, 0 as cents
    from issued_bills
    union all
    select line_key, event_date, 1000000 as tie, null as bill_no, cents
    from line_payments
    union all
    select line_key, event_date, 1000000 as tie, null as bill_no, converted_cents as cents
    from conversions
    where converted_cents > 0
)

select
    line_key,
    event_date,
    bill_no,
    cast(sum(cents) over (
        in_order rows between current row and unbounded following
    ) as bigint) - cents as coming_cents,
    last_value(bill_no ignore nulls) over (
        in_order rows between unbounded preceding and current row
    ) as newest_bill_no,
    lead(event_date) over in_order as next_date,
    lead(cents) over in_order as next_cents
from events
window in_order as (partition by line_key order by event_date, tie);

-- What the first payment after a bill reaches is known; only what a later one reaches is looked up.
create or replace temp table bill_needs as
with sums as (
    select
        bill_no,
        cast(sum(early_cents) as bigint) as early_cents,
        cast(sum(converted_cents) as bigint) as converted_cents,
        cast(sum(interval_cents) as bigint) as interval_cents
    from (
        select
            bill_no,
            case when is_before_due then converted_cents else 0 end as early_cents,
            converted_cents,
            0 as interval_cents
        from conversions
        union all
        select
            newest_bill_no, 0, case when newest_bill_no <> bill_no then converted_cents else 0 end,
            converted_cents
        from conversions
    ) as parts
    group by bill_no
),

finals as (
    select bills.bill_no, min(greatest(payments.paid_date, bills.statement_date)) as final_date
    from issued_bills as bills
    inner join (
        select * from payments
        where line_key is not null and is_final and status = 'succeeded'
    ) as payments
        on
            bills.line_key = payments.line_key
            and bills.statement_date <= coalesce(payments.named_date, payments.paid_date)
    group by bills.bill_no
),

needs as (
    select
        bills.*,
        timeline.coming_cents,
        coalesce(sums.early_cents, 0) as early_cents,
        least(coalesce(sums.converted_cents, 0), bills.due_cents) as converted_cents,
        coalesce(sums.interval_cents, 0) as interval_cents,
        finals.final_date,
        least(bills.minimum_cents, bills.due_cents - coalesce(sums.early_cents, 0))
            as required_cents,
        case when timeline.next_cents > 0 then timeline.next_date end as next_paid_date,
        timeline.next_cents
    from issued_bills as bills
    inner join (select * from timeline where bill_no is not null) as timeline
        on bills.bill_no = timeline.bill_no
    left join sums
        on bills.bill_no = sums.bill_no
    left join finals
        on bills.bill_no = finals.bill_no
)

select
    * exclude (next_cents, next_paid_date),
    case
        when required_cents <= 0 then statement_date
        when next_cents >= early_cents + required_cents then next_paid_date
    end as required_date,
    case
        when due_cents <= 0 then statement_date
        when next_cents >= due_cents then next_paid_date
    end as full_date,
    required_date is null and coming_cents >= early_cents + required_cents
        as is_required_later,
    full_date is null and coming_cents >= due_cents as is_full_later
from needs;

create or replace temp table later_dates as
with heights as (
    select
        bill_no, line_key, true as is_required,
        early_cents + required_cents - coming_cents as height_cents
    from bill_needs
    where is_required_later
    union all
    select bill_no, line_key, false as is_required, due_cents - coming_cents as height_cents
    from bill_needs
    where is_full_later
),

rungs as (
    select line_key, bill_no, is_required, height_cents, 0 as position, null as event_date
    from heights
    union all
    select line_key, null, null, -coming_cents, 1, event_date
    from timeline
    semi join heights
        using (line_key)
    where bill_no is null
),

reached as (
    select
        bill_no,
        is_required,
        min(event_date) over (
            partition by line_key
            order by height_cents, position
            rows between current row and unbounded following
        ) as reached_date
    from rungs
)

select
    bill_no,
    min(reached_date) filter (is_required) as required_date,
    min(reached_date) filter (not is_required) as full_date
from reached
where bill_no is not null
group by bill_no;

-- A later bill contains the rest of this one: settled in full, it ends the arrears of both.
create or replace temp table settled_bills as
with dated as (
    select
        bills.*,
        coalesce(bills.required_date, later.required_date) as first_required_date,
        min(least(bills.full_date, later.full_date, bills.final_date)) over (
            next_bills rows between current row and unbounded following
        ) as paid_in_full_date,
        lead(bills.statement_date) over next_bills as next_statement_date,
        least(
            bills.due_cents - bills.converted_cents,
            bills.coming_cents - lead(bills.coming_cents, 1, 0) over next_bills
            - bills.interval_cents
        ) as paid_cents
    from bill_needs as bills
    left join later_dates as later
        on bills.bill_no = later.bill_no
    window next_bills as (
        partition by bills.line_key order by bills.statement_date, bills.tie
    )
),

rests as (
    select *, greatest(due_cents - converted_cents - paid_cents - written_off_cents, 0)
        as rest_cents
    from dated
)

select
    bill_no,
    user_key,
    line_key,
    is_revolving,
    statement_date,
    due_date,
    last_on_time_date,
    due_cents,
    converted_cents,
    written_off_cents,
    coming_cents,
    final_date,
    next_statement_date,
    paid_cents + case when final_date is not null then rest_cents else 0 end
        as paid_or_waived_cents,
    case
        when final_date is null and next_statement_date is null then rest_cents
        else 0
    end as outstanding_cents,
    greatest(due_cents - coming_cents, 0) as uncovered_cents,
    least(first_required_date, paid_in_full_date) as required_met_date,
    paid_in_full_date
from rests;
