-- Blocks of 30 days before the night, the first one split after 7: 0 = 0-6, 1 = 7-29, 2 = 30-59.
create or replace temp table purchase_blocks as
with purchases as (
    select
        user_key,
        cents(amount) as cents,
        is_paylater,
        cast(night() - occurred_date as integer) as days_ago
    from staging.stg_transactions
    where
        is_purchase
        and occurred_date <= night()
        and occurred_date > days_before(365)
        and (void_date is null or void_date > night())
        and is_known(known_from, known_until)
),

blocks as (
    select
        user_key,
        case when days_ago < 7 then 0 else days_ago // 30 + 1 end as block,
        sum(cents) as cents,
        count(*) as purchase_count,
        sum(case when is_paylater then cents else 0 end) as paylater_cents,
        max(cents) as largest_cents,
        bit_or(1 << (days_ago % 30)) as day_bits
    from purchases
    group by user_key, block
)

select
    user_key,
    block,
    cast(cents as bigint) as cents,
    purchase_count,
    cast(paylater_cents as bigint) as paylater_cents,
    largest_cents,
    day_bits
from blocks
anti join shared_users
    on blocks.user_key = shared_users.user_key
union all
select
    shared_users.surviving_key as user_key,
    blocks.block,
    cast(sum(blocks.cents) as bigint) as cents,
    cast(sum(blocks.purchase_count) as bigint) as purchase_count,
    cast(sum(blocks.paylater_cents) as bigint) as paylater_cents,
    max(blocks.largest_cents) as largest_cents,
    bit_or(blocks.day_bits) as day_bits
from blocks
inner join shared_users
    on blocks.user_key = shared_users.user_key
group by shared_users.surviving_key, blocks.block;

-- A window is the sum of the bands inside it. The two first blocks are one even month.
create or replace temp table spending_windows as
with blocks as (
    select
        *,
        30 * greatest(block - 1, 0) as days_before_block,
        bit_count(day_bits) as active_days,
        -- All bits below the highest one are set, then counted.
        day_bits | (day_bits >> 1) | (day_bits >> 2) | (day_bits >> 3) as spread_bits
    from purchase_blocks
),

spread as (
    select
        * exclude (spread_bits),
        spread_bits | (spread_bits >> 4) | (spread_bits >> 8) | (spread_bits >> 12)
        | (spread_bits >> 16) | (spread_bits >> 20) | (spread_bits >> 24) | (spread_bits >> 28)
            as spread_bits
    from blocks
)

select
    user_key,
    cast(sum(cents) filter (block = 0) as bigint) as cents_0,
    cast(sum(cents) filter (block = 1) as bigint) as cents_1,
    cast(sum(cents) filter (block in (2, 3)) as bigint) as cents_2,
    cast(sum(cents) filter (block between 4 and 6) as bigint) as cents_4,
    cast(sum(cents) filter (block between 7 and 12) as bigint) as cents_7,
    cast(sum(cents) filter (block = 13) as bigint) as cents_13,
    cast(sum(purchase_count) filter (block = 0) as bigint) as count_0,
    cast(sum(purchase_count) filter (block = 1) as bigint) as count_1,
    cast(sum(purchase_count) filter (block in (2, 3)) as bigint) as count_2,
    cast(sum(purchase_count) filter (block between 4 and 6) as bigint) as count_4,
    cast(sum(purchase_count) filter (block >= 7) as bigint) as count_7,
    cast(sum(active_days) filter (block = 0) as bigint) as days_0,
    cast(sum(active_days) filter (block = 1) as bigint) as days_1,
    cast(sum(active_days) filter (block in (2, 3)) as bigint) as days_2,
    cast(sum(active_days) filter (block between 4 and 6) as bigint) as days_4,
    cast(sum(active_days) filter (block >= 7) as bigint) as days_7,
    cast(sum(paylater_cents) filter (block < 2) as bigint) as paylater_cents_0,
    cast(sum(paylater_cents) filter (block in (2, 3)) as bigint) as paylater_cents_2,
    cast(sum(paylater_cents) filter (block >= 4) as bigint) as paylater_cents_4,
    max(largest_cents) filter (block < 2) as largest_cents_0,
    max(largest_cents) filter (block in (2, 3)) as largest_cents_2,
    max(largest_cents) filter (block >= 4) as largest_cents_4,
    count(*) filter (block between 2 and 12) as later_month_count,
    sum(cast(cents as hugeint) * cents) filter (block between 2 and 12) as later_months_squared,
    min(days_before_block + bit_count((day_bits & -day_bits) - 1)) as last_days_ago,
    max(days_before_block + bit_count(spread_bits) - 1) as first_days_ago
