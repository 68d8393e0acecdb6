-- What was open on bills, as stretches of days within 24 months. Between two events of a line it is
-- the newest bill less what came in since; a final payment ends it.
create or replace temp table user_balances as
with lines as (
    select
        bills.user_key,
        bills.line_key,
        greatest(timeline.event_date, months_before(24) + 1) as valid_from,
        least(coalesce(timeline.next_date, night() + 1), bills.final_date) as valid_to,
        bills.due_cents - bills.written_off_cents + timeline.coming_cents - bills.coming_cents
            as cents
    from timeline
    inner join settled_bills as bills
        on timeline.newest_bill_no = bills.bill_no
    where timeline.next_date is null or timeline.next_date > months_before(24) + 1
),

open_lines as (
    select user_key, valid_from, valid_to, cents
    from lines
    where cents > 0 and valid_to > valid_from
),

-- Most users have one line, whose balance is theirs.
several_lines as (
    select user_key
    from settled_bills
    where next_statement_date is null
    group by user_key
    having count(*) > 1
),

movements as (
    select user_key, valid_from as event_date, cents
    from open_lines
    semi join several_lines
        using (user_key)
    union all
    select user_key, valid_to as event_date, -cents
    from open_lines
    semi join several_lines
        using (user_key)
),

days as (
    select user_key, event_date, sum(cents) as cents
    from movements
    group by user_key, event_date
)

select user_key, valid_from, valid_to, cents
from open_lines
anti join several_lines
    using (user_key)
union all
select user_key, valid_from, valid_to, cents
from (
    select
        user_key,
        event_date as valid_from,
        lead(event_date) over (partition by user_key order by event_date) as valid_to,
        cast(sum(cents) over (
            partition by user_key
            order by event_date
            rows between unbounded preceding and current row
        ) as bigint) as cents
    from days
) as points
where cents > 0;

create or replace temp table balance_sums as
select
    user_key,
    sum(cents * greatest(valid_to - greatest(valid_from, days_before(89)), 0))
        as cent_days_90d,
    sum(cents * greatest(valid_to - greatest(valid_from, days_before(364)), 0))
        as cent_days_365d,
    sum(cents * (valid_to - valid_from)) as cent_days_24m,
    max(cents) filter (valid_to > days_before(364)) as peak_cents_365d
from user_balances
group by user_key;

-- Limits of revolving products as stretches of days within 365 days: permanent and temporary
-- parts, and what decisions say of products without an account.
create or replace temp table limit_stretches as
with set_by_decisions as (
    select
        user_key,
        product,
        decided_date,
        lead(decided_date) over (
            partition by user_key, product order by decided_at, decision_id
        ) as next_date,
        limit_cents
    from decisions
    anti join accounts
        using (user_key, product)
    where action in ('grant', 'raise', 'cut', 'close')
),

parts as (
    select
        user_key, product, hash(account_id, 1) as part_key, effective_date as valid_from,
        coalesce(next_date, night() + 1) as valid_to, limit_cents as cents, 0 as temporary_cents
    from account_terms
    where
        status <> 'closed'
        and limit_cents is not null
        and (next_date is null or next_date > days_before(364))
    union all
    select
        user_key, product, hash(account_id, 2) as part_key, effective_date as valid_from,
        coalesce(
            least(
                next_date, case when temporary_until_date <= night() then temporary_until_date end
            ), night() + 1
        ) as valid_to,
        temporary_cents, temporary_cents
    from account_terms
    where status <> 'closed' and limit_cents is not null and temporary_cents <> 0
    union all
    select
        user_key, product, hash(product, 3) as part_key, decided_date as valid_from,
        coalesce(next_date, night() + 1) as valid_to, limit_cents, 0
    from set_by_decisions
    where limit_cents is not null
),

revolving as (
    select
        user_key,
        part_key,
        greatest(valid_from, days_before(364)) as valid_from,
        valid_to,
        cents,
        temporary_cents
    from parts
    where
        valid_to > greatest(valid_from, days_before(364))
        and product in (select product_code from marts.products where family = 'revolving')
),

-- Most users have one account and no temporary limit.
several_parts as (
    select user_key
    from revolving
    group by user_key
    having min(part_key) <> max(part_key)
),

movements as (
    select user_key, valid_from as event_date, cents, temporary_cents
    from revolving
    semi join several_parts
        using (user_key)
    union all
    select user_key, valid_to as event_date, -cents, -temporary_cents
    from revolving
    semi join several_parts
        using (user_key)
),

