with
{{ new_versions('transactions', ['transaction_id']) }}

select
    transaction_id,
    user_key,
    occurred_at,
    {{ business_date('occurred_at') }} as occurred_date,
    amount,
    direction,
    category_code,
    merchant_id,
    channel,
    payment_method,
    status,
    {{ business_date('status_at') }} as status_date,
    refund_of,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
