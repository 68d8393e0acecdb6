-- One row per user and observation date: the worst days past due in the performance window, as the
-- credit ledger of the newest built night tells it. The window is the days after the observation
-- date up to and including the same day of the month window_months later.
with ledger_night as (
    select
        $ledger_date::date as as_of_date,
        $ledger_known_on::date as known_on
),

observed as (
    select
        users.user_key,
        users.as_of_date as observation_date,
        (users.as_of_date + to_months($window_months))::date as window_end,
        users.has_scoring_consent,
        users.evidence_days,
        history.current_dpd_days,
        history.open_account_count,
        history.outstanding_amount
    from marts.dim_user_night as users
    inner join marts.fct_user_credit_history_daily as history
        using (user_key, as_of_date, known_on)
    -- Features as known then.
    where users.known_on = users.as_of_date and list_contains($observation_dates, users.as_of_date)
),

-- Accounts merged since then: their debts stand under the surviving key.
survivors as (
    select
        observed.*,
        coalesce(resolved.surviving_key, observed.user_key) as ledger_key
    from observed
    cross join ledger_night
    left join intermediate.int_users__resolved as resolved
        on
            resolved.user_key = observed.user_key
            and resolved.as_of_date = ledger_night.as_of_date
            and resolved.known_on = ledger_night.known_on
),

late as (
    select
        obligations.user_key,
        obligations.due_date,
        obligations.late_from_date,
        obligations.late_to_date
    from intermediate.int_obligations__late as obligations
    inner join ledger_night using (as_of_date, known_on)
),

worst as (
    select
        survivors.user_key,
        survivors.observation_date,
        max(date_diff('day', late.due_date, least(late.late_to_date, survivors.window_end)))
            as worst_dpd_days
    from survivors
    inner join late
        on
            survivors.ledger_key = late.user_key
            and survivors.window_end >= late.late_from_date
            and survivors.observation_date < late.late_to_date
    group by survivors.user_key, survivors.observation_date
)

select
    survivors.user_key,
    survivors.observation_date,
    coalesce(worst.worst_dpd_days, 0) as worst_dpd_days,
    case
        when not coalesce(survivors.has_scoring_consent, false) then 'no consent'
        when coalesce(survivors.evidence_days, 0) < $minimum_evidence_days then 'unscorable'
        when
            coalesce(survivors.open_account_count, 0) = 0
            and coalesce(survivors.outstanding_amount, 0) = 0
            then 'no credit'
        when coalesce(survivors.current_dpd_days, 0) >= $bad_days then 'bad already'
        when coalesce(worst.worst_dpd_days, 0) >= $bad_days then 'bad'
        when coalesce(worst.worst_dpd_days, 0) >= $indeterminate_days then 'indeterminate'
        else 'good'
    end as label
from survivors
left join worst using (user_key, observation_date)
order by survivors.observation_date, survivors.user_key
