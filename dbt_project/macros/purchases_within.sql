{#- From-clause of a select: the purchases of the last days of each night that nobody took back. -#}
{% macro purchases_within(days) -%}
    from {{ ref('stg_transactions') }} as transactions
    inner join {{ source('ops', 'run_dates') }} as nights
        on
            transactions.occurred_date <= nights.as_of_date
            and transactions.occurred_date > {{ add_days('nights.as_of_date', -days) }}
            and (transactions.void_date is null or nights.as_of_date < transactions.void_date)
            and {{ is_known('transactions', 'nights') }}
    where transactions.is_purchase
{%- endmacro %}
