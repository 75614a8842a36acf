-- name: untold
select id from deliveries where state = 7 and tell = 1 order by settled_at, seq limit ?

-- name: told
update deliveries set tell = 2 where id = ? and state = 7 and tell = 1
returning event

-- name: event
select uid, received_at from events where seq = ?

-- name: known
select 1 from deliveries where id = ?
