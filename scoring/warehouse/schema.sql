-- Tables that Python owns in the build warehouse, version 3. dbt owns staging, intermediate and marts.
create schema if not exists raw;
create schema if not exists staging;
create schema if not exists intermediate;
create schema if not exists marts;
create schema if not exists scores;
create schema if not exists quality;
create schema if not exists ops;
create schema if not exists pending;

create table ops.schema_version (version integer not null);
insert into ops.schema_version values (6);

-- One row per attempt of a step of a run.
create table ops.step_runs (
    run_id varchar not null,
    step varchar not null,
    as_of_date date,
    known_on date,
    started_at timestamp not null,
    wall_seconds decimal(18, 3) not null,
    cpu_seconds decimal(18, 3) not null,
    startup_seconds decimal(18, 3) not null,  -- imports and start-ups before the work itself
    peak_memory_bytes bigint not null,
    state varchar not null,             -- succeeded, failed
    message varchar,
    row_counts json,                    -- what the step handled, by name
    code_version varchar not null
);

-- One row per run, as its steps tell it: failed if its last step failed, succeeded once it
-- published (or did the one thing it is for), unfinished otherwise: still at work, or cut off.
create view ops.runs as
select
    run_id,
    max(as_of_date) as as_of_date,
    max(known_on) as known_on,
    max_by(code_version, (started_at, step)) as code_version,
    min(started_at) as started_at,
    max(started_at + to_microseconds((wall_seconds * 1000000)::bigint)) as ended_at,
    case
        when max_by(state, (started_at, step)) = 'failed' then 'failed'
        when max_by(step, (started_at, step)) in ('publish', 'rollback', 'ingest_range')
            or starts_with(run_id, 'step-')
            then 'succeeded'
        else 'unfinished'
    end as state,
    max_by(step, (started_at, step)) as last_step,
    max_by(message, (started_at, step)) as message
from ops.step_runs
group by run_id;

-- One row per feed and landing folder: the state its latest attempt left.
create table ops.batches (
    feed varchar not null,
    dt date not null,
    state varchar not null,             -- loading, loaded, refused
    known_basis varchar not null,       -- landed, assumed
    landed_hash varchar,                -- of the files' bytes
    content_hash varchar,               -- of the raw rows
    raw_file varchar,                   -- relative to warehouse/raw
    rows_read bigint,
    rows_loaded bigint,
    rows_held bigint,
    rows_quarantined bigint,
    rows_duplicate bigint,              -- part of rows_quarantined
    extra_columns varchar[],
    refusal_rule varchar,
    refusal_message varchar,
    run_id varchar not null,
    changed_at timestamp not null,
    primary key (feed, dt)
);

-- One row per content that a reopened batch replaced.
create table ops.reopened_batches (
    feed varchar not null,
    dt date not null,
    previous_content_hash varchar,
    reason varchar not null,
    reopened_at timestamp not null
);

-- One row per published night whose input a reopened batch changed. as_of_date x known_on x feed x dt.
create table ops.irreproducible_nights (
    as_of_date date not null,
    known_on date not null,
    feed varchar not null,
    dt date not null,
    reason varchar not null,
    marked_at timestamp not null
);

-- One row per user: the first users batch that names them. Kept by ingest. Grain user_key.
create table ops.known_users (user_key bigint not null, first_dt date not null);

-- One row per accepted absence or refusal.
create table ops.waivers (
    feed varchar not null,
    dt date not null,
    kind varchar not null,              -- missing, refused
    reason varchar not null,
    granted_at timestamp not null,
    primary key (feed, dt, kind)
);

-- The nights dbt builds now: one row, or several in a backfill. Grain as_of_date.
create table ops.run_dates (as_of_date date primary key, known_on date not null);

-- One row: settings that models read.
create table ops.run_parameters (
    business_timezone varchar not null,
    minimum_due_ratio decimal(18, 6),
    due_grace_days integer not null
);

-- One row per batch that a staging table has taken in. Written with its rows. feed x dt.
create table ops.staged_batches (
    feed varchar not null,
    dt date not null,
    identity varchar not null           -- which content of the batch
);

-- One row per feed: the rules its staging table was made with.
create table ops.staged_rules (feed varchar primary key, digest varchar not null);

-- The batches that staging takes in now, in parts. feed x dt.
create table ops.pending_batches (
    feed varchar not null,
    chunk_number integer not null,
    dt date not null,
    identity varchar not null
);

-- One row per part: the query that reads it. feed x chunk_number.
create table ops.pending_chunks (
    feed varchar not null,
    chunk_number integer not null,
    query varchar not null
);

-- One row per table and night: what was built.
create table ops.table_contents (
    table_name varchar not null,
    as_of_date date not null,
    known_on date not null,
    row_count bigint not null,
    content_hash varchar not null,
    run_id varchar not null,
    code_version varchar not null,
    recorded_at timestamp not null,
    primary key (table_name, as_of_date, known_on)
);

-- One row per publication.
create table ops.generations (
    generation bigint primary key,
    run_id varchar not null,
    as_of_date date not null,
    known_on date not null,
    content_hash varchar not null,
    state varchar not null,             -- current, kept, withdrawn, expired
    created_at timestamp not null
);

-- One row per change of a generation's state.
create table ops.generation_changes (
    generation bigint not null,
    state varchar not null,
    reason varchar not null,
    changed_at timestamp not null
);

