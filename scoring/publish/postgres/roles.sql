-- What an administrator runs once, in the database that is published to: `psql -f roles.sql DATABASE`.
-- The writer owns two schemas and nothing else; readers see the views of one of them.
do $$
begin
    if not exists (select from pg_roles where rolname = 'creditloop_writer') then
        create role creditloop_writer login nosuperuser nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_roles where rolname = 'creditloop_reader') then
        create role creditloop_reader nologin;
    end if;
end
$$;

create schema if not exists creditloop authorization creditloop_writer;
create schema if not exists creditloop_store authorization creditloop_writer;
