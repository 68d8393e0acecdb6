-- Staging keeps its tables and reads each batch once. Before, it consisted of views.
create schema if not exists pending;

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

drop view if exists staging.stg_accounts;
drop view if exists staging.stg_consents;
drop view if exists staging.stg_disputes;
drop view if exists staging.stg_installments;
drop view if exists staging.stg_limit_decisions;
drop view if exists staging.stg_loans;
drop view if exists staging.stg_repayments;
drop view if exists staging.stg_statements;
drop view if exists staging.stg_transactions;
drop view if exists staging.stg_users;

update ops.schema_version set version = 2;
