{#- Blocks of the bands between the ends of the windows; a window is the sum of those inside it. -#}
{%- set bands = {
    7: 'block_number = 0', 30: 'block_number = 1', 90: 'block_number in (2, 3)',
    180: 'block_number between 4 and 6', 360: 'block_number between 7 and 12',
    365: 'block_number = 13',
} -%}
{%- set sums = ['cents', 'purchase_count', 'paylater_cents', 'active_days'] -%}
{#- Days of the first block lie in the second one's bits, too. -#}
{%- set block_start = '30 * greatest(block_number - 1, 0)' -%}
-- Of a block's days the lowest bit is the last one, the highest the first.
with edges as (
    select
        *,
        bit_count(day_bits) as active_days,
        {{ block_start }} + bit_count((day_bits & -day_bits) - 1) as last_days_ago,
        {{ block_start }} + {{ highest_bit('day_bits') }} as first_days_ago
    from {{ ref('int_spending__blocks') }}
),

banded as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for days, condition in bands.items() -%}
            {% for name in sums -%}
                cast(coalesce(sum({{ name }}) filter (where {{ condition }}), 0) as bigint)
                    as {{ name }}_{{ days }},
            {% endfor -%}
            coalesce(max(largest_cents) filter (where {{ condition }}), 0)
                as largest_cents_{{ days }},
        {% endfor -%}
        -- Eleven even blocks of 30 days; the twelfth are the two first together.
        count(*) filter (where block_number between 2 and 12) as later_month_count,
        sum({{ squared('cents') }}) filter (where block_number between 2 and 12)
            as later_months_squared,
        min(last_days_ago) as last_days_ago,
        max(first_days_ago) as first_days_ago
    from edges
    group by as_of_date, known_on, user_key
),

final as (
    select
        as_of_date,
        known_on,
        user_key,
        {% for days in [7, 30, 90, 180, 365] -%}
            {{ money(inside(bands, 'cents', days)) }} as purchase_amount_{{ days }}d,
            {{ money(inside(bands, 'paylater_cents', days)) }} as paylater_amount_{{ days }}d,
            {{ inside(bands, 'purchase_count', days) }} as purchase_count_{{ days }}d,
            {{ inside(bands, 'active_days', days) }} as active_days_{{ days }}d,
            {{ money('greatest(' ~ inside(bands, 'largest_cents', days, ', ') ~ ', 0)') }}
                as largest_amount_{{ days }}d,
        {% endfor -%}
        last_days_ago,
        first_days_ago,
        later_month_count
        + case when {{ inside(bands, 'purchase_count', 30) }} > 0 then 1 else 0 end
            as active_month_count,
        case
            when {{ inside(bands, 'cents', 360) }} > 0 then {{ whole_ratio(
                'coalesce(later_months_squared, 0) + ' ~ squared('(' ~ inside(bands, 'cents', 30) ~ ')'),
                squared('(' ~ inside(bands, 'cents', 360) ~ ')')
            ) }}
        end as month_concentration_ratio
    from banded
)

select * from final
