with
{{ new_versions('loans', ['loan_id']) }}

select
    loan_id,
    {{ record_key('loan_id') }} as loan_key,
    user_key,
    product,
    account_id,
    {{ record_key('account_id') }} as account_key,
    applied_at,
    {{ business_date('applied_at') }} as applied_date,
    disbursed_at,
    {{ business_date('disbursed_at') }} as disbursed_date,
    decision,
    principal,
    total_due,
    daily_rate,
    term_months,
    term_days,
    repayment_method,
    lender_id,
    origin_statement_id,
    {{ record_key('origin_statement_id') }} as origin_statement_key,
    {{ business_date('closed_at') }} as closed_date,
    close_reason,
    written_off_amount,
    reported_dpd,
    {{ business_date('status_at') }} as status_date,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
