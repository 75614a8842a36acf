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
from events e where e.uid = ?

-- name: event_of_ext_id
select e.seq, e.uid, e.source, e.ext_id, e.deduplicable, e.type, e.time, e.received_at, e.plan, e.reason, e.size,
  e.duplicates, e.duplicate_differs, coalesce((select c.digest from configs c where c.seq = e.config), '')
from seen s join events e on e.seq = s.event
where s.ext_id = ?
order by e.seq desc limit 1

-- name: whole_body
select headers, query, body from bodies where event = ?

-- name: contents
select e.uid, b.headers, b.query, b.body from events e join bodies b on b.event = e.seq
where e.uid in (select value from json_each(?))

-- name: body_of_uid
select b.body from events e join bodies b on b.event = e.seq where e.uid = ?

-- name: states_of_events
select d.event, d.state, count(*) from deliveries d
where d.event in (select value from json_each(?))
group by d.event, d.state

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
where d.id = ?

-- name: attempts
select number, started_at, ended_at, outcome, reason, facts from attempts
where delivery = (select seq from deliveries where id = ?)
order by lease

-- name: count_all_events
select count(*) from events

-- name: count_unusual_events
select plan, count(*) from events where plan <> 1 group by plan

-- name: count_all_deliveries
select count(*) from deliveries

-- name: count_open_deliveries
select state, count(*) from deliveries where state <> 5 group by state

-- name: oldest_due
select min(due) from (
  select min(due) as due from deliveries where state = 0 and suspect = 0
  union all select min(due) from deliveries where state = 0 and suspect = 1)

-- name: pages
select page_count * page_size from pragma_page_count(), pragma_page_size()

-- name: lanes
select destination, lane, paused_until, pause_reason, next_start, breaker, open_until, window_at, ok, failed
from lanes order by destination, lane

-- name: queues
select destination, lane, sum(number), min(soonest) from (
  select destination, lane, count(*) as number, min(due) as soonest from deliveries
  where state = 0 and suspect = 0 group by destination, lane
  union all
  select destination, lane, count(*), min(due) from deliveries where state = 0 and suspect = 1 group by destination, lane
) as waiting
group by destination, lane order by destination, lane