-- One row per file that a generation names. generation x table_name x file.
create table ops.generation_nights (
    generation bigint not null,
    table_name varchar not null,
    as_of_date date not null,
    known_on date not null,
    file varchar not null,              -- relative to published/
    content_hash varchar not null,
    row_count bigint not null,
    is_current boolean not null         -- of the current reading of its night
);

-- One row per refused row.
create table quality.quarantine (
    feed varchar not null,
    batch_date date not null,
    file_name varchar not null,
    row_number bigint,
    rule varchar not null,
    column_name varchar,
    shown_value varchar,                -- without personal data
    raw_row varchar,                    -- encrypted
    run_id varchar not null,
    quarantined_at timestamp not null
);

-- One row per expectation, gate and night.
create table quality.gate_results (
    gate varchar not null,
    as_of_date date not null,
    known_on date not null,
    expectation varchar not null,
    table_name varchar not null,
    severity varchar not null,          -- stop, warn
    state varchar not null,             -- passed, failed, errored
    observed varchar,
    reason varchar not null,
    run_id varchar not null,
    checked_at timestamp not null
);

-- One row per user and night. user_key x as_of_date x known_on.
create table scores.scores (
    user_key bigint not null,
    as_of_date date not null,
    known_on date not null,
    score integer,
    score_status varchar not null,
    score_status_reason varchar,
    band_code varchar,
    pd_12m decimal(18, 6),
    points_base integer,
    points_spending integer,
    points_repayment integer,
    points_history integer,
    points_linkage integer,
    points_clipped integer,
    card_id varchar not null,
    months_on_book bigint,
    evidence_days bigint,
    code_version varchar not null,
    score_low integer,                  -- what missing evidence leaves open; empty if the card
    score_high integer,                 -- says nothing about evidence
    evidence_strength varchar           -- none, thin, moderate, strong; empty without consent
);

-- Same grain: the parts of the score, aligned lists in the card's order.
create table scores.score_points (
    user_key bigint not null,
    as_of_date date not null,
    known_on date not null,
    feature_names varchar[] not null,
    feature_values decimal(18, 6)[] not null,
    bins varchar[] not null,
    points integer[] not null
);

-- user_key x as_of_date x known_on x reason_rank.
create table scores.score_reasons (
    user_key bigint not null,
    as_of_date date not null,
    known_on date not null,
    reason_rank integer not null,
    feature_name varchar not null,
    dimension varchar not null,
    points integer not null,
    points_lost integer not null,
    reason_code varchar not null,
    reason_zh varchar not null,
    reason_en varchar not null
);

-- One row per user of a night, against the night published before it. Grain user_key x as_of_date
-- x known_on. The parts add up to score_change; causes that were not told apart are NULL.
create table scores.score_changes (
    user_key bigint not null,
    as_of_date date not null,
    known_on date not null,
    previous_as_of_date date not null,
    previous_known_on date not null,
    change_status varchar not null,     -- divided, unmoved, undivided, not_compared
    score_change integer,
    change_late integer,                -- late, corrected and disputed records
    change_ageing integer,              -- time alone
    change_behaviour integer,           -- what happened between the nights
    change_card integer,                -- another card, its base points included
    change_undivided integer,           -- what was not told apart
    change_clipped integer,
    feature_names varchar[],            -- features that changed; the lists below are aligned
    feature_changes integer[],
    feature_late integer[],
    feature_ageing integer[],
    feature_behaviour integer[],
    feature_card integer[]
);

-- One row per run and dbt model: its time and the rows it left for the run's nights. Besides them
-- score_changes, a part of the step score: its time and the users it recomputed.
create table ops.model_runs (
    run_id varchar not null,
    model varchar not null,
    wall_seconds decimal(18, 3) not null,
    row_count bigint                    -- empty for views
);

-- The ledger of card releases: one row per card and change of its state; only ever appended to.
-- Of two entries for one card and night the later one holds. Grain entry.
create table ops.card_releases (
    entry bigint primary key,
    card_id varchar not null,
    card_hash varchar not null,         -- what the card said when this was decided
    action varchar not null,            -- founded, registered, promoted, displaced, restored, withdrawn, retired
    state varchar not null,             -- draft, challenger, champion, retired
    valid_from date not null,           -- first as_of_date it counts for
    reason varchar not null,
    decided_at timestamp not null,
    decided_by varchar,
    report_sha256 varchar,              -- of the validation report it became champion with
    code_version varchar not null
);

-- One row per night and card that was to score it. as_of_date x known_on x card_id.
create table ops.card_runs (
    as_of_date date not null,
    known_on date not null,
    card_id varchar not null,
    card_hash varchar not null,
    role varchar not null,              -- champion, requested (instead of it), challenger
    state varchar not null,             -- scored, failed
    scored_count bigint,                -- users with a score; empty where it failed
    message varchar,                    -- why it failed, or who was champion
    run_id varchar not null,
    code_version varchar not null,
    recorded_at timestamp not null
);

-- What challengers made of a night, never published. user_key x as_of_date x known_on x card_id.
create table scores.shadow_scores (
    user_key bigint not null,
    as_of_date date not null,
    known_on date not null,
    card_id varchar not null,
    score integer,
    score_status varchar not null,
    points_base integer,
    points_spending integer,
    points_repayment integer,
    points_history integer,
    points_linkage integer,
    points_clipped integer
);

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
