-- Moving all rows of a table; the names in braces come from the schema of the SQLite journal.

-- name: alive
select exists (select 1 from workers where beat_until > clock_timestamp())

-- name: lock
lock table events, deliveries, lanes, replays, configs in exclusive mode

-- name: columns
select attname, atttypid = 'bool'::regtype from pg_attribute
where attrelid = $1::regclass and attnum > 0 and not attisdropped

-- name: count
select count(*) from {table}

-- name: rows
select {columns} from {table} order by {key}

-- name: rows_of_seen
select e.ext_id, s.source, s.event, s.body_hash from seen s join events e on e.seq = s.event order by s.event

-- name: go_on_behind
select setval('config_numbers', (select coalesce(max(seq), 0) + 1 from configs), false),
  setval('event_numbers', (select coalesce(max(seq), 0) + 1 from events), false),
  setval('delivery_numbers', (select coalesce(max(seq), 0) + 1 from deliveries), false)
