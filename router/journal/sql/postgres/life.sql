-- name: register
insert into workers (host, pid, started, beat_until)
values ($1, $2, clock_timestamp(), clock_timestamp() + $3::float8 * interval '1 second') returning id

-- name: beat
update workers set beat_until = clock_timestamp() + $2::float8 * interval '1 second'
where id = $1 and beat_until > clock_timestamp() returning id

-- name: leave
delete from workers where id = $1

-- name: bury
with over as (select id from workers where beat_until < clock_timestamp() order by id for update skip locked)
delete from workers w using over where w.id = over.id

-- name: notify
select pg_notify($1, $2)
