{%- set user = 'as_of_date, known_on, user_key' -%}
with bills as (
    select
        {{ user }},
        sum(outstanding_amount) as outstanding_amount,
        min(case when family = 'revolving' and amount_due > 0 then statement_date end)
            as first_bill_date
    from {{ ref('int_statements__settled') }}
    group by {{ user }}
),

loans as (
    select
        {{ user }},
        sum(case when family = 'revolving' then outstanding_amount else 0 end)
            as plan_outstanding_amount,
        sum(case when family = 'revolving' then 0 else outstanding_amount end)
            as cash_outstanding_amount,
        sum(case when family = 'revolving' and is_open then 1 else 0 end) as plan_open_count,
        sum(case
            when
                family = 'revolving'
                and disbursed_date > {{ add_days('as_of_date', -365) }} then 1
            else 0
        end) as plan_count_365d,
        min(case when family = 'revolving' then disbursed_date end) as first_plan_date
    from {{ ref('int_loans__outstanding') }}
    group by {{ user }}
),

-- A product in use for several reasons is one product: union keeps it once.
products as (
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

dues as (
    select
        {{ user }},
        sum(case
            when due_date <= {{ add_days('as_of_date', 30) }} then outstanding_amount else 0
        end) as installment_due_amount_next_30d,
        sum(outstanding_amount) as installment_due_amount_next_90d
    from {{ ref('int_installments__settled') }}
    where due_date > as_of_date and due_date <= {{ add_days('as_of_date', 90) }}
    group by {{ user }}
),

-- Everything side by side, amounts of nothing as 0.
amounts as (
    select
        users.user_key,
        users.as_of_date,
        users.known_on,
        limits.revolving_limit_amount,
        limits.installment_limit_amount,
        limits.temporary_limit_amount,
        coalesce(bills.outstanding_amount, 0) + coalesce(loans.plan_outstanding_amount, 0)
            as revolving_outstanding_amount,
        coalesce(loans.cash_outstanding_amount, 0) as installment_outstanding_amount,
        coalesce(loans.plan_outstanding_amount, 0) as plan_outstanding_amount,
        coalesce(loans.plan_open_count, 0) as plan_open_count,
        coalesce(loans.plan_count_365d, 0) as plan_count_365d,
        least(bills.first_bill_date, loans.first_plan_date) as first_use_date,
        coalesce(product_counts.product_count, 0) as product_count,
        coalesce(dues.installment_due_amount_next_30d, 0) as installment_due_amount_next_30d,
        coalesce(dues.installment_due_amount_next_90d, 0) as installment_due_amount_next_90d,
        spending.spend_amount_90d,
        spending.spend_amount_365d,
        repayment.repayment_amount_90d
    from {{ ref('int_users__listed') }} as users
    inner join {{ ref('fct_user_spending_daily') }} as spending
        on
            {{ same_user_night('users', 'spending') }}
    inner join {{ ref('fct_user_repayment_daily') }} as repayment
        on
            {{ same_user_night('users', 'repayment') }}
    left join {{ ref('int_limits__summarised') }} as limits
        on
            {{ same_user_night('users', 'limits') }}
    {% for source in ['bills', 'loans', 'product_counts', 'dues'] -%}
        left join {{ source }}
            on
                {{ same_user_night('users', source) }}
    {% endfor -%}
),

final as (
    select
        amounts.user_key,
        amounts.as_of_date,
        amounts.known_on,
        amounts.revolving_limit_amount,
        amounts.installment_limit_amount,
        {{ ratio('amounts.revolving_outstanding_amount', 'amounts.revolving_limit_amount') }}
            as revolving_utilisation_ratio,
        {{ ratio('amounts.installment_outstanding_amount', 'amounts.installment_limit_amount') }}
            as installment_utilisation_ratio,
        {{ ratio('(amounts.revolving_outstanding_amount'
            ~ ' + amounts.installment_outstanding_amount)',
            '(coalesce(amounts.revolving_limit_amount, 0)'
            ~ ' + coalesce(amounts.installment_limit_amount, 0))') }}
            as joint_utilisation_ratio,
        cast(amounts.product_count as bigint) as product_count,
        coalesce(draws.loan_draw_count_90d, 0) as loan_draw_count_90d,
        coalesce(draws.loan_draw_amount_90d, 0) as loan_draw_amount_90d,
        coalesce(draws.open_loan_count, 0) as open_loan_count,
        cast(amounts.installment_due_amount_next_30d as decimal(18, 2))
            as installment_due_amount_next_30d,
        coalesce(draws.draw_before_repayment_count_90d, 0) as draw_before_repayment_count_90d,
        {{ ratio('coalesce(draws.loan_draw_amount_90d, 0)',
            '(coalesce(draws.loan_draw_amount_90d, 0) + amounts.spend_amount_90d)') }}
            as cash_to_spend_ratio_90d,
        case
            when draws.first_draw_date >= amounts.first_use_date
                then {{ days_between('draws.first_draw_date', 'amounts.first_use_date') }}
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
                when amounts.{{ family }}_limit_amount is not null
                    then cast(greatest(
                        amounts.{{ family }}_limit_amount
                        - amounts.{{ family }}_outstanding_amount, 0
                    ) as decimal(18, 2))
            end as available_{{ family }}_amount,
        {% endfor -%}
        coalesce(amounts.temporary_limit_amount, 0) as temporary_limit_amount,
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
        cast(amounts.plan_open_count as bigint) as plan_open_count,
        cast(amounts.plan_count_365d as bigint) as plan_count_365d,
        cast(amounts.plan_outstanding_amount as decimal(18, 2)) as plan_outstanding_amount,
        cast(amounts.installment_due_amount_next_90d as decimal(18, 2))
            as installment_due_amount_next_90d,
        {{ ratio('(3 * amounts.installment_due_amount_next_30d)',
            '(3 * amounts.installment_due_amount_next_30d + amounts.spend_amount_90d)') }}
            as installment_due_to_spend_ratio,
        {{ ratio('coalesce(draws.loan_draw_amount_365d, 0)',
            '(coalesce(draws.loan_draw_amount_365d, 0) + amounts.spend_amount_365d)') }}
            as cash_to_spend_ratio_365d,
        {{ ratio('amounts.repayment_amount_90d',
            '(amounts.repayment_amount_90d + amounts.spend_amount_90d)') }}
            as repayment_to_spend_ratio_90d,
        coalesce(overlap.overlap_statement_count_365d, 0) as overlap_statement_count_365d,
        {% for name in [
            'limit_raise_count_90d', 'limit_cut_count_90d', 'limit_freeze_count_365d',
            'limit_decline_count_365d',
        ] -%}
            coalesce(decisions.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        decisions.limit_days_since_last_change
    from amounts
    {% for name, model in [
        ('utilisation', 'int_utilisation__summarised'), ('balances', 'int_balances__summarised'),
        ('draws', 'int_draws__summarised'), ('decisions', 'int_decisions__summarised'),
        ('overlap', 'int_overlap__counted'),
    ] -%}
        left join {{ ref(model) }} as {{ name }}
            on
                {{ same_user_night('amounts', name) }}
    {% endfor -%}
)

select * from final
