{#- A view: the bills of int_statements__known that are issued by the night, in their order. -#}
select
    statements.*,
    coalesce(tied.tie_number, 0) as tie_number
from {{ ref('int_statements__known') }} as statements
left join {{ ref('int_statements__tied') }} as tied
    on
        statements.as_of_date = tied.as_of_date
        and statements.statement_key = tied.statement_key
where statements.statement_date <= statements.as_of_date
