-- What becomes of deliveries. Rows are locked in the order of their numbers, so that two batches cannot deadlock.
-- `state + 0` keeps the planner from the partial indexes: what is asked for by its id is found by its id, even where
-- the statistics are of a time at which hardly anything was running.

-- name: record
with ended as (
  select * from unnest($1::text[], $2::bigint[], $3::smallint[], $4::text[], $5::bigint[], $6::bigint[], $7::smallint[],
    $8::bigint[], $9::text[], $10::bytea[])
    with ordinality as k (id, lease, state, reason, due, settled_at, uncounted, ended_at, outcome, facts, place)
), own as (
  select d.seq, k.place from ended k join deliveries d on d.id = k.id and d.lease = k.lease
  where d.state + 0 = 1 and d.owner = $11
  order by d.seq for update of d
), settled as (
  update deliveries d
  set state = k.state, reason = k.reason, due = coalesce(k.due, d.due), settled_at = k.settled_at, owner = null,
    attempts = d.attempts - k.uncounted,
    first_started_at = case when k.uncounted = 1 and d.attempts = 1 and d.crashes + d.interrupted = 0
      then null else d.first_started_at end,
    priority = greatest(d.priority, 1 - k.uncounted),
    suspect = false, alone = false, crashes_alone = 0
  from own join ended k using (place)
  where d.seq = own.seq
  returning k.place, d.destination, d.lane
), noted as (
  update attempts a set ended_at = k.ended_at, outcome = k.outcome, reason = k.reason, facts = k.facts
  from own join ended k using (place)
  where a.delivery = own.seq and a.lease = k.lease
)
select place, destination, lane from settled

-- name: recorded_already
select k.place from unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[]) with ordinality
  as k (id, lease, ended_at, outcome, place)
join deliveries d on d.id = k.id
join attempts a on a.delivery = d.seq and a.lease = k.lease and a.ended_at = k.ended_at and a.outcome = k.outcome

-- name: release
with own as (
  select d.seq, d.lease from unnest($1::text[], $3::bigint[], $6::bigint[]) as k (id, lease, started_at)
  join deliveries d on d.id = k.id and d.lease = k.lease
  where d.state + 0 = 1 and d.owner = $2 and (k.started_at is null or exists (
    select 1 from attempts a where a.delivery = d.seq and a.lease = k.lease and a.started_at = k.started_at))
  order by d.seq for update of d
), freed as (
  update deliveries d set state = 0, due = $4, owner = null, attempts = d.attempts - 1, interrupted = d.interrupted + 1,
    suspect = false, alone = false, crashes_alone = 0
  from own where d.seq = own.seq
  returning d.seq
), noted as (
  update attempts a set ended_at = $4, outcome = 'interrupted', reason = $5
  from own where a.delivery = own.seq and a.lease = own.lease
)
select count(*) from freed

-- name: clear
update deliveries set suspect = false, alone = false, crashes_alone = 0
where id = $1 and state + 0 = 1 and lease = $2 and owner = $3 returning seq

-- name: reap
with gone as (
  select d.seq, d.lease from deliveries d
  where d.state = 1 and not exists (select 1 from workers w where w.id = d.owner)
  order by d.seq limit $5 for update of d skip locked
), noted as (
  update attempts a set ended_at = $1, outcome = 'crashed', reason = $2
  from gone where a.delivery = gone.seq and a.lease = gone.lease
)
update deliveries d set
  state = case when d.alone and d.crashes_alone >= 1 then 7 else 0 end,
  settled_at = case when d.alone and d.crashes_alone >= 1 then $1 end,
  reason = case when d.alone and d.crashes_alone >= 1 then $3 else $2 end,
  due = $1 + case when d.crashes = 0 then 0 else least($4, 1000000::bigint * (1 << least(d.crashes, 16)::int)) end,
  attempts = d.attempts - 1, crashes = d.crashes + 1, crashes_alone = d.crashes_alone + d.alone::int,
  suspect = true, alone = false, owner = null
from gone where d.seq = gone.seq
returning d.id

-- name: retry
with own as (select seq from deliveries where id = any($1::text[]) and state + 0 = 7 order by seq for update)
update deliveries d set state = 0, due = $2, settled_at = null, max_attempts = attempts + tries, expires_at = $2 + span,
  priority = greatest(priority, 1), fresh_until = null, suspect = false, crashes_alone = 0,
  tell = case when tell = 0 then 0 else 1 end
from own where d.seq = own.seq
  and exists (select 1 from params p where p.delivery = d.seq and p.body not in (''::bytea, 'null'::bytea))
returning d.id

-- name: retry_of_events
with own as (select seq from deliveries where event = any($1::bigint[]) and state + 0 = 7 order by seq for update)
update deliveries d set state = 0, due = $2, settled_at = null, max_attempts = attempts + tries, expires_at = $2 + span,
  priority = greatest(priority, 1), fresh_until = null, suspect = false, crashes_alone = 0,
  tell = case when tell = 0 then 0 else 1 end
from own where d.seq = own.seq
  and exists (select 1 from params p where p.delivery = d.seq and p.body not in (''::bytea, 'null'::bytea))
returning d.event

-- name: free
with own as (select seq from deliveries where id = any($1::text[]) and state + 0 = 3 order by seq for update)
update deliveries d set state = 0, expires_at = case when expires_at <= $2 then $2 + span else expires_at end
from own where d.seq = own.seq
returning d.id

-- name: discard
with own as (select seq from deliveries where id = any($1::text[]) and state + 0 = $2 order by seq for update)
update deliveries d set state = 8, reason = $3, settled_at = $4
from own where d.seq = own.seq
returning d.id

-- name: hold
with unsettled as (
  select seq, state, lease from deliveries where state in (0, 1) and state <> 5 order by seq limit $4 for update
), noted as (
  update attempts a set ended_at = $1, outcome = 'interrupted', reason = $3
  from unsettled u where a.delivery = u.seq and a.lease = u.lease and u.state = 1
)
update deliveries d set state = 3, reason = $2, alone = false, owner = null, attempts = d.attempts - (u.state = 1)::int
from unsettled u where d.seq = u.seq
returning d.seq

-- name: rewind
update deliveries d set
  expires_at = case when created_at > $2 then $1 + span else expires_at end,
  due = $1 + case when created_at > $2 and attempts = 0 then greatest(0, due - created_at) else 0 end
where state = 0 and due > $2 and state <> 5 and (created_at > $2 or exists (
  select 1 from attempts a where a.delivery = d.seq and a.ended_at > $2))
returning d.seq

-- name: rewind_lanes
update lanes set window_at = $1, next_start = least(next_start, $3), open_until = least(open_until, $3),
  paused_until = case when paused_until < $4 then least(paused_until, $3) else paused_until end
where window_at > $2

-- name: probe
insert into meta (name, value) values ('probed', 1) on conflict (name) do update set value = meta.value + 1
