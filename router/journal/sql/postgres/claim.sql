-- name: ready_lanes
with recursive ready (destination, lane, depth) as (
  select w.destination, x.lane, 1
  from unnest($1::text[], $2::text[]) as w (destination, beginning)
  cross join lateral (
    select d.lane from deliveries d
    where d.destination = w.destination and d.lane >= w.beginning collate "C" and d.state = 0 and not d.suspect
    order by d.lane limit 1) x
  union all
  select r.destination, x.lane, r.depth + 1
  from ready r
  cross join lateral (
    select d.lane from deliveries d
    where d.destination = r.destination and d.lane > r.lane and d.state = 0 and not d.suspect
    order by d.lane limit 1) x
  where r.depth < $3
)
select r.destination, r.lane, f.due, l.paused_until, l.pause_reason, l.next_start, l.breaker, l.open_until, l.window_at,
  l.ok, l.failed
from (select * from ready limit $4) r
cross join lateral (select least(
  (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 0
    and d.state = 0 and not d.suspect order by d.due limit 1),
  (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 1
    and d.state = 0 and not d.suspect order by d.due limit 1),
  (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 2
    and d.state = 0 and not d.suspect order by d.due limit 1)) as due) f
left join lanes l on l.destination = r.destination and l.lane = r.lane
order by r.depth, r.destination

-- name: first_dues
select r.place, least(
  (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 0
    and d.state = 0 and not d.suspect order by d.due limit 1),
  (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 1
    and d.state = 0 and not d.suspect order by d.due limit 1),
  (select d.due from deliveries d where d.destination = r.destination and d.lane = r.lane and d.priority = 2
    and d.state = 0 and not d.suspect order by d.due limit 1)) as due
from unnest($1::text[], $2::text[]) with ordinality as r (destination, lane, place)

-- name: due_in_lanes
select l.place, p.priority, x.seq
from unnest($1::text[], $2::text[], $3::bigint[]) with ordinality as l (destination, lane, most, place)
cross join unnest(array[0, 1, 2]::smallint[]) as p (priority)
cross join lateral (
  select d.seq, d.due from deliveries d
  where d.destination = l.destination and d.lane = l.lane and d.priority = p.priority and d.state = 0 and not d.suspect
    and d.due <= $4
  order by d.due, d.seq limit l.most for update skip locked) x
order by l.place, p.priority, x.due, x.seq

-- name: start
with chosen as (
  select k.seq, e.uid, e.source, p.body
  from unnest($1::bigint[]) as k (seq)
  join deliveries x on x.seq = k.seq join events e on e.seq = x.event join params p on p.delivery = x.seq
), started as (
  update deliveries d set state = 1, owner = $2, lease = d.lease + 1, attempts = d.attempts + 1,
    first_started_at = coalesce(d.first_started_at, $3), alone = $4
  from chosen c where d.seq = c.seq and d.state + 0 = 0
  returning d.seq, d.id, c.uid, c.source, d.route, d.action, d.item, d.plugin, d.plugin_version, d.destination, c.body,
    d.state, d.reason, d.attempts, d.max_attempts, d.created_at, d.due, d.expires_at, d.settled_at, d.first_started_at,
    d.lease, d.interrupted, d.crashes, d.lane, d.priority, d.fresh_until, d.suspect, d.crashes_alone
), begun as (
  insert into attempts (delivery, lease, number, started_at) select seq, lease, attempts, $3 from started
)
select * from started

-- name: suspects
select seq, destination, lane from (
  select seq, destination, lane, due, row_number() over (partition by destination, lane order by due, seq) as place
  from deliveries
  where state = 0 and suspect and due <= $1 and crashes_alone <= $2 and destination = any($3::text[])) s
where place <= 10   -- the others of a lane start no sooner than its first; a few, as replicas ask at the same time
order by due, seq

-- name: lock_suspect
select seq from deliveries where seq = $1 and state + 0 = 0 and suspect for update skip locked

-- name: make_lanes
insert into lanes (destination, lane) select * from unnest($1::text[], $2::text[]) on conflict do nothing

-- name: lock_lanes
select l.destination, l.lane, l.paused_until, l.pause_reason, l.next_start, l.breaker, l.open_until, l.window_at, l.ok,
  l.failed
from lanes l join unnest($1::text[], $2::text[]) as k (destination, lane)
  on l.destination = k.destination and l.lane = k.lane
order by l.destination, l.lane for update of l

-- name: lane
select destination, lane, paused_until, pause_reason, next_start, breaker, open_until, window_at, ok, failed
from lanes where destination = $1 and lane = $2

-- name: save_lanes
insert into lanes (destination, lane, paused_until, pause_reason, next_start, breaker, open_until, window_at, ok, failed)
select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::bigint[], $6::smallint[], $7::bigint[],
  $8::bigint[], $9::bigint[], $10::bigint[])
on conflict (destination, lane) do update set paused_until = excluded.paused_until, pause_reason = excluded.pause_reason,
  next_start = excluded.next_start, breaker = excluded.breaker, open_until = excluded.open_until,
  window_at = excluded.window_at, ok = excluded.ok, failed = excluded.failed
