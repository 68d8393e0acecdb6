{#- What a movement is to spending is judged here, once. -#}
with
{{ new_versions('transactions', ['transaction_id']) }},

dated as (
    select
        *,
        {{ business_date('occurred_at') }} as occurred_date,
        {{ business_hour('occurred_at') }} as occurred_hour,
        coalesce({{ business_date('status_at') }}, {{ business_date('occurred_at') }})
            as state_date
    from new_versions
)

select
    transaction_id,
    user_key,
    occurred_date,
    amount,
    direction = 'out' and refund_of is null as is_purchase,
    refund_of is not null as is_refund,
    payment_method in ('huabei', 'huabei_installment') as is_paylater,
    payment_method = 'huabei_installment' as is_installment,
    occurred_hour >= 22 or occurred_hour < 6 as is_night,
    category_code,
    {{ record_key('merchant_id') }} as merchant_key,
    -- From this day on the movement never happened.
    case when status = 'closed' then state_date end as void_date,
    -- From this day on the purchase is refunded, unless its refund has a row of its own.
    case
        when status = 'refunded' and refund_of is null and direction = 'out' then state_date
    end as refunded_date,
    case
        when refund_of is not null then {{ record_key('refund_of') }}
        when status in ('refunded', 'closed') and direction = 'out'
            then {{ record_key('transaction_id') }}
    end as purchase_key,
    batch_date,
    version_key,
    known_from,
    known_until
from dated
