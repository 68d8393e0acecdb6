-- Accounts, loans, bills, instalments and payments as known, each with its user after merges.
set variable due_grace_days = (select due_grace_days from ops.run_parameters);
set variable minimum_due_ratio = (select minimum_due_ratio from ops.run_parameters);

create or replace temp table account_terms as
select
    accounts.account_id,
    coalesce(changes.surviving_key, accounts.user_key) as user_key,
    accounts.product,
    accounts.effective_date,
    lead(accounts.effective_date) over (
        partition by accounts.account_id
        order by accounts.effective_at
    ) as next_date,
    accounts.status,
    cents(accounts.credit_limit) as limit_cents,
    cents(accounts.temporary_limit) as temporary_cents,
    accounts.temporary_until_date
from staging.stg_accounts as accounts
left join user_changes as changes
    on accounts.user_key = changes.user_key
where
    accounts.effective_date <= night()
    and is_known(accounts.known_from, accounts.known_until)
    and (changes.user_key is null or changes.surviving_key is not null);

-- The terms that hold at the night's end.
create or replace temp table accounts as
select
    terms.account_id,
    terms.user_key,
    terms.product,
    products.family = 'revolving' as is_revolving,
    terms.status,
    terms.status <> 'closed' as is_open,
    case
        when terms.status <> 'closed'
            then terms.limit_cents + case
                when terms.temporary_until_date is null or terms.temporary_until_date > night()
                    then coalesce(terms.temporary_cents, 0)
                else 0
            end
    end as limit_cents
from account_terms as terms
inner join marts.products as products
    on terms.product = products.product_code
where terms.next_date is null;

create or replace temp table decisions as
select
    decisions.decision_id,
    coalesce(changes.surviving_key, decisions.user_key) as user_key,
    decisions.product,
    decisions.decided_at,
    decisions.decided_date,
    decisions.action,
    case when decisions.action <> 'close' then cents(decisions.credit_limit) end as limit_cents
from staging.stg_limit_decisions as decisions
left join user_changes as changes
    on decisions.user_key = changes.user_key
where
    decisions.decided_date <= night()
    and is_known(decisions.known_from, decisions.known_until)
    and (changes.user_key is null or changes.surviving_key is not null);

-- Every dated attribute reads as empty before its own date.
create or replace temp table loans as
with known as (
    select
        loans.* exclude (user_key),
        coalesce(changes.surviving_key, loans.user_key) as user_key,
        loans.status_date is null or loans.status_date <= night() as is_status_reached,
        loans.closed_date is null or loans.closed_date <= night() as is_closing_reached
    from staging.stg_loans as loans
    left join user_changes as changes
        on loans.user_key = changes.user_key
    where
        is_known(loans.known_from, loans.known_until)
        and (changes.user_key is null or changes.surviving_key is not null)
)

select
    loans.loan_id,
    loans.user_key,
    loans.product,
    products.family = 'revolving' as is_revolving,
    products.counts_as_cash,
    loans.account_id,
    case when products.family = 'revolving' then loans.origin_statement_id end
        as plan_statement_id,
    cents(loans.principal) as principal_cents,
    cents(coalesce(loans.total_due, loans.principal)) as total_cents,
    case when loans.applied_date <= night() then loans.applied_date end as applied_date,
    case when loans.disbursed_date <= night() then loans.disbursed_at end as disbursed_at,
    case when loans.disbursed_date <= night() then loans.disbursed_date end as disbursed_date,
    coalesce(loans.decision, '') = 'rejected' as is_rejected,
    case when loans.closed_date <= night() then loans.closed_date end as closed_date,
    coalesce(
        is_status_reached and is_closing_reached and loans.close_reason = 'repaid', false
    ) as is_repaid,
    coalesce(loans.disbursed_date <= night(), false) and coalesce(
        not (is_status_reached and is_closing_reached) or loans.close_reason <> 'cancelled', true
    ) as is_owed,
    case when is_status_reached then cents(loans.written_off_amount) end as written_off_cents,
    is_status_reached and (
        coalesce(loans.written_off_amount, 0) > 0
        or (is_closing_reached and coalesce(loans.close_reason, '') = 'written_off')
    ) as is_written_off,
    case
        when is_status_reached and is_closing_reached and loans.close_reason = 'repaid'
            then coalesce(loans.closed_date, loans.status_date)
    end as repaid_date,
    case when is_status_reached then loans.reported_dpd end as reported_dpd,
    coalesce(loans.status_date, night()) as reported_date,
    loans.lender_id
from known as loans
inner join marts.products as products
    on loans.product = products.product_code;

-- A bill without a product is of its account's; one without an account is of the user's only
-- account of the product, if there is one. Both are rare.
create or replace temp table bills as
with known as (
    select
        statements.statement_id,
        statements.statement_key,
        coalesce(changes.surviving_key, statements.user_key) as user_key,
        statements.account_id,
        coalesce(statements.product, accounts.product) as product,
        statements.statement_date,
        statements.due_date,
        statements.amount_due,
        statements.minimum_due,
        statements.reported_dpd,
        statements.written_off_amount
    from staging.stg_statements as statements
    left join user_changes as changes
        on statements.user_key = changes.user_key
    left join accounts
        on case when statements.product is null then statements.account_id end
            = accounts.account_id
    where
        is_known(statements.known_from, statements.known_until)
        and (changes.user_key is null or changes.surviving_key is not null)
),

unnamed as (
    select distinct user_key, product
    from known
    where account_id is null
),

