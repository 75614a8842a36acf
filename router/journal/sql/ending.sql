-- Statements about deliveries that a person stopped. A partial index is used where its condition is repeated.

-- name: end_held_attempts
update attempts set ended_at = :now, outcome = 'interrupted', reason = :reason
where (delivery, lease) in (select seq, lease from deliveries where state = 1 and state <> 5)

-- name: hold
update deliveries set state = 3, reason = :reason, alone = 0, attempts = attempts - (state = 1)
where state in (0, 1) and state <> 5

-- name: free
update deliveries set state = 0, expires_at = case when expires_at <= :now then :now + span else expires_at end
where id = :id and state = 3

-- name: discard
update deliveries set state = 8, reason = :reason, settled_at = :now where id = :id and state = :state

-- name: mark_copy
insert into meta (name, value) values ('held_at', ?) on conflict (name) do update set value = excluded.value

-- name: copied_at
select value from meta where name = 'held_at'

-- name: unmark
delete from meta where name = 'held_at'