from spread
group by user_key;

create or replace temp table category_sums as
with purchases as (
    select
        user_key,
        coalesce(category_code, '') as category_code,
        cents(amount) as cents,
        is_paylater,
        is_installment,
        is_night,
        -- 1 January 2000 was a Saturday.
        cast(occurred_date - cast('2000-01-01' as date) as integer) % 7 < 2 as is_weekend,
        cast(night() - occurred_date as integer) as days_ago
    from staging.stg_transactions
    where
        is_purchase
        and occurred_date <= night()
        and occurred_date > days_before(90)
        and (void_date is null or void_date > night())
        and is_known(known_from, known_until)
),

sums as (
    select
        user_key,
        category_code,
        cast(sum(cents) as bigint) as cents,
        min(days_ago) as days_ago,
        count_if(is_night) as night_count,
        count_if(is_weekend) as weekend_count,
        count_if(cents < 5000) as small_count,
        count_if(is_paylater) as paylater_count,
        cast(sum(case when is_installment then cents else 0 end) as bigint) as installment_cents
    from purchases
    group by user_key, category_code
)

select sums.*
from sums
anti join shared_users
    on sums.user_key = shared_users.user_key
union all
select
    shared_users.surviving_key,
    sums.category_code,
    cast(sum(sums.cents) as bigint),
    min(sums.days_ago),
    cast(sum(sums.night_count) as bigint),
    cast(sum(sums.weekend_count) as bigint),
    cast(sum(sums.small_count) as bigint),
    cast(sum(sums.paylater_count) as bigint),
    cast(sum(sums.installment_cents) as bigint)
from sums
inner join shared_users
    on sums.user_key = shared_users.user_key
group by shared_users.surviving_key, sums.category_code;

create or replace temp table spending_habits as
with habits as (
    select
        category_sums.user_key,
        cast(sum(night_count) as bigint) as night_count,
        cast(sum(weekend_count) as bigint) as weekend_count,
        cast(sum(small_count) as bigint) as small_count,
        cast(sum(paylater_count) as bigint) as paylater_count,
        cast(sum(installment_cents) as bigint) as installment_cents,
        count(*) filter (category_code <> '') as category_count_90d,
        count(*) filter (category_code <> '' and days_ago < 30) as category_count_30d,
        cast(sum(cents) filter (category_code <> '') as bigint) as cents,
        cast(coalesce(sum(cents) filter (kinds.is_essential), 0) as bigint) as essential_cents,
        sum(cast(cents as hugeint) * cents) filter (category_code <> '') as cents_squared
    from category_sums
    left join marts.spending_categories as kinds
        using (category_code)
    group by category_sums.user_key
),

entropies as (
    select category_sums.user_key, cast(sum(terms.term) as decimal(18, 6)) as entropy
    from category_sums
    inner join habits
        using (user_key)
    inner join marts.entropy_terms as terms
        on rounded(1000, category_sums.cents, habits.cents) = terms.per_mille
    where category_sums.category_code <> ''
    group by category_sums.user_key
)

select habits.*, entropies.entropy
from habits
left join entropies
    using (user_key);

-- Nearly every group is one purchase.
create or replace temp table spending_merchants as
with merchants as (
    select
        user_key,
        merchant_key,
        sum(cents(amount)) as cents,
        max(occurred_date) as last_date
    from staging.stg_transactions
    where
        is_purchase
        and merchant_key is not null
        and occurred_date <= night()
        and occurred_date > days_before(90)
        and (void_date is null or void_date > night())
        and is_known(known_from, known_until)
    group by user_key, merchant_key
),

resolved as (
    select merchants.user_key, cast(merchants.cents as bigint) as cents, merchants.last_date
    from merchants
    anti join shared_users
        on merchants.user_key = shared_users.user_key
    union all
    select
        shared_users.surviving_key,
        cast(sum(merchants.cents) as bigint),
        max(merchants.last_date)
    from merchants
    inner join shared_users
        on merchants.user_key = shared_users.user_key
    group by shared_users.surviving_key, merchants.merchant_key
)

select
    user_key,
    count(*) as merchant_count_90d,
    cast(count_if(last_date > days_before(30)) as bigint) as merchant_count_30d,
    cast(sum(cents) as bigint) as cents,
    max(cents) as top_cents,
    sum(cast(cents as hugeint) * cents) as cents_squared
