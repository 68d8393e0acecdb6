{%- set pool = 'as_of_date, known_on, pool_key' -%}
-- What was settled before the day keeps the money it got by then and takes no more: to know how
-- much that is, pools with such instalments are filled once as if nothing had been settled.
with settled_pools as (
    select {{ pool }}
    from {{ ref('int_installments__pooled') }}
    where is_settled_before
    group by {{ pool }}
),

capped_open as (
    select pooled.*, pooled.amount_due as cap_amount
    from {{ ref('int_installments__pooled') }} as pooled
    inner join settled_pools
        on
            pooled.as_of_date = settled_pools.as_of_date
            and pooled.pool_key = settled_pools.pool_key
),

{% for pass in ['open', 'kept'] -%}
    {% if pass == 'kept' -%}
        kept as (
            select
                as_of_date,
                installment_key,
                max(case when not is_settled_before then filled_amount end) as kept_amount
            from filled_open
            group by as_of_date, installment_key
        ),

        capped_kept as (
            select
                pooled.*,
                case
                    when pooled.is_settled_before then coalesce(kept.kept_amount, 0)
                    else pooled.amount_due
                end as cap_amount
            from {{ ref('int_installments__pooled') }} as pooled
            left join kept
                on
                    pooled.as_of_date = kept.as_of_date
                    and pooled.installment_key = kept.installment_key
        ),

    {% endif -%}
    -- 1 Money that names an instalment goes there first; what it is too much goes to the loan.
    named_{{ pass }} as (
        select
            *,
            greatest(cap_amount - least(amount_due, named_amount), 0) as loan_need_amount,
            loan_amount + sum(greatest(named_amount - amount_due, 0)) over (
                partition by as_of_date, loan_key, paid_date
            ) as loan_money_amount
        from capped_{{ pass }}
    ),

    -- 2 Money that names the loan fills its oldest unpaid instalments.
    loan_queues_{{ pass }} as (
        select
            *,
            sum(loan_need_amount) over (
                partition by as_of_date, loan_key, paid_date
                order by installment_no
                rows between unbounded preceding and current row
            ) - loan_need_amount as older_need_amount
        from named_{{ pass }}
    ),

    loan_filled_{{ pass }} as (
        select
            *,
            least(loan_need_amount, greatest(0, loan_money_amount - older_need_amount))
                as loan_filled_amount
        from loan_queues_{{ pass }}
    ),

    -- 3 Money that names only the account fills what is oldest over all its loans.
    account_queues_{{ pass }} as (
        select
            *,
            loan_need_amount - loan_filled_amount as account_need_amount,
            sum(loan_need_amount - loan_filled_amount) over (
                partition by as_of_date, pool_key, paid_date
                order by due_date, loan_position, installment_no
                rows between unbounded preceding and current row
            ) - (loan_need_amount - loan_filled_amount) as older_account_need_amount
        from loan_filled_{{ pass }}
    ),

    filled_{{ pass }} as (
        select
            *,
            least(amount_due, named_amount) + loan_filled_amount
            + least(account_need_amount, greatest(0, account_amount - older_account_need_amount))
                as filled_amount
        from account_queues_{{ pass }}
    ),

{% endfor -%}
final as (
    select
        as_of_date,
        known_on,
        installment_key,
        min(case when filled_amount >= amount_due then paid_date end) as filled_date,
        cast(sum(case when is_last then filled_amount else 0 end) as decimal(18, 2)) as paid_amount
    from filled_kept
    group by as_of_date, known_on, installment_key
)

select * from final
