-- What is written before a sender is answered. Arrays are parallel; the ids in them are sorted, so that two
-- batches take their locks in one order.

-- name: event_numbers
select nextval('event_numbers')

-- name: delivery_numbers
select nextval('delivery_numbers')

-- name: append
with seen_now as (
  insert into seen (ext_hash, source, event, body_hash)
  select * from unnest($1::bytea[], $2::text[], $3::bigint[], $4::bytea[])
  on conflict do nothing
  returning event
), new_events as (
  insert into events (seq, uid, source, ext_id, deduplicable, type, time, received_at, plan, reason, size, config)
  select * from unnest($5::bigint[], $6::text[], $7::text[], $8::text[], $9::boolean[], $10::text[], $11::bigint[],
    $12::bigint[], $13::smallint[], $14::text[], $15::bigint[], $16::bigint[])
    as e (seq, uid, source, ext_id, deduplicable, type, time, received_at, plan, reason, size, config)
  where not e.deduplicable or e.seq in (select event from seen_now)
  returning seq
), new_bodies as (
  insert into bodies (event, headers, query, body)
  select * from unnest($5::bigint[], $17::bytea[], $18::bytea[], $19::bytea[]) as b (event, headers, query, body)
  where b.event in (select seq from new_events)
), new_deliveries as (
  insert into deliveries (seq, event, id, route, action, item, plugin, plugin_version, destination, state, reason,
    attempts, max_attempts, tries, lease, created_at, due, expires_at, span, first_started_at, settled_at, lane, priority,
    fresh_until, tell, owner)
  select d.*, case when d.state = 1 then $46::bigint end
  from unnest($20::bigint[], $21::bigint[], $22::text[], $23::text[], $24::text[], $25::bigint[], $26::text[],
    $27::text[], $28::text[], $29::smallint[], $30::text[], $31::bigint[], $32::bigint[], $33::bigint[], $34::bigint[],
    $35::bigint[], $36::bigint[], $37::bigint[], $38::bigint[], $39::bigint[], $40::bigint[], $41::text[],
    $42::smallint[], $43::bigint[], $44::smallint[])
    as d (seq, event, id, route, action, item, plugin, plugin_version, destination, state, reason, attempts, max_attempts,
      tries, lease, created_at, due, expires_at, span, first_started_at, settled_at, lane, priority, fresh_until, tell)
  where d.event in (select seq from new_events)
  returning seq, state, lease, attempts, first_started_at
), new_params as (
  insert into params (delivery, body)
  select p.delivery, p.body
  from unnest($20::bigint[], $21::bigint[], $45::bytea[]) as p (delivery, event, body)
  where p.event in (select seq from new_events)
), begun as (
  insert into attempts (delivery, lease, number, started_at)
  select seq, lease, attempts, first_started_at from new_deliveries where state = 1
)
select seq from new_events

-- name: forget_seen
delete from seen s using unnest($1::bytea[], $2::text[], $3::bigint[]) as k (ext_hash, source, before)
where s.ext_hash = k.ext_hash and s.source = k.source
  and not exists (select 1 from events e where e.seq = s.event and e.received_at > k.before)

-- name: stored_already
select uid from events where uid = any($1::text[])

-- name: known
select k.place, s.event, s.body_hash, e.uid
from unnest($1::bytea[], $2::text[]) with ordinality as k (ext_hash, source, place)
join seen s on s.ext_hash = k.ext_hash and s.source = k.source
left join events e on e.seq = s.event

-- name: count_duplicates
with own as (select seq from events where seq = any($1::bigint[]) order by seq for update)
update events e set duplicates = e.duplicates + k.number, duplicate_differs = e.duplicate_differs + k.differs
from own join unnest($1::bigint[], $2::bigint[], $3::bigint[]) as k (seq, number, differs) using (seq)
where e.seq = own.seq

-- name: insert_deliveries
with new_deliveries as (
  insert into deliveries (seq, event, id, route, action, item, plugin, plugin_version, destination, state, reason,
    attempts, max_attempts, tries, lease, created_at, due, expires_at, span, first_started_at, settled_at, lane, priority,
    fresh_until, tell)
  select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[],
    $8::text[], $9::text[], $10::smallint[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[],
    $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::text[],
    $23::smallint[], $24::bigint[], $25::smallint[])
  returning seq
)
insert into params (delivery, body) select * from unnest($1::bigint[], $26::bytea[])

-- name: event_for_adding
select seq, received_at from events where uid = $1 for update

-- name: known_deliveries
select id from deliveries where id = any($1::text[])

-- name: replace_dead
update deliveries set state = 8, reason = 'replaced by a replay', settled_at = $5
where event = $1 and route = $2 and action = $3 and item is not distinct from $4::bigint and state + 0 = 7

-- name: replan
update events set plan = 1, reason = null where seq = $1

-- name: told
update deliveries set tell = 2 where id = $1 and state + 0 = 7 and tell = 1 returning event

-- name: event_told
select uid, received_at from events where seq = $1 for update