from resolved
group by user_key;

-- Refunds, and the purchases that were refunded or never happened.
create or replace temp table refund_movements as
select
    coalesce(changes.surviving_key, transactions.user_key) as user_key,
    transactions.occurred_date,
    transactions.amount,
    transactions.is_refund,
    transactions.refunded_date,
    transactions.purchase_id,
    coalesce(transactions.void_date <= night(), false) as is_void
from staging.stg_transactions as transactions
left join user_changes as changes
    on transactions.user_key = changes.user_key
where
    transactions.purchase_id is not null
    and transactions.occurred_date <= night()
    and transactions.occurred_date > months_before(24)
    and is_known(transactions.known_from, transactions.known_until)
    and (changes.user_key is null or changes.surviving_key is not null);

-- A refund has a row of its own, or the purchase is marked as refunded and has none.
create or replace temp table refund_sums as
with refunds as (
    -- What was refunded on a purchase that never happened was never spent either.
    select user_key, occurred_date as refund_date, amount
    from refund_movements
    where
        is_refund
        and not is_void
        and purchase_id not in (
            select purchase_id from refund_movements
            where is_void and not is_refund
        )
    union all
    select user_key, refunded_date as refund_date, amount
    from refund_movements
    where
        refunded_date <= night()
        and purchase_id not in (
            select purchase_id from refund_movements
            where is_refund and not is_void
        )
)

select
    user_key,
    cast(sum(cents(amount)) filter (refund_date > days_before(7)) as bigint) as refund_cents_7d,
    cast(sum(cents(amount)) filter (refund_date > days_before(30)) as bigint) as refund_cents_30d,
    cast(sum(cents(amount)) filter (refund_date > days_before(90)) as bigint) as refund_cents_90d,
    cast(sum(cents(amount)) filter (refund_date > days_before(180)) as bigint) as refund_cents_180d,
    cast(sum(cents(amount)) as bigint) as refund_cents_365d,
    count(*) filter (refund_date > days_before(90)) as refund_count_90d
from refunds
where refund_date > days_before(365)
group by user_key;

create or replace temp table fct_user_spending_daily as
with windows as (
    select
        users.user_key,
        coalesce(cents_0, 0) as cents_7d,
        cents_7d + coalesce(cents_1, 0) as cents_30d,
        cents_30d + coalesce(cents_2, 0) as cents_90d,
        cents_90d + coalesce(cents_4, 0) as cents_180d,
        cents_180d + coalesce(windows.cents_7, 0) as cents_360d,
        cents_360d + coalesce(cents_13, 0) as cents_365d,
        coalesce(count_0, 0) as count_7d,
        count_7d + coalesce(count_1, 0) as count_30d,
        count_30d + coalesce(count_2, 0) as count_90d,
        count_90d + coalesce(count_4, 0) as count_180d,
        count_180d + coalesce(windows.count_7, 0) as count_365d,
        coalesce(days_0, 0) as days_7d,
        days_7d + coalesce(days_1, 0) as days_30d,
        days_30d + coalesce(days_2, 0) as days_90d,
        days_90d + coalesce(days_4, 0) as days_180d,
        days_180d + coalesce(windows.days_7, 0) as days_365d,
        coalesce(paylater_cents_0, 0) as paylater_cents_30d,
        paylater_cents_30d + coalesce(paylater_cents_2, 0) as paylater_cents_90d,
        paylater_cents_90d + coalesce(paylater_cents_4, 0) as paylater_cents_365d,
        coalesce(largest_cents_0, 0) as largest_cents_30d,
        greatest(largest_cents_30d, coalesce(largest_cents_2, 0)) as largest_cents_90d,
        greatest(largest_cents_90d, coalesce(largest_cents_4, 0)) as largest_cents_365d,
        coalesce(later_month_count, 0) + cast(count_30d > 0 as bigint) as active_month_count,
        coalesce(later_months_squared, 0) + cast(cents_30d as hugeint) * cents_30d
            as months_squared,
        greatest(cents_7d - coalesce(refunds.refund_cents_7d, 0), 0) as spent_cents_7d,
        greatest(cents_30d - coalesce(refunds.refund_cents_30d, 0), 0) as spent_cents_30d,
        greatest(cents_90d - coalesce(refunds.refund_cents_90d, 0), 0) as spent_cents_90d,
        greatest(cents_180d - coalesce(refunds.refund_cents_180d, 0), 0) as spent_cents_180d,
        greatest(cents_365d - coalesce(refunds.refund_cents_365d, 0), 0) as spent_cents_365d,
        last_days_ago,
        first_days_ago,
        coalesce(refunds.refund_cents_90d, 0) as refunded_cents_90d,
        coalesce(refunds.refund_cents_180d, 0) as refunded_cents_180d,
        coalesce(refunds.refund_count_90d, 0) as refunded_count_90d
    from listed_users as users
    left join spending_windows as windows
        on users.user_key = windows.user_key
    left join refund_sums as refunds
        on users.user_key = refunds.user_key
)

