-- name: save
insert into replays (id, filter, result, last, state, started_at, ended_at) values (?, ?, ?, ?, ?, ?, ?)
on conflict (id) do update set result = excluded.result, last = excluded.last,
  state = case state when 'running' then excluded.state else state end,
  ended_at = case state when 'running' then excluded.ended_at else ended_at end
where case when ? is null then state = 'running' else owner = ? end
returning state

-- name: own
update replays set owner = ?, owned_until = ? where id = ? and state = 'running' returning id

-- name: replays
select id, filter, result, last, state, started_at, ended_at from replays
where ? is null or state = ?
order by started_at desc, id desc limit ?

-- name: replay
select id, filter, result, last, state, started_at, ended_at from replays where id = ?

-- name: place
select received_at, seq from events where uid = ?

-- name: uids
select e.uid from events e
where {where}
order by e.received_at, e.seq limit :limit

-- name: ahead
select count(*) from deliveries where state = 0 and priority = 2 and due <= ?
