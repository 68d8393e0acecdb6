{#- Bands of days before the night: 0-6, 7-29, 30-89, 90-179, 180-364, 365 and more. -#}
{%- set starts = [0, 7, 30, 90, 180, 365] -%}
with users as (
    select * from {{ ref('int_users__resolved') }}
),

-- What was refunded on a purchase that never happened was never spent either.
closed_purchases as (
    select users.as_of_date, users.known_on, movements.purchase_id
    from {{ ref('int_spending__movements') }} as movements
    inner join users
        on
            movements.user_key = users.user_key
            and movements.event_date <= users.as_of_date
            and movements.void_date <= users.as_of_date
            and {{ is_known('movements', 'users') }}
    where not movements.is_refund
    group by users.as_of_date, users.known_on, movements.purchase_id
),

known as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        movements.event_date,
        movements.is_refund,
        movements.amount,
        movements.is_paylater,
        movements.refunded_date,
        movements.purchase_id
    from {{ ref('int_spending__movements') }} as movements
    inner join users
        on
            movements.user_key = users.user_key
            and movements.event_date <= users.as_of_date
            and (movements.void_date is null or users.as_of_date < movements.void_date)
            and {{ is_known('movements', 'users') }}
    left join closed_purchases
        on
            users.as_of_date = closed_purchases.as_of_date
            and users.known_on = closed_purchases.known_on
            and movements.purchase_id = closed_purchases.purchase_id
            and movements.is_refund
    where closed_purchases.purchase_id is null
),

refund_rows as (
    select as_of_date, known_on, purchase_id
    from known
    where is_refund
    group by as_of_date, known_on, purchase_id
),

-- A purchase marked refunded, without a refund row, is a refund of all of it on that day.
marked_refunds as (
    select
        known.as_of_date,
        known.known_on,
        known.user_key,
        known.refunded_date as event_date,
        known.amount
    from known
    left join refund_rows
        on
            known.as_of_date = refund_rows.as_of_date
            and known.known_on = refund_rows.known_on
            and known.purchase_id = refund_rows.purchase_id
    where known.refunded_date <= known.as_of_date and refund_rows.purchase_id is null
),

movements as (
    select
        as_of_date, known_on, user_key, event_date, amount, is_refund, is_paylater,
        {{ days_between('as_of_date', 'event_date') }} as days_ago
    from known
    union all
    select
        as_of_date, known_on, user_key, event_date, amount, true as is_refund,
        false as is_paylater, {{ days_between('as_of_date', 'event_date') }} as days_ago
    from marked_refunds
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        case
            {% for start in starts[1:] | reverse -%}
                when days_ago >= {{ start }} then {{ start }}
            {% endfor -%}
            else 0
        end as band_start,
        cast(sum(case when is_refund then 0 else amount end) as decimal(18, 2))
            as purchase_amount,
        cast(sum(case when is_refund then 0 else 1 end) as bigint) as purchase_count,
        cast(
            sum(case when is_refund or not is_paylater then 0 else amount end)
            as decimal(18, 2)
        ) as paylater_amount,
        max(case when is_refund then 0 else amount end) as largest_amount,
        cast(sum(case when is_refund then amount else 0 end) as decimal(18, 2))
            as refund_amount,
        -- One bit per day with a purchase; of use up to 90 days back, where a band fits 60 bits.
        bit_or(case
            when is_refund or days_ago >= 90 then 0
            when days_ago >= 30 then {{ day_bit('days_ago - 30') }}
            when days_ago >= 7 then {{ day_bit('days_ago - 7') }}
            else {{ day_bit('days_ago') }}
        end) as day_bits,
        max(case when not is_refund then event_date end) as last_purchase_date,
        min(case when not is_refund and is_paylater then event_date end) as first_paylater_date
    from movements
    group by as_of_date, known_on, user_key, band_start
)

select * from final
