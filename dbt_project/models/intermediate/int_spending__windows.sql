{#- Window in days -> number of the first block that lies outside it. -#}
{%- set windows = {7: 1, 30: 2, 90: 4, 180: 7, 365: 14} -%}
{#- Days of the first block lie in the second one's bits, too. -#}
{%- set block_start = '30 * greatest(block_number - 1, 0)' -%}
{%- set measures = ['purchase_amount', 'purchase_count', 'paylater_amount'] -%}
-- Of a block's days the lowest bit is the last one, the highest the first.
with edges as (
    select
        *,
        case
            when day_bits > 0 then {{ block_start }} + bit_count((day_bits & -day_bits) - 1)
        end as last_days_ago,
        case
            when day_bits > 0 then {{ block_start }} + {{ highest_bit('day_bits') }}
        end as first_days_ago
    from {{ ref('int_spending__blocks') }}
),

-- A window is the sum of the blocks inside it.
cumulated as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for days, outside in windows.items() -%}
            {% for measure in measures -%}
                sum(case when block_number < {{ outside }} then {{ measure }} else 0 end)
                    as {{ measure }}_{{ days }}d,
            {% endfor -%}
            sum(case when block_number < {{ outside }} then bit_count(day_bits) else 0 end)
                as active_days_{{ days }}d,
            max(case when block_number < {{ outside }} then largest_amount else 0 end)
                as largest_amount_{{ days }}d,
        {% endfor -%}
        min(last_days_ago) as last_days_ago,
        max(first_days_ago) as first_days_ago
    from edges
    group by as_of_date, known_on, user_key
),

-- Twelve even blocks: the two first are one.
months as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(purchase_amount) as amount,
        sum(purchase_count) as purchase_count
    from {{ ref('int_spending__blocks') }}
    where block_number < 13
    group by as_of_date, known_on, user_key, greatest(block_number, 1)
),

evenness as (
    select
        as_of_date,
        known_on,
        user_key,
        sum(case when purchase_count > 0 then 1 else 0 end) as active_month_count,
        sum(amount) as amount,
        sum({{ squared(cents('amount')) }}) as cents_squared
    from months
    group by as_of_date, known_on, user_key
),

final as (
    select
        cumulated.*,
        coalesce(evenness.active_month_count, 0) as active_month_count,
        case
            when evenness.amount > 0
                then {{ whole_ratio('evenness.cents_squared', squared(cents('evenness.amount'))) }}
        end as month_concentration_ratio
    from cumulated
    left join evenness
        on
            {{ same_user_night('cumulated', 'evenness') }}
)

select * from final
