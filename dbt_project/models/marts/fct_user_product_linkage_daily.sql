{%- set user = 'as_of_date, known_on, user_key' -%}
-- A product in use for several reasons is one product: union keeps it once.
with products as (
    select {{ user }}, product
    from {{ ref('int_accounts__effective') }}
    where is_open
    union
    select {{ user }}, product
    from {{ ref('int_loans__outstanding') }}
    where is_open
    union
    select {{ user }}, product
    from {{ ref('int_statements__settled') }}
    where is_newest and outstanding_amount > 0
),

product_counts as (
    select {{ user }}, count(*) as product_count
    from products
    group by {{ user }}
),

final as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        limits.revolving_limit_amount,
        limits.installment_limit_amount,
        {{ ratio('debts.revolving_outstanding_amount', 'limits.revolving_limit_amount') }}
            as revolving_utilisation_ratio,
        {{ ratio('debts.installment_outstanding_amount', 'limits.installment_limit_amount') }}
            as installment_utilisation_ratio,
        {{ ratio('(debts.revolving_outstanding_amount'
            ~ ' + debts.installment_outstanding_amount)',
            '(coalesce(limits.revolving_limit_amount, 0)'
            ~ ' + coalesce(limits.installment_limit_amount, 0))') }}
            as joint_utilisation_ratio,
        coalesce(product_counts.product_count, 0) as product_count,
        coalesce(draws.loan_draw_count_90d, 0) as loan_draw_count_90d,
        coalesce(draws.loan_draw_amount_90d, 0) as loan_draw_amount_90d,
        coalesce(draws.open_loan_count, 0) as open_loan_count,
        debts.installment_due_amount_next_30d,
        coalesce(draws.draw_before_repayment_count_90d, 0) as draw_before_repayment_count_90d,
        {{ ratio('coalesce(draws.loan_draw_amount_90d, 0)',
            '(coalesce(draws.loan_draw_amount_90d, 0) + spending.spend_amount_90d)') }}
            as cash_to_spend_ratio_90d,
        case
            when draws.first_draw_date >= debts.first_use_date
                then {{ days_between('draws.first_draw_date', 'debts.first_use_date') }}
        end as conversion_days,
        coalesce(decisions.limit_raise_count_365d, 0) as limit_raise_count_365d,
        coalesce(decisions.limit_cut_count_365d, 0) as limit_cut_count_365d,
        {% for window in ['90d', '365d'] -%}
            {% for name in ['peak', 'mean'] -%}
                utilisation.billed_utilisation_{{ name }}_ratio_{{ window }},
            {% endfor -%}
            {% for share in (['80', '90'] if window == '90d' else ['80', '90', '100']) -%}
                coalesce(utilisation.billed_utilisation_days_{{ share }}_{{ window }}, 0)
                    as billed_utilisation_days_{{ share }}_{{ window }},
            {% endfor -%}
        {% endfor -%}
        {% for name in ['mean_amount_90d', 'mean_amount_365d', 'mean_amount_24m',
            'peak_amount_365d'] -%}
            coalesce(balances.billed_balance_{{ name }}, 0) as billed_balance_{{ name }},
        {% endfor -%}
        balances.billed_balance_12m_share_ratio_24m,
        {% for family in ['revolving', 'installment'] -%}
            -- Without a limit nothing is known to be left of it: greatest would make that 0.
            case
                when limits.{{ family }}_limit_amount is not null
                    then cast(greatest(
                        limits.{{ family }}_limit_amount
                        - debts.{{ family }}_outstanding_amount, 0
                    ) as decimal(18, 2))
            end as available_{{ family }}_amount,
        {% endfor -%}
        coalesce(limits.temporary_limit_amount, 0) as temporary_limit_amount,
        {% for name in [
            'loan_draw_count_30d', 'loan_draw_count_180d', 'loan_draw_count_365d',
            'loan_draw_amount_30d', 'loan_draw_amount_365d', 'loan_draw_max_amount_365d',
        ] -%}
            coalesce(draws.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        draws.loan_draw_mean_amount_365d,
        draws.loan_draw_days_since_last,
        {% for name in [
            'loan_lender_count', 'loan_settled_count_365d', 'draw_before_repayment_count_365d',
            'draw_before_repayment_amount_90d',
        ] -%}
            coalesce(draws.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        draws.draw_before_repayment_ratio_365d,
        debts.plan_open_count,
        debts.plan_count_365d,
        debts.plan_outstanding_amount,
        debts.installment_due_amount_next_90d,
        {{ ratio('(3 * debts.installment_due_amount_next_30d)',
            '(3 * debts.installment_due_amount_next_30d + spending.spend_amount_90d)') }}
            as installment_due_to_spend_ratio,
        {{ ratio('coalesce(draws.loan_draw_amount_365d, 0)',
            '(coalesce(draws.loan_draw_amount_365d, 0) + spending.spend_amount_365d)') }}
            as cash_to_spend_ratio_365d,
        {{ ratio('repayment.repayment_amount_90d',
            '(repayment.repayment_amount_90d + spending.spend_amount_90d)') }}
            as repayment_to_spend_ratio_90d,
        coalesce(overlap.overlap_statement_count_365d, 0) as overlap_statement_count_365d,
        {% for name in [
            'limit_raise_count_90d', 'limit_cut_count_90d', 'limit_freeze_count_365d',
            'limit_decline_count_365d',
        ] -%}
            coalesce(decisions.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        decisions.limit_days_since_last_change
    -- All of them have a row for every user, but DuckDB would take inner joins for selective and
    -- build its hash tables of what is joined already.
    from {{ ref('int_users__listed') }} as users
    left join {{ ref('fct_user_spending_daily') }} as spending
        on
            {{ same_user_night('users', 'spending') }}
            and users.known_on = spending.known_on
    left join {{ ref('fct_user_repayment_daily') }} as repayment
        on
            {{ same_user_night('users', 'repayment') }}
            and users.known_on = repayment.known_on
    left join {{ ref('int_products__owed') }} as debts
        on
            {{ same_user_night('users', 'debts') }}
    left join product_counts
        on
            {{ same_user_night('users', 'product_counts') }}
    {% for name, model in [
        ('limits', 'int_limits__summarised'),
        ('utilisation', 'int_utilisation__summarised'), ('balances', 'int_balances__summarised'),
        ('draws', 'int_draws__summarised'), ('decisions', 'int_decisions__summarised'),
        ('overlap', 'int_overlap__counted'),
    ] -%}
        left join {{ ref(model) }} as {{ name }}
            on
                {{ same_user_night('users', name) }}
    {% endfor -%}
)

select * from final
