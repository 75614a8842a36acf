-- name: save
insert into configs (seq, digest, first_used_at, used_at, content)
values (nextval('config_numbers'), $1, $2, $3, $4)
on conflict (digest) do update set used_at = greatest(configs.used_at, excluded.used_at)
returning seq

-- name: number
select seq from configs where digest = $1

-- name: find
select digest, first_used_at, content from configs
where left(digest, length($1)) = $1
order by used_at desc, seq desc limit 1

-- name: forget
delete from configs
where used_at < $1 and not seq = any($2::bigint[])
  and seq <> (select seq from configs order by used_at desc, seq desc limit 1)
