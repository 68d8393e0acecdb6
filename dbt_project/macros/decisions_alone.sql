{#-
    From-clause of a select: decisions known on the night that set the limit of a product whose
    account is not landed; an account's own terms win. Freezing and declining leave the limit as it
    was.
-#}
{% macro decisions_alone() -%}
    from {{ ref('stg_limit_decisions') }} as decisions
    inner join {{ ref('int_users__resolved') }} as users
        on
            decisions.user_key = users.user_key
            and decisions.decided_date <= users.as_of_date
            and {{ is_known('decisions', 'users') }}
    left join {{ ref('int_accounts__effective') }} as accounts
        on
            users.as_of_date = accounts.as_of_date
            and users.surviving_key = accounts.user_key
            and decisions.product = accounts.product
    where
        decisions.action in ('grant', 'raise', 'cut', 'close')
        and accounts.user_key is null
{%- endmacro %}
