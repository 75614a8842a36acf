-- name: last
select (select coalesce(max(seq), 0) from events), (select coalesce(max(seq), 0) from deliveries)

-- name: seen
select k.key, s.event, s.body_hash, e.uid
from json_each(?) k
cross join seen s on s.ext_id = json_extract(k.value, '$[0]') and s.source = json_extract(k.value, '$[1]')
left join events e on e.seq = s.event

-- name: count_duplicates
update events set duplicates = duplicates + ?, duplicate_differs = duplicate_differs + ? where seq = ?

-- name: insert_event
insert into events (seq, uid, source, ext_id, deduplicable, type, time, received_at, plan, reason, size)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: insert_body
insert into bodies (event, headers, query, body) values (?, ?, ?, ?)

-- name: insert_seen
insert into seen (ext_id, source, event, body_hash) values (?, ?, ?, ?)

-- name: insert_delivery
insert into deliveries (seq, event, id, route, action, item, plugin, plugin_version, destination, state, reason, attempts,
  max_attempts, tries, lease, created_at, due, expires_at, span, first_started_at, settled_at)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: insert_params
insert into params (delivery, body) values (?, ?)

-- name: begin_attempt
insert into attempts (delivery, lease, number, started_at) values (?, ?, ?, ?)

-- name: claimable
select d.seq, d.id, e.uid, e.source, d.route, d.action, d.item, d.plugin, d.plugin_version, d.destination, p.body,
  d.state, d.reason, d.attempts, d.max_attempts, d.created_at, d.due, d.expires_at, d.settled_at, d.first_started_at,
  d.lease, d.interrupted, d.crashes
from deliveries d join events e on e.seq = d.event join params p on p.delivery = d.seq
where d.destination = ? and d.state = 0 and d.due <= ?
order by d.due, d.seq limit ?

-- name: start
update deliveries set state = 1, lease = lease + 1, attempts = attempts + 1,
  first_started_at = coalesce(first_started_at, ?) where seq = ?

-- name: leased
select json_group_array(json_array(k.key, d.seq))
from json_each(?) k
cross join deliveries d on d.id = json_extract(k.value, '$[0]')
  and d.state = 1 and d.lease = json_extract(k.value, '$[1]')

-- name: settle
update deliveries
set state = json_extract(k.value, '$[1]'), reason = json_extract(k.value, '$[2]'),
  due = coalesce(json_extract(k.value, '$[3]'), due), settled_at = json_extract(k.value, '$[4]')
from json_each(?) k
where deliveries.seq = json_extract(k.value, '$[0]')

-- name: end_attempts
update attempts
set ended_at = json_extract(k.value, '$[2]'), outcome = json_extract(k.value, '$[3]'),
  reason = json_extract(k.value, '$[4]'), facts = cast(json_extract(k.value, '$[5]') as blob)
from json_each(?) k
where delivery = json_extract(k.value, '$[0]') and lease = json_extract(k.value, '$[1]')

-- name: release
update deliveries set state = 0, due = ?, attempts = attempts - 1, interrupted = interrupted + 1
where id = ? and state = 1 and lease = ?

-- name: end_attempt
update attempts set ended_at = ?, outcome = ?, reason = ?, facts = ?
where delivery = (select seq from deliveries where id = ?) and lease = ?

-- name: crashed_attempts
update attempts set ended_at = ?, outcome = 'crashed', reason = ?
where (delivery, lease) in (select seq, lease from deliveries where state = 1 and state <> 5)

-- name: crashed_deliveries
update deliveries set state = 0, due = ?, crashes = crashes + 1, reason = ? where state = 1 and state <> 5

-- name: retry
update deliveries set state = 0, due = :now, settled_at = null, max_attempts = attempts + tries, expires_at = :now + span
where id = :id and state = 7
  and exists (select 1 from params p where p.delivery = deliveries.seq and p.body not in (x'', x'6e756c6c'))   -- empty, or JSON's null

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
