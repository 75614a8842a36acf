-- name: save
insert into replays (id, filter, result, last, state, started_at, ended_at) values (?, ?, ?, ?, ?, ?, ?)
on conflict (id) do update set filter = excluded.filter, result = excluded.result, last = excluded.last,
  state = excluded.state, started_at = excluded.started_at, ended_at = excluded.ended_at

-- name: replays
select id, filter, result, last, state, started_at, ended_at from replays order by started_at desc, id desc limit ?

-- name: place
select received_at, seq from events where uid = ?

-- name: uids
select e.uid from events e
where {where}
order by e.received_at, e.seq limit :limit

-- name: ahead
select count(*) from deliveries where state = 0 and priority = 2 and due <= ?
