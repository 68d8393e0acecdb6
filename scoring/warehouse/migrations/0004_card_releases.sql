-- Which card scores which night is decided in a ledger, no longer inside the cards; its first entry is
-- made by scoring.releases.store, since it names the shipped card by its hash.
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

update ops.schema_version set version = 4;
