{#- Days of a window -> its last block. A measure is summed between the windows it is asked for. -#}
{%- set last_block = {7: 0, 30: 1, 90: 3, 180: 6, 360: 12, 365: 13} -%}
{%- set windows = {
    'cents': [7, 30, 90, 180, 360, 365],
    'purchase_count': [7, 30, 90, 180, 365],
    'active_days': [7, 30, 90, 180, 365],
    'paylater_cents': [30, 90, 365],
    'largest_cents': [30, 90, 365],
} -%}
{%- set cents_360d = inside(windows['cents'], 'cents', 360) -%}
{%- set cents_30d = inside(windows['cents'], 'cents', 30) -%}
{%- set count_30d = inside(windows['purchase_count'], 'purchase_count', 30) -%}
{#- Block 0 holds the last seven days, whose bits count from the same day as those of block 1. -#}
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
        {% for name, ends in windows.items() -%}
            {%- set first = namespace(block=0) -%}
            {% for days in ends -%}
                {%- set last = last_block[days] -%}
                {%- set condition = 'block_number between ' ~ first.block ~ ' and ' ~ last -%}
                {%- set first.block = last + 1 -%}
                {% if name == 'largest_cents' -%}
                    coalesce(max({{ name }}) filter (where {{ condition }}), 0)
                {%- else -%}
                    cast(coalesce(sum({{ name }}) filter (where {{ condition }}), 0) as bigint)
                {%- endif %} as {{ name }}_{{ days }},
            {% endfor -%}
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
        {% for days in windows['cents'] if days != 360 -%}
            {{ money(inside(windows['cents'], 'cents', days)) }} as purchase_amount_{{ days }}d,
            {{ inside(windows['purchase_count'], 'purchase_count', days) }}
                as purchase_count_{{ days }}d,
        {% endfor -%}
        {% for days in windows['active_days'] -%}
            {{ inside(windows['active_days'], 'active_days', days) }} as active_days_{{ days }}d,
        {% endfor -%}
        {% for days in windows['paylater_cents'] -%}
            {{ money(inside(windows['paylater_cents'], 'paylater_cents', days)) }}
                as paylater_amount_{{ days }}d,
            {{ money('greatest('
                ~ inside(windows['largest_cents'], 'largest_cents', days, ', ') ~ ', 0)') }}
                as largest_amount_{{ days }}d,
        {% endfor -%}
        last_days_ago,
        first_days_ago,
        later_month_count
        + case when {{ count_30d }} > 0 then 1 else 0 end
            as active_month_count,
        case
            when {{ cents_360d }} > 0 then {{ whole_ratio(
                'coalesce(later_months_squared, 0) + ' ~ squared('(' ~ cents_30d ~ ')'),
                squared('(' ~ cents_360d ~ ')')
            ) }}
        end as month_concentration_ratio
    from banded
)

select * from final
