-- name: settings
set search_path to "{schema}";
set synchronous_commit to on;
set statement_timeout to '{timeout}ms';
set lock_timeout to '2s';
set idle_in_transaction_session_timeout to '10s';
set default_transaction_isolation to 'read committed';
set timezone to 'UTC';
set jit to off

-- name: encoding
select current_setting('server_encoding')

-- name: schema_exists
select exists (select 1 from pg_namespace where nspname = $1)

-- name: has_versions
select to_regclass('versions') is not null

-- name: version
select coalesce(max(version), 0) from versions

-- name: lock_migrations
select pg_advisory_xact_lock(hashtextextended($1, 7265))

-- name: create_schema
create schema if not exists "{schema}"

-- name: create_versions
create table if not exists versions (version integer primary key, at timestamptz not null default clock_timestamp())

-- name: migrated
insert into versions (version) values ($1)

-- name: clock
select (extract(epoch from clock_timestamp()) * 1000000)::bigint

-- name: rights
select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as reads_only,
    to_regnamespace('"{schema}"') is not null as made,
    case when to_regnamespace('"{schema}"') is null then has_database_privilege(current_database(), 'CREATE')
        else has_schema_privilege('{schema}', 'USAGE') and (has_schema_privilege('{schema}', 'CREATE')
            or to_regclass('"{schema}".versions') is not null) end as allowed,
    current_setting('server_encoding') = 'UTF8' as utf8
