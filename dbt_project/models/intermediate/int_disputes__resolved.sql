with disputes as (
    select
        users.as_of_date,
        users.known_on,
        users.surviving_key as user_key,
        stg_disputes.dispute_id,
        stg_disputes.record_kind,
        stg_disputes.record_key,
        stg_disputes.resolved_date is null
        or stg_disputes.resolved_date > users.as_of_date as is_open,
        stg_disputes.outcome
    from {{ ref('stg_disputes') }} as stg_disputes
    inner join {{ ref('int_users__resolved') }} as users
        on
            stg_disputes.user_key = users.user_key
            and stg_disputes.opened_date <= users.as_of_date
            and {{ is_known('stg_disputes', 'users') }}
),

records as (
    select as_of_date, known_on, 'statement' as record_kind, statement_key as record_key, user_key
    from {{ ref('int_statements__known') }}
    union all
    select as_of_date, known_on, 'loan' as record_kind, loan_key as record_key, user_key
    from {{ ref('int_loans__known') }}
    union all
    select
        as_of_date,
        known_on,
        'installment' as record_kind,
        installment_key as record_key,
        user_key
    from {{ ref('int_installments__known') }}
    where held_reason is null
),

final as (
    select
        disputes.as_of_date,
        disputes.known_on,
        disputes.dispute_id,
        disputes.user_key,
        disputes.record_kind,
        disputes.record_key,
        disputes.is_open,
        -- An objection that was upheld stays: the record should not have said what it said.
        disputes.is_open or coalesce(disputes.outcome, '') = 'upheld' as is_excluding,
        case
            when records.user_key is null then disputes.record_kind || '_unknown'
            when records.user_key <> disputes.user_key then 'owed_by_another_user'
        end as held_reason
    from disputes
    left join records
        on
            disputes.as_of_date = records.as_of_date
            and disputes.record_kind = records.record_kind
            and disputes.record_key = records.record_key
)

select * from final
