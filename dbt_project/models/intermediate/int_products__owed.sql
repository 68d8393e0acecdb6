{%- set user = 'as_of_date, known_on, user_key' -%}
with bills as (
    select
        {{ user }},
        sum(outstanding_amount) as bill_outstanding_amount,
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

final as (
    select
        users.as_of_date,
        users.known_on,
        users.user_key,
        {% for amount in [
            'plan_outstanding_amount', 'installment_due_amount_next_30d',
            'installment_due_amount_next_90d',
        ] -%}
            cast(coalesce({{ amount }}, 0) as decimal(18, 2)) as {{ amount }},
        {% endfor -%}
        cast(
            coalesce(bills.bill_outstanding_amount, 0)
            + coalesce(loans.plan_outstanding_amount, 0) as decimal(18, 2)
        ) as revolving_outstanding_amount,
        cast(coalesce(loans.cash_outstanding_amount, 0) as decimal(18, 2))
            as installment_outstanding_amount,
        cast(coalesce(loans.plan_open_count, 0) as bigint) as plan_open_count,
        cast(coalesce(loans.plan_count_365d, 0) as bigint) as plan_count_365d,
        least(left_out.first_bill_date, bills.first_bill_date, loans.first_plan_date)
            as first_use_date
    from {{ ref('int_users__listed') }} as users
    {% for source in ['bills', 'loans', 'dues'] -%}
        left join {{ source }}
            on
                {{ same_user_night('users', source) }}
    {% endfor -%}
    left join {{ ref('int_statements__left_out') }} as left_out
        on
            {{ same_user_night('users', 'left_out') }}
)

select * from final