days as (
    select user_key, event_date, sum(cents) as cents, sum(temporary_cents) as temporary_cents
    from movements
    group by user_key, event_date
)

select user_key, valid_from, valid_to, cents, temporary_cents
from revolving
anti join several_parts
    using (user_key)
where cents > 0 or temporary_cents <> 0
union all
select user_key, valid_from, valid_to, cents, temporary_cents
from (
    select
        user_key,
        event_date as valid_from,
        lead(event_date) over in_order as valid_to,
        cast(sum(cents) over until_here as bigint) as cents,
        cast(sum(temporary_cents) over until_here as bigint) as temporary_cents
    from days
    window
        in_order as (partition by user_key order by event_date),
        until_here as (
            partition by user_key
            order by event_date
            rows between unbounded preceding and current row
        )
) as points
where valid_to is not null and (cents > 0 or temporary_cents <> 0);

create or replace temp table utilisation as
with limits as (
    select user_key, valid_from, valid_to, cents as limit_cents
    from limit_stretches
    where cents > 0
),

limit_sums as (
    select
        user_key,
        sum(limit_cents * greatest(valid_to - greatest(valid_from, days_before(89)), 0))
            as limit_days_90d,
        sum(limit_cents * (valid_to - valid_from)) as limit_days_365d
    from limits
    group by user_key
),

stretches as (
    select
        limits.user_key,
        limits.limit_cents,
        balances.cents,
        least(limits.valid_to, balances.valid_to)
        - greatest(limits.valid_from, balances.valid_from) as days_365d,
        greatest(
            least(limits.valid_to, balances.valid_to)
            - greatest(limits.valid_from, balances.valid_from, days_before(89)), 0
        ) as days_90d,
        rounded(1000000, least(balances.cents, limits.limit_cents), limits.limit_cents)
            as millionths
    from limits
    inner join user_balances as balances
        on
            limits.user_key = balances.user_key
            and limits.valid_from < balances.valid_to
            and balances.valid_from < limits.valid_to
),

uses as (
    select
        user_key,
        max(millionths) filter (days_90d > 0) as peak_90d,
        max(millionths) as peak_365d,
        sum(cents * days_90d) as cent_days_90d,
        sum(cents * days_365d) as cent_days_365d,
        sum(days_90d) filter (10 * cents >= 8 * limit_cents) as days_80_90d,
        sum(days_90d) filter (10 * cents >= 9 * limit_cents) as days_90_90d,
        sum(days_365d) filter (10 * cents >= 8 * limit_cents) as days_80_365d,
        sum(days_365d) filter (10 * cents >= 9 * limit_cents) as days_90_365d,
        sum(days_365d) filter (cents >= limit_cents) as days_100_365d
    from stretches
    group by user_key
)

select
    limit_sums.user_key,
    case
        when limit_days_90d > 0 then coalesce(peak_90d, 0)
    end as peak_90d,
    ratio(coalesce(cent_days_90d, 0), limit_days_90d) as mean_ratio_90d,
    coalesce(peak_365d, 0) as peak_365d,
    ratio(coalesce(cent_days_365d, 0), limit_days_365d) as mean_ratio_365d,
    days_80_90d,
    days_90_90d,
    days_80_365d,
    days_90_365d,
    days_100_365d
from limit_sums
left join uses
    using (user_key);

-- The account's own terms win; decisions speak for products whose accounts are not landed.
create or replace temp table limit_sums as
with newest_decisions as (
    select
        user_key,
        product,
        arg_max_null(limit_cents, (decided_at, decision_id)) as limit_cents
    from decisions
    anti join accounts
        using (user_key, product)
    where action in ('grant', 'raise', 'cut', 'close')
    group by user_key, product
),

limits as (
    select
        user_key,
        case when is_revolving then limit_cents end as revolving_cents,
        case when not is_revolving then limit_cents end as installment_cents,
        null as temporary_cents
    from accounts
    union all
    select
        newest.user_key,
        case when products.family = 'revolving' then limit_cents end,
        case when products.family <> 'revolving' then limit_cents end,
        null
    from newest_decisions as newest
    inner join marts.products as products
        on newest.product = products.product_code
    union all
    select user_key, null, null, temporary_cents
    from limit_stretches
    where valid_to > night() and temporary_cents <> 0
)

select
    user_key,
    cast(sum(revolving_cents) as bigint) as revolving_cents,
    cast(sum(installment_cents) as bigint) as installment_cents,
    cast(coalesce(sum(temporary_cents), 0) as bigint) as temporary_cents
from limits
group by user_key;
