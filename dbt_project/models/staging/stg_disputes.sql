with
{{ new_versions('disputes', ['dispute_id']) }}

select
    dispute_id,
    user_key,
    record_kind,
    record_id,
    -- The key that the record has in its own feed; an instalment is loan_id#installment_no.
    case
        when record_kind <> 'installment' then {{ key_hash(['record_id']) }}
        else {{ key_hash([
            "regexp_extract(record_id, '^(.*)#[0-9]+$', 1)",
            "try_cast(regexp_extract(record_id, '#(0|[1-9][0-9]*)$', 1) as bigint)",
        ]) }}
    end as record_key,
    {{ business_date('opened_at') }} as opened_date,
    {{ business_date('resolved_at') }} as resolved_date,
    outcome,
    batch_date,
    version_key,
    known_from,
    known_until
from new_versions