only_accounts as (
    select user_key, product, min(account_id) as account_id
    from (
        select user_key, product, account_id from accounts
        union all
        select user_key, product, account_id from known
        where account_id is not null
    ) as named
    semi join unnamed
        using (user_key, product)
    group by user_key, product
    having min(account_id) = max(account_id)
)

select
    bills.statement_id,
    bills.statement_key,
    bills.user_key,
    products.family = 'revolving' as is_revolving,
    bills.product,
    coalesce(bills.account_id, only_accounts.account_id) as account_id,
    hash(bills.user_key, coalesce(bills.account_id, only_accounts.account_id, bills.product))
        as line_key,
    bills.statement_date,
    bills.due_date,
    cents(bills.amount_due) as stated_cents,
    greatest(cents(bills.amount_due), 0) as due_cents,
    case
        when bills.amount_due <= 0 then 0
        when bills.minimum_due is not null then cents(bills.minimum_due)
        when products.family = 'revolving'
            then cents(cast(
                bills.amount_due * getvariable('minimum_due_ratio') as decimal(18, 2)
            ))
        else cents(bills.amount_due)
    end as minimum_cents,
    coalesce(cents(bills.written_off_amount), 0) as written_off_cents,
    bills.reported_dpd
from known as bills
left join only_accounts
    on
        case when bills.account_id is null then bills.user_key end = only_accounts.user_key
        and bills.product = only_accounts.product
inner join marts.products as products
    on bills.product = products.product_code;

create or replace temp table installments as
select
    installments.loan_id,
    installments.installment_no,
    installments.installment_key,
    coalesce(changes.surviving_key, installments.user_key) as user_key,
    loans.rowid as loan_no,
    loans.user_key as loan_user_key,
    coalesce(
        loans.is_owed and loans.user_key = coalesce(changes.surviving_key, installments.user_key),
        false
    ) as is_scheduled,
    installments.due_date,
    cents(installments.amount_due) as due_cents,
    cents(least(
        coalesce(installments.principal_due, installments.amount_due), installments.amount_due
    )) as principal_cents
from staging.stg_installments as installments
left join user_changes as changes
    on installments.user_key = changes.user_key
left join loans
    on installments.loan_id = loans.loan_id
where
    is_known(installments.known_from, installments.known_until)
    and (changes.user_key is null or changes.surviving_key is not null);

-- Payments whose target is known and is the payer's; all others are held. Bills and instalments
-- are found by the hash of their id among those of the payer.
create or replace temp table payments as
with known as materialized (
    select
        coalesce(changes.surviving_key, repayments.user_key) as user_key,
        repayments.statement_id,
        repayments.statement_key,
        repayments.loan_id,
        repayments.installment_no,
        repayments.installment_key,
        repayments.account_id,
        repayments.paid_at,
        repayments.paid_date,
        cents(repayments.amount) as cents,
        repayments.method,
        repayments.status,
        coalesce(repayments.is_final, false) as is_final
    from staging.stg_repayments as repayments
    left join user_changes as changes
        on repayments.user_key = changes.user_key
    where
        repayments.paid_date <= night()
        and is_known(repayments.known_from, repayments.known_until)
        and (changes.user_key is null or changes.surviving_key is not null)
),

-- What an account id can stand for: a line with bills, or an account that loans are drawn from.
paid_accounts as (
    select distinct user_key, account_id
    from known
    where account_id is not null
),

account_kinds as (
    select user_key, account_id, bool_or(is_line) as is_line, bool_and(is_revolving) as is_revolving
    from (
        select user_key, account_id, is_revolving, true as is_line from bills
        where account_id is not null
        union all
        select user_key, account_id, is_revolving, false as is_line from loans
        where account_id is not null
        union all
        select user_key, account_id, is_revolving, is_revolving as is_line from accounts
    ) as mentions
    semi join paid_accounts
        using (user_key, account_id)
    group by user_key, account_id
)

select
    payments.user_key, payments.paid_at, payments.paid_date, payments.cents, payments.method,
    payments.status, payments.is_final, bills.is_revolving, bills.line_key,
    bills.statement_date as named_date, null as loan_no, null as installment_row,
    null as account_id
from known as payments
inner join bills
    on
        payments.statement_key = bills.statement_key
        and payments.user_key = bills.user_key
where payments.statement_id is not null
union all
select
    payments.user_key, payments.paid_at, payments.paid_date, payments.cents, payments.method,
    payments.status, payments.is_final, loans.is_revolving, null as line_key,
    null as named_date, loans.rowid as loan_no, null as installment_row, null as account_id
from known as payments
inner join loans
    on
        payments.loan_id = loans.loan_id
        and payments.user_key = loans.user_key
where payments.loan_id is not null and payments.installment_no is null
union all
select
    payments.user_key, payments.paid_at, payments.paid_date, payments.cents, payments.method,
    payments.status, payments.is_final, loans.is_revolving, null as line_key,
    null as named_date, loans.rowid as loan_no, installments.rowid as installment_row,
    null as account_id
from known as payments
inner join installments
    on
        payments.installment_key = installments.installment_key
        and payments.user_key = installments.loan_user_key
inner join loans
    on installments.loan_no = loans.rowid
where payments.installment_no is not null
union all
select
    payments.user_key, payments.paid_at, payments.paid_date, payments.cents, payments.method,
    payments.status, payments.is_final, kinds.is_revolving,
    case
        when kinds.is_line then hash(payments.user_key, payments.account_id)
    end as line_key,
    null as named_date, null as loan_no, null as installment_row, payments.account_id
from known as payments
inner join account_kinds as kinds
    on
        payments.account_id = kinds.account_id
        and payments.user_key = kinds.user_key
where payments.account_id is not null;
