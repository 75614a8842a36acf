-- name: events
select e.seq, e.uid, e.source, e.ext_id, e.deduplicable, e.type, e.time, e.received_at, e.plan, e.reason, e.size,
  e.duplicates, e.duplicate_differs, coalesce((select c.digest from configs c where c.seq = e.config), '')
from events e
where {where}
order by e.received_at desc, e.seq desc limit :limit

-- name: count_events
select count(*) from events e where {where}

-- name: event_of_uid
select e.seq, e.uid, e.source, e.ext_id, e.deduplicable, e.type, e.time, e.received_at, e.plan, e.reason, e.size,
  e.duplicates, e.duplicate_differs, coalesce((select c.digest from configs c where c.seq = e.config), '')
from events e where e.uid = :uid

-- name: event_of_ext_id
select e.seq, e.uid, e.source, e.ext_id, e.deduplicable, e.type, e.time, e.received_at, e.plan, e.reason, e.size,
  e.duplicates, e.duplicate_differs, coalesce((select c.digest from configs c where c.seq = e.config), '')
from seen s join events e on e.seq = s.event
where s.ext_hash = :hash
order by e.received_at desc, e.seq desc limit 1

-- name: whole_body
select headers, query, body from bodies where event = :event

-- name: contents
select e.uid, b.headers, b.query, b.body from events e join bodies b on b.event = e.seq
where e.uid = any(:uids::text[])

-- name: body_of_uid
select b.body from events e join bodies b on b.event = e.seq where e.uid = :uid

-- name: states_of_events
select d.event, d.state, count(*) from deliveries d
where d.event = any(:events::bigint[])
group by d.event, d.state order by d.event, d.state

-- name: deliveries
select d.seq, d.id, e.uid, e.source, d.route, d.action, d.item, d.plugin, d.plugin_version, d.destination, p.body,
  d.state, d.reason, d.attempts, d.max_attempts, d.created_at, d.due, d.expires_at, d.settled_at, d.first_started_at,
  d.lease, d.interrupted, d.crashes, d.lane, d.priority, d.fresh_until, d.suspect, d.crashes_alone
from deliveries d join events e on e.seq = d.event join params p on p.delivery = d.seq
where {where}
order by d.created_at desc, d.seq desc limit :limit

-- name: delivery_ids
select d.id
from deliveries d join events e on e.seq = d.event join params p on p.delivery = d.seq
where {where}
order by d.created_at desc, d.seq desc limit :limit

-- name: count_deliveries
select count(*)
from deliveries d join events e on e.seq = d.event join params p on p.delivery = d.seq
where {where}

-- name: delivery
select d.seq, d.id, e.uid, e.source, d.route, d.action, d.item, d.plugin, d.plugin_version, d.destination, p.body,
  d.state, d.reason, d.attempts, d.max_attempts, d.created_at, d.due, d.expires_at, d.settled_at, d.first_started_at,
  d.lease, d.interrupted, d.crashes, d.lane, d.priority, d.fresh_until, d.suspect, d.crashes_alone
from deliveries d join events e on e.seq = d.event join params p on p.delivery = d.seq
where d.id = :id

-- name: untold
select d.seq, d.id, e.uid, e.source, d.route, d.action, d.item, d.plugin, d.plugin_version, d.destination, p.body,
  d.state, d.reason, d.attempts, d.max_attempts, d.created_at, d.due, d.expires_at, d.settled_at, d.first_started_at,
  d.lease, d.interrupted, d.crashes, d.lane, d.priority, d.fresh_until, d.suspect, d.crashes_alone
from deliveries d join events e on e.seq = d.event join params p on p.delivery = d.seq
where d.state = 7 and d.tell = 1
order by d.settled_at, d.seq limit :limit

-- name: attempts
select number, started_at, ended_at, outcome, reason, facts from attempts
where delivery = (select seq from deliveries where id = :id)
order by lease

-- name: uids
select e.uid from events e
where {where}
order by e.received_at, e.seq limit :limit

-- name: place
select received_at, seq from events where uid = :uid

-- name: ahead
select count(*) from deliveries where state = 0 and priority = 2 and due <= :now

-- name: estimates
select relname, reltuples::bigint from pg_class
where relnamespace = current_schema()::regnamespace and relname in ('events', 'deliveries')

-- name: count_all_events
select count(*) from events

-- name: count_unusual_events
select plan, count(*) from events where plan <> 1 group by plan

-- name: count_all_deliveries
select count(*) from deliveries

-- name: count_open_deliveries
select state, count(*) from deliveries where state <> 5 group by state

-- name: oldest_due
select least(
  (select min(x.due) from (
    with recursive ready (destination, lane, due) as (
      (select destination, lane, due from deliveries where state = 0 and not suspect
        order by destination, lane limit 1)
      union all
      select n.destination, n.lane, n.due from ready r cross join lateral (
        select d.destination, d.lane, d.due from deliveries d
        where (d.destination, d.lane) > (r.destination, r.lane) and d.state = 0 and not d.suspect
        order by d.destination, d.lane limit 1) n
    )
    select least(
      (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 0
        and d.state = 0 and not d.suspect order by d.due limit 1),
      (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 1
        and d.state = 0 and not d.suspect order by d.due limit 1),
      (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 2
        and d.state = 0 and not d.suspect order by d.due limit 1)) as due
    from ready r) x),
  (select due from deliveries where state = 0 and suspect order by due limit 1))

-- name: bytes
select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'

-- name: queues
select destination, lane, sum(number)::bigint, min(soonest) from (
  select destination, lane, count(*) as number, min(due) as soonest from deliveries
  where state = 0 and not suspect group by destination, lane
  union all
  select destination, lane, count(*), min(due) from deliveries where state = 0 and suspect group by destination, lane
) as waiting
group by destination, lane order by destination, lane

-- name: lanes
select destination, lane, paused_until, pause_reason, next_start, breaker, open_until, window_at, ok, failed
from lanes order by destination, lane

-- name: replays
select id, filter, result, last, state, started_at, ended_at from replays
where :state::text is null or state = :state
order by started_at desc, id desc limit :limit

-- name: replay
select id, filter, result, last, state, started_at, ended_at from replays where id = :id
