{%- set loan = 'as_of_date, known_on, loan_key' -%}
with schedule as (
    select
        installments.*,
        {{ add_days('installments.due_date', 'run_parameters.due_grace_days') }}
            as last_on_time_date,
        coalesce(pools.paid_amount, least(installments.named_amount, installments.amount_due))
            as paid_amount,
        -- Repaid nobody knows when: nothing says that it was late.
        coalesce(
            least(installments.named_date, pools.filled_date, installments.final_date),
            case when installments.is_repaid then installments.due_date end
        ) as settled_date
    from {{ ref('int_installments__named_paid') }} as installments
    left join {{ ref('int_installments__pool_paid') }} as pools
        on
            installments.as_of_date = pools.as_of_date
            and installments.installment_key = pools.installment_key
    cross join {{ source('ops', 'run_parameters') }} as run_parameters
),

rests as (
    select
        *,
        amount_due - paid_amount as unpaid_amount,
        case
            when final_date is null and not is_repaid then amount_due - paid_amount
            else 0
        end as rest_amount
    from schedule
),

-- A write-off without an amount gives up all that is unpaid; with one, the oldest first. Few loans
-- are written off.
written_off as (
    select
        *,
        0 as given_up_amount
    from rests
    where not is_written_off
    union all
    select
        *,
        case
            when written_off_amount is null then rest_amount
            else least(rest_amount, greatest(0, written_off_amount - (sum(rest_amount) over (
                partition by as_of_date, loan_key
                order by installment_no
                rows between unbounded preceding and current row
            ) - rest_amount)))
        end as given_up_amount
    from rests
    where is_written_off
),

final as (
    select
        {{ loan }},
        installment_key,
        installment_no,
        user_key,
        product,
        family,
        due_date,
        last_on_time_date,
        amount_due,
        cast(coalesce(paid_amount, named_amount) as decimal(18, 2)) as paid_amount,
        cast(unpaid_amount - rest_amount as decimal(18, 2)) as waived_amount,
        cast(given_up_amount as decimal(18, 2)) as written_off_amount,
        cast(rest_amount - given_up_amount as decimal(18, 2)) as outstanding_amount,
        cast(
            case
                when due_date <= as_of_date then rest_amount - given_up_amount
                else least(rest_amount - given_up_amount, principal_due)
            end as decimal(18, 2)
        ) as owed_amount,
        settled_date,
        is_written_off
    from written_off
)

select * from final
