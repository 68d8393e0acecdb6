-- Why scores changed from one night to the next.
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

update ops.schema_version set version = 5;
