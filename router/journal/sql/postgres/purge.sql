-- Statements that remove what is over. `{over}` stands for the condition of that name.

-- name: over
e.plan <> 0                       -- an unplanned event is still to be worked on
  and e.seq <> (select max(seq) from events)
  -- The limit keeps the server from reading all deliveries into a hash.
  and (select 1 from deliveries d where d.event = e.seq
    and (d.settled_at is null or d.settled_at >= $1 or (d.state = 7 and d.settled_at >= $2)) limit 1) is null

-- name: look
select e.received_at, e.seq, e.size, (select count(*) from deliveries d where d.event = e.seq), e.config, {over}
from events e
where (e.received_at, e.seq) > ($3, $4) and e.received_at < $1
order by e.received_at, e.seq limit $5

-- name: lock_events
select seq from events where seq = any($1::bigint[]) order by seq for update skip locked

-- name: lock_deliveries
select seq from deliveries where event = any($1::bigint[]) order by seq for update

-- name: still_over
select e.seq from events e where e.seq = any($3::bigint[]) and {over}

-- name: remove
with gone as (
  delete from events where seq = any($1::bigint[]) returning seq, ext_id, source
), gone_bodies as (
  delete from bodies where event = any($1::bigint[])
), gone_seen as (
  delete from seen s using gone g
  where s.ext_hash = sha256(convert_to(g.ext_id, 'UTF8')) and s.source = g.source and s.event = g.seq
), gone_deliveries as (
  delete from deliveries where event = any($1::bigint[]) returning seq
), gone_params as (
  delete from params p using gone_deliveries d where p.delivery = d.seq
), gone_attempts as (
  delete from attempts a using gone_deliveries d where a.delivery = d.seq
)
select count(*) from gone

-- name: forget_lanes
delete from lanes
where paused_until <= $1 and next_start <= $1
  and (breaker = 0 or open_until < $2) and (ok + failed = 0 or window_at < $2)

-- name: forget_replays
delete from replays where state <> 'running' and coalesce(ended_at, started_at) < $1
