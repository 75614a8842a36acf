-- name: last
select (select coalesce(max(seq), 0) from events), (select coalesce(max(seq), 0) from deliveries)

-- name: seen
select k.key, s.event, s.body_hash, e.uid, e.received_at
from json_each(?) k
cross join seen s on s.ext_id = json_extract(k.value, '$[0]') and s.source = json_extract(k.value, '$[1]')
left join events e on e.seq = s.event

-- name: count_duplicates
update events set duplicates = duplicates + ?, duplicate_differs = duplicate_differs + ? where seq = ?

-- name: insert_event
insert into events (seq, uid, source, ext_id, deduplicable, type, time, received_at, plan, reason, size, config)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: insert_body
insert into bodies (event, headers, query, body) values (?, ?, ?, ?)

-- name: insert_seen
insert into seen (ext_id, source, event, body_hash) values (?, ?, ?, ?)

-- name: forget_seen
delete from seen where ext_id = ? and source = ?

-- name: insert_delivery
insert into deliveries (seq, event, id, route, action, item, plugin, plugin_version, destination, state, reason, attempts,
  max_attempts, tries, lease, created_at, due, expires_at, span, first_started_at, settled_at, lane, priority, fresh_until, tell)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: insert_params
insert into params (delivery, body) values (?, ?)

-- name: begin_attempt
insert into attempts (delivery, lease, number, started_at) values (?, ?, ?, ?)

-- name: ready_lanes
with recursive ready (lane) as (
  select (select min(lane) from deliveries where destination = :destination and lane >= :from and state = 0 and suspect = 0)
  union all
  select (select min(d.lane) from deliveries d
    where d.destination = :destination and d.lane > ready.lane and d.state = 0 and d.suspect = 0)
  from ready where ready.lane is not null
)
select lane from ready where lane is not null limit :limit

-- name: first_due
select min(due) from (
  select min(due) as due from deliveries where destination = :destination and lane = :lane and priority = 0 and state = 0 and suspect = 0
  union all
  select min(due) from deliveries where destination = :destination and lane = :lane and priority = 1 and state = 0 and suspect = 0
  union all
  select min(due) from deliveries where destination = :destination and lane = :lane and priority = 2 and state = 0 and suspect = 0)

-- name: due_in_lane
select seq, due from deliveries
where destination = ? and lane = ? and priority = ? and state = 0 and suspect = 0 and due <= ?
order by due, seq limit ?

-- name: claimed
select d.seq, d.id, e.uid, e.source, d.route, d.action, d.item, d.plugin, d.plugin_version, d.destination, p.body,
  d.state, d.reason, d.attempts, d.max_attempts, d.created_at, d.due, d.expires_at, d.settled_at, d.first_started_at,
  d.lease, d.interrupted, d.crashes, d.lane, d.priority, d.fresh_until, d.suspect, d.crashes_alone
from json_each(?) k cross join deliveries d on d.seq = k.value
join events e on e.seq = d.event join params p on p.delivery = d.seq

-- name: start
update deliveries set state = 1, lease = lease + 1, attempts = attempts + 1,
  first_started_at = coalesce(first_started_at, :now), alone = :alone
where seq in (select value from json_each(:seqs))

-- name: begin_attempts
insert into attempts (delivery, lease, number, started_at)
select d.seq, d.lease, d.attempts, :now from json_each(:seqs) k cross join deliveries d on d.seq = k.value

-- name: suspects
select seq, destination, lane, min(due) as first   -- the others of a lane start no sooner
from deliveries
where state = 0 and suspect = 1 and due <= ? and crashes_alone <= ?
  and destination in (select value from json_each(?))
group by destination, lane
order by first, seq

-- name: clear
update deliveries set suspect = 0, alone = 0, crashes_alone = 0 where id = ? and state = 1 and lease = ?

-- name: lane_of
select destination, lane from deliveries where seq = ?

-- name: lane
select paused_until, pause_reason, next_start, breaker, open_until, window_at, ok, failed
from lanes where destination = ? and lane = ?

-- name: save_lane
insert into lanes (destination, lane, paused_until, pause_reason, next_start, breaker, open_until, window_at, ok, failed)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (destination, lane) do update set paused_until = excluded.paused_until, pause_reason = excluded.pause_reason,
  next_start = excluded.next_start, breaker = excluded.breaker, open_until = excluded.open_until,
  window_at = excluded.window_at, ok = excluded.ok, failed = excluded.failed

