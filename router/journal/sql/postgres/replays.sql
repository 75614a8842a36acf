-- name: save
insert into replays as r (id, filter, result, last, state, started_at, ended_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (id) do update set result = excluded.result, last = excluded.last,
  state = case r.state when 'running' then excluded.state else r.state end,
  ended_at = case r.state when 'running' then excluded.ended_at else r.ended_at end
where case when $8::text is null then r.state = 'running' else r.owner = $8 end
returning state

-- name: own
update replays set owner = $2, owned_until = (extract(epoch from clock_timestamp()) * 1000000)::bigint + $3
where id = $1 and state = 'running'
  and (owner is null or owner = $2 or owned_until <= (extract(epoch from clock_timestamp()) * 1000000)::bigint)
returning id

-- name: attended
select exists (select 1 from workers where beat_until > clock_timestamp() and id is distinct from $1::bigint)
  or exists (select 1 from replays where id = $2 and state = 'running'
    and owned_until > (extract(epoch from clock_timestamp()) * 1000000)::bigint)
