with obligations as (
    select
        as_of_date,
        known_on,
        'statement' as obligation_kind,
        statement_key as obligation_key,
        'line' as debt_kind,
        line_key as debt_key,
        user_key,
        product,
        family,
        due_date,
        last_on_time_date,
        amount_due,
        required_amount,
        converted_amount,
        paid_amount,
        written_off_amount,
        waived_amount,
        carried_amount,
        outstanding_amount,
        outstanding_amount as owed_amount,
        uncovered_amount,
        required_met_date,
        paid_in_full_date,
        is_newest,
        is_written_off
    from {{ ref('int_statements__settled') }}
    where amount_due > 0
    union all
    select
        as_of_date,
        known_on,
        'installment' as obligation_kind,
        installment_key as obligation_key,
        'loan' as debt_kind,
        loan_key as debt_key,
        user_key,
        product,
        family,
        due_date,
        last_on_time_date,
        amount_due,
        amount_due as required_amount,
        cast(0 as decimal(18, 2)) as converted_amount,
        paid_amount,
        written_off_amount,
        waived_amount,
        cast(0 as decimal(18, 2)) as carried_amount,
        outstanding_amount,
        owed_amount,
        outstanding_amount as uncovered_amount,
        settled_date as required_met_date,
        settled_date as paid_in_full_date,
        true as is_newest,
        is_written_off
    from {{ ref('int_installments__settled') }}
    -- An instalment of nothing (a pause) is no obligation; one of unknown amount is.
    where coalesce(amount_due, 1) > 0
),

disputed as (
    select
        as_of_date,
        record_kind,
        record_key
    from {{ ref('int_disputes__resolved') }}
    where is_excluding and held_reason is null
    group by as_of_date, record_kind, record_key
),

-- Without payments, a report of n days on day d says: what fell due before d - n was paid, what
-- fell due from then to d was not; of what falls due later it says nothing.
settled as (
    select
        obligations.*,
        reports.debt_key is not null as is_reported,
        case
            when reports.debt_key is null then obligations.required_met_date
            when reports.reported_dpd = 0 then obligations.due_date
            when
                {{ days_between('reports.reported_date', 'obligations.due_date') }}
                > reports.reported_dpd then obligations.due_date
        end as met_date,
        obligations.last_on_time_date < obligations.as_of_date
        and (reports.debt_key is null or obligations.due_date <= reports.reported_date)
            as is_matured,
        by_record.record_key is not null or by_loan.record_key is not null as is_disputed
    from obligations
    left join {{ ref('int_reports__dpd') }} as reports
        on
            obligations.as_of_date = reports.as_of_date
            and obligations.debt_kind = reports.debt_kind
            and obligations.debt_key = reports.debt_key
            and reports.is_payment_unknown
    left join disputed as by_record
        on
            obligations.as_of_date = by_record.as_of_date
            and obligations.obligation_kind = by_record.record_kind
            and obligations.obligation_key = by_record.record_key
    left join disputed as by_loan
        on
            obligations.as_of_date = by_loan.as_of_date
            and obligations.debt_kind = by_loan.record_kind
            and obligations.debt_key = by_loan.record_key
),

judged as (
    select
        *,
        coalesce(met_date <= last_on_time_date, false) as is_on_time,
        is_matured and not is_disputed
        and not coalesce(met_date <= last_on_time_date, false) as is_late
    from settled
),

final as (
    select
        as_of_date,
        known_on,
        obligation_kind,
        obligation_key,
        debt_kind,
        debt_key,
        user_key,
        product,
        family,
        due_date,
        last_on_time_date,
        amount_due,
        required_amount,
        converted_amount,
        paid_amount,
        written_off_amount,
        waived_amount,
        carried_amount,
        outstanding_amount,
        owed_amount,
        met_date,
        is_newest,
        is_written_off,
        is_reported,
        is_disputed,
        is_matured and not is_disputed as is_matured,
        is_matured and not is_disputed and is_on_time as is_on_time,
        is_matured and not is_disputed and is_on_time
        and coalesce(paid_in_full_date <= last_on_time_date, false) as is_full_on_time,
        is_late,
        case when is_late then {{ add_days('last_on_time_date', 1) }} end as late_from_date,
        -- The day of the payment is the last one on which the obligation was late.
        case when is_late then coalesce(met_date, as_of_date) end as late_to_date,
        case
            when is_late
                then {{ days_between('coalesce(met_date, as_of_date)', 'due_date') }}
        end as late_days,
        is_late and met_date is null as is_past_due,
        cast(
            case when is_late and met_date is null then uncovered_amount else 0 end
            as decimal(18, 2)
        ) as past_due_amount
    from judged
)

select * from final