-- name: leased
select json_group_array(json_array(k.key, d.seq))
from json_each(?) k
cross join deliveries d on d.id = json_extract(k.value, '$[0]')
  and d.state = 1 and d.lease = json_extract(k.value, '$[1]')

-- name: settle
update deliveries
set state = json_extract(k.value, '$[1]'), reason = json_extract(k.value, '$[2]'),
  due = coalesce(json_extract(k.value, '$[3]'), due), settled_at = json_extract(k.value, '$[4]'),
  attempts = attempts - json_extract(k.value, '$[5]'),
  first_started_at = case when json_extract(k.value, '$[5]') = 1 and attempts = 1 and crashes + interrupted = 0
    then null else first_started_at end,
  priority = max(priority, 1 - json_extract(k.value, '$[5]')), suspect = 0, alone = 0, crashes_alone = 0
from json_each(?) k
where deliveries.seq = json_extract(k.value, '$[0]')

-- name: end_attempts
update attempts
set ended_at = json_extract(k.value, '$[2]'), outcome = json_extract(k.value, '$[3]'),
  reason = json_extract(k.value, '$[4]'), facts = cast(json_extract(k.value, '$[5]') as blob)
from json_each(?) k
where delivery = json_extract(k.value, '$[0]') and lease = json_extract(k.value, '$[1]')

-- name: release
update deliveries set state = 0, due = ?, attempts = attempts - 1, interrupted = interrupted + 1,
  suspect = 0, alone = 0, crashes_alone = 0
where id = ? and state = 1 and lease = ?

-- name: end_attempt
update attempts set ended_at = ?, outcome = ?, reason = ?, facts = ?
where delivery = (select seq from deliveries where id = ?) and lease = ?

-- name: crashed_attempts
update attempts set ended_at = ?, outcome = 'crashed', reason = ?
where (delivery, lease) in (select seq, lease from deliveries where state = 1 and state <> 5)

-- name: crashed_deliveries
update deliveries set
  state = case when alone = 1 and crashes_alone >= 1 then 7 else 0 end,
  settled_at = case when alone = 1 and crashes_alone >= 1 then :now end,
  reason = case when alone = 1 and crashes_alone >= 1 then :crashes else :crashed end,
  due = :now + case when crashes = 0 then 0 else min(:longest, :second << min(crashes, 16)) end,
  attempts = attempts - 1, crashes = crashes + 1, crashes_alone = crashes_alone + alone, suspect = 1, alone = 0
where state = 1 and state <> 5

-- name: retry
update deliveries set state = 0, due = :now, settled_at = null, max_attempts = attempts + tries, expires_at = :now + span,
  priority = max(priority, 1), fresh_until = null, suspect = 0, crashes_alone = 0, tell = (tell <> 0)
where id = :id and state = 7
  and exists (select 1 from params p where p.delivery = deliveries.seq and p.body not in (x'', x'6e756c6c'))   -- empty, or JSON's null

-- name: retry_of_event
update deliveries set state = 0, due = :now, settled_at = null, max_attempts = attempts + tries, expires_at = :now + span,
  priority = max(priority, 1), fresh_until = null, suspect = 0, crashes_alone = 0, tell = (tell <> 0)
where event = :event and state = 7
  and exists (select 1 from params p where p.delivery = deliveries.seq and p.body not in (x'', x'6e756c6c'))

-- name: rewind
update deliveries set
  expires_at = case when created_at > :ahead then :now + span else expires_at end,
  due = :now + case when created_at > :ahead and attempts = 0 then max(0, due - created_at) else 0 end
where state = 0 and due > :ahead and state <> 5 and (created_at > :ahead or exists (
  select 1 from attempts a where a.delivery = deliveries.seq and a.ended_at > :ahead))

-- name: rewind_lanes
update lanes set window_at = :now, next_start = min(next_start, :latest), open_until = min(open_until, :latest),
  paused_until = case when paused_until < :for_good then min(paused_until, :latest) else paused_until end
where window_at > :ahead

-- name: event_of_uid
select seq, received_at from events where uid = ?

-- name: known_delivery
select 1 from deliveries where id = ?

-- name: replace_dead
update deliveries set state = 8, reason = 'replaced by a replay', settled_at = :now
where event = :event and route = :route and action = :action and item is :item and state = 7

-- name: replan
update events set plan = 1, reason = null where seq = ?

-- name: probe
insert into meta (name, value) values ('probed', ?) on conflict (name) do update set value = value + 1
