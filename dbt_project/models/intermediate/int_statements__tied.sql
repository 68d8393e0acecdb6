-- Few bills share line and day with another one: only those need their ids to be in order.
with shared as (
    select as_of_date, line_key, statement_date
    from {{ ref('int_statements__known') }}
    where statement_date <= as_of_date
    group by as_of_date, line_key, statement_date
    having count(*) > 1
),

tied as (
    select statements.*
    from {{ ref('int_statements__known') }} as statements
    inner join shared
        on
            statements.as_of_date = shared.as_of_date
            and statements.line_key = shared.line_key
            and statements.statement_date = shared.statement_date
),

final as (
    select
        tied.as_of_date,
        tied.known_on,
        tied.statement_key,
        row_number() over (
            partition by tied.as_of_date, tied.line_key, tied.statement_date
            order by tied.due_date, stg_statements.statement_id
        ) as tie_number
    from {{ ref('stg_statements') }} as stg_statements
    inner join tied
        on
            stg_statements.statement_key = tied.statement_key
            and {{ is_known('stg_statements', 'tied') }}
)

select * from final
