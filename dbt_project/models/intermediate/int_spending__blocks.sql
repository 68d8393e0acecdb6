{#- Blocks of 30 days before the night, the first one split after 7: 0 = 0-6, 1 = 7-29, 2 = 30-59. -#}
with purchases as (
    select
        nights.as_of_date,
        transactions.user_key,
        transactions.is_paylater,
        {{ cents('transactions.amount') }} as cents,
        cast({{ days_between('nights.as_of_date', 'transactions.occurred_date') }} as integer)
            as days_ago
    {{ purchases_within(365) }}
),

sums as (
    select
        as_of_date,
        user_key,
        case
            when days_ago < 7 then 0 else {{ whole_quotient('days_ago', 30) }} + 1
        end as block_number,
        cast(sum(cents) as bigint) as cents,
        count(*) as purchase_count,
        cast(sum(case when is_paylater then cents else 0 end) as bigint) as paylater_cents,
        max(cents) as largest_cents,
        -- One bit per day of the block.
        bit_or({{ day_bit('days_ago % 30') }}) as day_bits
    from purchases
    group by as_of_date, user_key, block_number
),

blocks as (
    {{ by_person('sums', ['block_number'], {
        'cents': 'sum', 'purchase_count': 'sum', 'paylater_cents': 'sum', 'largest_cents': 'max',
        'day_bits': 'bit_or',
    }) | indent(4) }}
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
