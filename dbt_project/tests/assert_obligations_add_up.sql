-- What was asked for is converted, paid, written off, waived, carried or still owed; nothing else.
select
    obligation_kind,
    obligation_key,
    as_of_date
from {{ ref('int_obligations') }}
where
    amount_due is not null
    and (
        amount_due <> converted_amount + paid_amount + written_off_amount + waived_amount
        + carried_amount + outstanding_amount
        or least(
            converted_amount, paid_amount, written_off_amount, waived_amount, carried_amount,
            outstanding_amount
        ) < 0
    )