select
    windows.user_key,
    night() as as_of_date,
    getvariable('known_on') as known_on,
    money(spent_cents_30d) as spend_amount_30d,
    money(spent_cents_90d) as spend_amount_90d,
    money(spent_cents_365d) as spend_amount_365d,
    count_7d as spend_count_7d,
    count_30d as spend_count_30d,
    count_90d as spend_count_90d,
    days_30d as spend_active_days_30d,
    days_90d as spend_active_days_90d,
    mean_cents(spent_cents_90d, count_90d) as spend_mean_amount_90d,
    money(largest_cents_90d) as spend_max_amount_90d,
    coalesce(merchants.merchant_count_90d, 0) as spend_merchant_count_90d,
    coalesce(habits.category_count_90d, 0) as spend_category_count_90d,
    ratio(spent_cents_30d, spent_cents_90d) as spend_30d_share_ratio_90d,
    cast(last_days_ago as bigint) as spend_days_since_last,
    ratio(refunded_cents_180d, cents_180d) as refund_ratio_180d,
    ratio(paylater_cents_90d, cents_90d) as paylater_spend_ratio_90d,
    money(spent_cents_7d) as spend_amount_7d,
    money(spent_cents_180d) as spend_amount_180d,
    count_180d as spend_count_180d,
    days_180d as spend_active_days_180d,
    count_365d as spend_count_365d,
    days_365d as spend_active_days_365d,
    days_7d as spend_active_days_7d,
    mean_cents(spent_cents_365d, count_365d) as spend_mean_amount_365d,
    money(largest_cents_30d) as spend_max_amount_30d,
    money(largest_cents_365d) as spend_max_amount_365d,
    ratio(spent_cents_7d, spent_cents_30d) as spend_7d_share_ratio_30d,
    ratio(spent_cents_90d, spent_cents_365d) as spend_90d_share_ratio_365d,
    ratio(count_30d, count_90d) as spend_count_30d_share_ratio_90d,
    active_month_count as spend_active_months_360d,
    ratio(months_squared, cast(cents_360d as hugeint) * cents_360d)
        as spend_month_concentration_ratio_360d,
    ratio(habits.weekend_count, count_90d) as spend_weekend_ratio_90d,
    ratio(habits.night_count, count_90d) as spend_night_ratio_90d,
    ratio(habits.small_count, count_90d) as spend_small_ratio_90d,
    ratio(habits.cents_squared, cast(habits.cents as hugeint) * habits.cents)
        as spend_category_concentration_ratio_90d,
    ratio(merchants.cents_squared, cast(merchants.cents as hugeint) * merchants.cents)
        as spend_merchant_concentration_ratio_90d,
    ratio(merchants.top_cents, merchants.cents) as spend_top_merchant_ratio_90d,
    habits.entropy as spend_category_entropy_90d,
    ratio(habits.essential_cents, habits.cents) as essential_spend_ratio_90d,
    coalesce(merchants.merchant_count_30d, 0) as spend_merchant_count_30d,
    coalesce(habits.category_count_30d, 0) as spend_category_count_30d,
    money(paylater_cents_30d) as paylater_spend_amount_30d,
    money(paylater_cents_90d) as paylater_spend_amount_90d,
    money(paylater_cents_365d) as paylater_spend_amount_365d,
    ratio(paylater_cents_30d, cents_30d) as paylater_spend_ratio_30d,
    ratio(paylater_cents_365d, cents_365d) as paylater_spend_ratio_365d,
    coalesce(habits.paylater_count, 0) as paylater_spend_count_90d,
    ratio(coalesce(habits.installment_cents, 0), paylater_cents_90d)
        as paylater_installment_ratio_90d,
    money(refunded_cents_90d) as refund_amount_90d,
    refunded_count_90d as refund_count_90d,
    cast(first_days_ago as bigint) as spend_days_since_first
from windows
left join spending_habits as habits
    on windows.user_key = habits.user_key
left join spending_merchants as merchants
    on windows.user_key = merchants.user_key;
