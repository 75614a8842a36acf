-- Statements that remove what is over. `{over}` stands for the condition of that name.

-- name: over
e.plan <> 0                       -- an unplanned event is still to be worked on
  and e.seq <> (select max(seq) from events)   -- numbers are the highest plus one: the highest ones stay
  and not exists (select 1 from deliveries d where d.event = e.seq
    and (d.settled_at is null or d.settled_at >= :settled_before or (d.state = 7 and d.settled_at >= :dead_before)
      or d.seq = (select max(seq) from deliveries)))

-- name: look
select e.received_at, e.seq, e.size, (select count(*) from deliveries d where d.event = e.seq), e.config, {over}
from events e
where e.received_at >= :at and (e.received_at > :at or e.seq > :seq) and e.received_at < :settled_before
order by e.received_at, e.seq limit :limit

-- name: still_over
select e.seq from json_each(:events) k cross join events e on e.seq = k.value where {over}

-- name: remove_attempts
delete from attempts
where delivery in (select d.seq from json_each(:events) k cross join deliveries d on d.event = k.value)

-- name: remove_params
delete from params
where delivery in (select d.seq from json_each(:events) k cross join deliveries d on d.event = k.value)

-- name: remove_deliveries
delete from deliveries where event in (select value from json_each(:events))

-- name: remove_bodies
delete from bodies where event in (select value from json_each(:events))

-- name: remove_seen
delete from seen
where (ext_id, source) in (select e.ext_id, e.source from json_each(:events) k cross join events e on e.seq = k.value)
  and event in (select value from json_each(:events))

-- name: remove_events
delete from events where seq in (select value from json_each(:events))

-- name: forget_lanes
delete from lanes
where paused_until <= :now and next_start <= :now
  and (breaker = 0 or open_until < :long_ago) and (ok + failed = 0 or window_at < :long_ago)

-- name: forget_replays
delete from replays where state <> 'running' and coalesce(ended_at, started_at) < :settled_before

-- name: vacuum
pragma incremental_vacuum(32)

-- name: free_pages
select freelist_count from pragma_freelist_count()
