-- Backfills have a ledger of their own.
-- One row per backfill: a stretch of days computed again, shown as one generation.
create table ops.backfills (
    backfill_id varchar primary key,    -- the run_id of its steps
    date_from date not null,
    date_to date not null,
    known_on_rule varchar not null,     -- original, latest
    scope varchar not null,             -- all, affected
    reason varchar,
    started_by varchar not null,
    state varchar not null,             -- running, complete, partial, refused, abandoned
    generation bigint,                  -- that shows it; empty while it runs, or if none does
    code_version varchar not null,
    started_at timestamp not null,
    ended_at timestamp
);

-- One row per day of a backfill. backfill_id x as_of_date.
create table ops.backfill_days (
    backfill_id varchar not null,
    as_of_date date not null,
    known_on date not null,
    causes varchar not null,            -- why it was planned: missing, restated, code, card, ...
    state varchar not null,             -- planned, built, staged, refused, published
    message varchar,                    -- why it was refused
    changed_at timestamp not null,
    primary key (backfill_id, as_of_date)
);

-- What each table held for a day before and after. backfill_id x as_of_date x table_name.
create table ops.backfill_contents (
    backfill_id varchar not null,
    as_of_date date not null,
    table_name varchar not null,
    known_on_before date,
    row_count_before bigint,
    content_hash_before varchar,        -- empty if there was nothing
    row_count_after bigint,
    content_hash_after varchar          -- empty while the day is not published
);

-- What became known too late for some nights: each night from restated_from on that was computed
-- with batches before changed_on reads otherwise now. feed x user_key x restated_from x changed_on x cause.
create table ops.restated_records (
    feed varchar not null,
    user_key bigint not null,
    restated_from date not null,
    changed_on date not null,
    cause varchar not null              -- late, corrected, withdrawn, dispute, consent, merge
);

-- One row per feed: which batches of its staging table were looked through. Grain feed.
create table ops.restatement_marks (
    feed varchar primary key,
    examined_after date not null,       -- readings that knew less are not told of
    examined_through date not null,
    identity varchar not null           -- of the batches up to there
);

-- Published nights that would read otherwise now, and for how many users. as_of_date x known_on x cause.
create view ops.restatements as
with readings as (
    select distinct nights.as_of_date, nights.known_on
    from ops.generation_nights as nights
    inner join ops.generations as generations using (generation)
    where
        generations.state = 'current'
        and nights.table_name = 'scores_history'
        and nights.is_current
)

select
    readings.as_of_date,
    readings.known_on,
    records.cause,
    count(distinct records.user_key) as user_count,
    max(records.changed_on) as newest_batch_date
from readings
inner join ops.restated_records as records
    on records.restated_from <= readings.as_of_date and readings.known_on < records.changed_on
group by readings.as_of_date, readings.known_on, records.cause;

update ops.schema_version set version = 6;
