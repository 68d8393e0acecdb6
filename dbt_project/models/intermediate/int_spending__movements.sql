select
    user_key,
    occurred_date as event_date,
    refund_of is not null as is_refund,
    amount,
    payment_method in ('huabei', 'huabei_installment') as is_paylater,
    merchant_id,
    category_code,
    -- From this day on the movement never happened.
    case when status = 'closed' then coalesce(status_date, occurred_date) end as void_date,
    -- From this day on the purchase is refunded, unless its refund has a row of its own.
    case
        when status = 'refunded' and refund_of is null then coalesce(status_date, occurred_date)
    end as refunded_date,
    case
        when refund_of is not null then refund_of
        when status in ('refunded', 'closed') then transaction_id
    end as purchase_id,
    known_from,
    known_until
from {{ ref('stg_transactions') }}
where direction = 'out' or refund_of is not null
