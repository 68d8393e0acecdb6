-- The feature marts of one night by hand: the yardstick for the models of dbt_project. It reads the
-- staging tables, the seeds and ops.run_parameters; the night is in the variables as_of_date and
-- known_on. Money is BIGINT cents within, DECIMAL(18,2) in the marts.

create or replace temp macro night() as getvariable('as_of_date');
create or replace temp macro days_before(days) as getvariable('as_of_date') - days;
create or replace temp macro months_before(months) as
    cast(getvariable('as_of_date') - to_months(months) as date);
create or replace temp macro is_known(known_from, known_until) as
    known_from <= getvariable('known_on')
    and (known_until is null or known_until > getvariable('known_on'));
create or replace temp macro cents(amount) as cast(amount * 100 as bigint);
create or replace temp macro money(cents) as
    cast(cast(cents as decimal(18, 0)) * 0.01 as decimal(18, 2));

-- numerator / denominator times a power of ten, rounded half up; the scale is at most 2000000.
create or replace temp macro rounded(scale, numerator, denominator) as
    case
        when numerator < 2000000000000 and denominator < 2000000000000
            then (2 * scale * cast(numerator as bigint) + cast(denominator as bigint))
                // (2 * cast(denominator as bigint))
        else cast(
            (2 * scale * cast(numerator as hugeint) + cast(denominator as hugeint))
            // (2 * cast(denominator as hugeint)) as bigint
        )
    end;
create or replace temp macro ratio(numerator, denominator) as
    case
        when denominator > 0
            then cast(
                cast(
                    least(rounded(1000000, greatest(numerator, 0), denominator), 1000000)
                    as decimal(18, 0)
                ) * cast(0.000001 as decimal(7, 6)) as decimal(18, 6)
            )
    end;
-- Cents over a count, or counts over counts in hundredths: a mean with two decimals.
create or replace temp macro mean_cents(numerator, denominator) as
    case when denominator > 0 then money(rounded(1, numerator, denominator)) end;

create or replace temp macro mean_days(numerator, denominator) as
    case when denominator > 0 then money(rounded(100, numerator, denominator)) end;
-- Completed months from one date to a later one: 31 January to 28 February is none yet.
create or replace temp macro whole_months(later, earlier) as
    (extract(year from later) - extract(year from earlier)) * 12
    + extract(month from later) - extract(month from earlier)
    - case when extract(day from later) < extract(day from earlier) then 1 else 0 end;

-- Users as known, and the few whose rows count for another user, or for nobody (withdrawn).
create or replace temp table known_users as
select user_key, registered_date, merged_into_key
from staging.stg_users
where is_known(known_from, known_until);

create or replace temp table user_changes as
with recursive hops as (
    select users.user_key, users.merged_into_key as target_key
    from known_users as users
    semi join known_users as survivors
        on users.merged_into_key = survivors.user_key
    where users.merged_into_key is not null
),

-- Who still points at a merged user after 64 hops is in a ring and stays alone.
walk as (
    select user_key, target_key, 1 as hop_count from hops
    union all
    select walk.user_key, hops.target_key, walk.hop_count + 1
    from walk
    inner join hops
        on walk.target_key = hops.user_key
    where walk.hop_count < 64
)

select walk.user_key, walk.target_key as surviving_key
from walk
anti join hops
    on walk.target_key = hops.user_key
union all
select distinct user_key, null as surviving_key
from staging.stg_users
where user_key not in (select user_key from known_users);

create or replace temp table listed_users as
select
    users.user_key,
    least(
        case when users.registered_date <= night() then users.registered_date end,
        merged.registered_date
    ) as registered_date
from known_users as users
left join user_changes as changes
    on users.user_key = changes.user_key
left join (
    select changes.surviving_key, min(users.registered_date) as registered_date
    from user_changes as changes
    inner join known_users as users
        on changes.user_key = users.user_key
    where users.registered_date <= night()
    group by changes.surviving_key
) as merged
    on users.user_key = merged.surviving_key
where
    changes.user_key is null
    and (users.registered_date is null or users.registered_date <= night());

-- The merged and those they are merged into: what is added up per user is added up anew for them.
create or replace temp table shared_users as
select user_key, surviving_key
from user_changes
where surviving_key is not null
union
select surviving_key as user_key, surviving_key
from user_changes
where surviving_key is not null;
