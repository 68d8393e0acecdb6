create or replace temp table decision_sums as
select
    user_key,
    count(*) filter (action = 'raise' and decided_date > days_before(90)) as raise_count_90d,
    count(*) filter (action = 'cut' and decided_date > days_before(90)) as cut_count_90d,
    count(*) filter (action = 'raise' and decided_date > days_before(365)) as raise_count_365d,
    count(*) filter (action = 'cut' and decided_date > days_before(365)) as cut_count_365d,
    count(*) filter (action = 'freeze' and decided_date > days_before(365)) as freeze_count_365d,
    count(*) filter (action = 'decline' and decided_date > days_before(365)) as decline_count_365d,
    cast(night() - max(decided_date) filter (action in ('raise', 'cut')) as bigint)
        as days_since_last
from decisions
where decided_date > months_before(24)
group by user_key;

-- A product in use for several reasons is one product.
create or replace temp table product_counts as
with products as (
    select user_key, product from accounts
    where is_open
    union
    select user_key, product from owed_loans
    where is_open
    union
    select bills.user_key, bills.product
    from settled_bills as settled
    inner join bills
        on settled.bill_no = bills.rowid
    where settled.outstanding_cents > 0
)

select user_key, count(*) as product_count
from products
group by user_key;

create or replace temp table coming_dues as
select
    user_key,
    cast(coalesce(sum(outstanding_cents) filter (due_date <= night() + 30), 0) as bigint)
        as cents_30d,
    cast(coalesce(sum(outstanding_cents), 0) as bigint) as cents_90d
from settled_installments
where due_date > night() and due_date <= night() + 90
group by user_key;

create or replace temp table fct_user_product_linkage_daily as
with joined as (
    select
        users.user_key,
        limits.*  exclude (user_key),
        utilisation.* exclude (user_key),
        balances.* exclude (user_key),
        decisions.* exclude (user_key),
        draws.* exclude (user_key) rename (days_since_last as draw_days_since_last),
        coalesce(draws.cents_90d, 0) as draw_cents_90d,
        coalesce(draws.cents_365d, 0) as draw_cents_365d,
        coalesce(debts.bill_cents + debts.plan_cents, 0) as revolving_debt_cents,
        coalesce(debts.cash_cents, 0) as installment_debt_cents,
        coalesce(debts.plan_cents, 0) as plan_cents,
        coalesce(debts.plan_open_count, 0) as plan_open_count,
        coalesce(debts.plan_count_365d, 0) as plan_count_365d,
        debts.first_use_date,
        coalesce(dues.cents_30d, 0) as due_cents_30d,
        coalesce(dues.cents_90d, 0) as due_cents_90d,
        coalesce(products.product_count, 0) as product_count,
        coalesce(overlap.bill_count, 0) as overlap_count,
        cents(spending.spend_amount_90d) as spent_cents_90d,
        cents(spending.spend_amount_365d) as spent_cents_365d,
        cents(repayment.repayment_amount_90d) as repaid_cents_90d
    from listed_users as users
    inner join fct_user_spending_daily as spending
        on users.user_key = spending.user_key
    inner join fct_user_repayment_daily as repayment
        on users.user_key = repayment.user_key
    left join limit_sums as limits
        on users.user_key = limits.user_key
    left join utilisation
        on users.user_key = utilisation.user_key
    left join balance_sums as balances
        on users.user_key = balances.user_key
    left join decision_sums as decisions
        on users.user_key = decisions.user_key
    left join draw_sums as draws
        on users.user_key = draws.user_key
    left join debt_sums as debts
        on users.user_key = debts.user_key
    left join coming_dues as dues
        on users.user_key = dues.user_key
    left join product_counts as products
        on users.user_key = products.user_key
    left join overlap_counts as overlap
        on users.user_key = overlap.user_key
)

