{#- Blocks of 30 days before the night, the first one split after 7: 0 = 0-6, 1 = 7-29, 2 = 30-59. -#}
{%- set sums = [
    ('purchase_amount', 'is_counted', 'amount', 'decimal(18, 2)'),
    ('purchase_count', 'is_counted', '1', 'bigint'),
    ('paylater_amount', 'is_counted and is_paylater', 'amount', 'decimal(18, 2)'),
] -%}
with movements as (
    select
        nights.as_of_date,
        coalesce(merged.surviving_key, transactions.user_key) as user_key,
        transactions.amount,
        transactions.is_paylater,
        transactions.is_purchase
        and (transactions.void_date is null or nights.as_of_date < transactions.void_date)
            as is_counted,
        cast({{ days_between('nights.as_of_date', 'transactions.occurred_date') }} as integer)
            as days_ago
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ source('ops', 'run_dates') }} as nights
        on
            transactions.occurred_date <= nights.as_of_date
            and transactions.occurred_date > {{ add_days('nights.as_of_date', -365) }}
            and {{ is_known('transactions', 'nights') }}
    left join {{ ref('int_users__merged') }} as merged
        on
            nights.as_of_date = merged.as_of_date
            and transactions.user_key = merged.user_key
    where transactions.is_purchase or transactions.is_refund
),

blocks as (
    select
        as_of_date,
        user_key,
        case
            when days_ago < 7 then 0 else {{ whole_quotient('days_ago', 30) }} + 1
        end as block_number,
        {% for name, condition, value, type in sums -%}
            cast(sum(case when {{ condition }} then {{ value }} else 0 end) as {{ type }})
                as {{ name }},
        {% endfor -%}
        max(case when is_counted then amount else 0 end) as largest_amount,
        -- One bit per day of the block: with a purchase, and with anything at all.
        bit_or(case when is_counted then {{ day_bit('days_ago % 30') }} else 0 end) as day_bits,
        bit_or({{ day_bit('days_ago % 30') }}) as evidence_bits
    from movements
    group by as_of_date, user_key, block_number
),

final as (
    select
        blocks.*,
        nights.known_on
    from blocks
    inner join {{ source('ops', 'run_dates') }} as nights
        on blocks.as_of_date = nights.as_of_date
)

select * from final
