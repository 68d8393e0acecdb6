-- Scores say how much they rest on. Nights scored before say nothing about it.
alter table scores.scores add column score_low integer;
alter table scores.scores add column score_high integer;
alter table scores.scores add column evidence_strength varchar;

update ops.schema_version set version = 3;