select
    user_key,
    night() as as_of_date,
    getvariable('known_on') as known_on,
    money(revolving_cents) as revolving_limit_amount,
    money(installment_cents) as installment_limit_amount,
    ratio(revolving_debt_cents, revolving_cents) as revolving_utilisation_ratio,
    ratio(installment_debt_cents, installment_cents) as installment_utilisation_ratio,
    ratio(
        revolving_debt_cents + installment_debt_cents,
        coalesce(revolving_cents, 0) + coalesce(installment_cents, 0)
    ) as joint_utilisation_ratio,
    product_count,
    coalesce(count_90d, 0) as loan_draw_count_90d,
    money(draw_cents_90d) as loan_draw_amount_90d,
    coalesce(open_count, 0) as open_loan_count,
    money(due_cents_30d) as installment_due_amount_next_30d,
    coalesce(followed_count_90d, 0) as draw_before_repayment_count_90d,
    ratio(draw_cents_90d, draw_cents_90d + spent_cents_90d) as cash_to_spend_ratio_90d,
    case
        when first_date >= first_use_date then cast(first_date - first_use_date as bigint)
    end as conversion_days,
    coalesce(raise_count_365d, 0) as limit_raise_count_365d,
    coalesce(cut_count_365d, 0) as limit_cut_count_365d,
    cast(cast(peak_90d as decimal(18, 0)) * cast(0.000001 as decimal(7, 6)) as decimal(18, 6))
        as billed_utilisation_peak_ratio_90d,
    mean_ratio_90d as billed_utilisation_mean_ratio_90d,
    cast(coalesce(days_80_90d, 0) as bigint) as billed_utilisation_days_80_90d,
    cast(coalesce(days_90_90d, 0) as bigint) as billed_utilisation_days_90_90d,
    cast(cast(peak_365d as decimal(18, 0)) * cast(0.000001 as decimal(7, 6)) as decimal(18, 6))
        as billed_utilisation_peak_ratio_365d,
    mean_ratio_365d as billed_utilisation_mean_ratio_365d,
    cast(coalesce(days_80_365d, 0) as bigint) as billed_utilisation_days_80_365d,
    cast(coalesce(days_90_365d, 0) as bigint) as billed_utilisation_days_90_365d,
    cast(coalesce(days_100_365d, 0) as bigint) as billed_utilisation_days_100_365d,
    coalesce(mean_cents(cent_days_90d, 90), 0) as billed_balance_mean_amount_90d,
    coalesce(mean_cents(cent_days_365d, 365), 0) as billed_balance_mean_amount_365d,
    coalesce(mean_cents(cent_days_24m, night() - months_before(24)), 0)
        as billed_balance_mean_amount_24m,
    money(coalesce(peak_cents_365d, 0)) as billed_balance_peak_amount_365d,
    ratio(cent_days_365d, cent_days_24m) as billed_balance_12m_share_ratio_24m,
    case
        when revolving_cents is not null
            then money(greatest(revolving_cents - revolving_debt_cents, 0))
    end as available_revolving_amount,
    case
        when installment_cents is not null
            then money(greatest(installment_cents - installment_debt_cents, 0))
    end as available_installment_amount,
    money(coalesce(temporary_cents, 0)) as temporary_limit_amount,
    coalesce(count_30d, 0) as loan_draw_count_30d,
    coalesce(count_180d, 0) as loan_draw_count_180d,
    coalesce(count_365d, 0) as loan_draw_count_365d,
    money(coalesce(cents_30d, 0)) as loan_draw_amount_30d,
    money(draw_cents_365d) as loan_draw_amount_365d,
    money(coalesce(max_cents_365d, 0)) as loan_draw_max_amount_365d,
    mean_cents(cents_365d, count_365d) as loan_draw_mean_amount_365d,
    draw_days_since_last as loan_draw_days_since_last,
    coalesce(lender_count, 0) as loan_lender_count,
    coalesce(settled_count_365d, 0) as loan_settled_count_365d,
    coalesce(followed_count_365d, 0) as draw_before_repayment_count_365d,
    money(coalesce(followed_cents_90d, 0)) as draw_before_repayment_amount_90d,
    ratio(followed_count_365d, count_365d) as draw_before_repayment_ratio_365d,
    plan_open_count,
    plan_count_365d,
    money(plan_cents) as plan_outstanding_amount,
    money(due_cents_90d) as installment_due_amount_next_90d,
    ratio(3 * due_cents_30d, 3 * due_cents_30d + spent_cents_90d) as installment_due_to_spend_ratio,
    ratio(draw_cents_365d, draw_cents_365d + spent_cents_365d) as cash_to_spend_ratio_365d,
    ratio(repaid_cents_90d, repaid_cents_90d + spent_cents_90d) as repayment_to_spend_ratio_90d,
    overlap_count as overlap_statement_count_365d,
    coalesce(raise_count_90d, 0) as limit_raise_count_90d,
    coalesce(cut_count_90d, 0) as limit_cut_count_90d,
    coalesce(freeze_count_365d, 0) as limit_freeze_count_365d,
    coalesce(decline_count_365d, 0) as limit_decline_count_365d,
    days_since_last as limit_days_since_last_change
from joined;
