-- name: save
insert into configs (digest, first_used_at, used_at, content) values (:digest, :at, :used_at, :content)
on conflict (digest) do update set used_at = max(used_at, excluded.used_at)
returning seq

-- name: number
select seq from configs where digest = :digest

-- name: find
select digest, first_used_at, content from configs
where substr(digest, 1, length(:digest)) = :digest
order by used_at desc, seq desc limit 1

-- name: forget
delete from configs
where used_at < :long_ago and seq not in (select value from json_each(:kept))
  and seq <> (select seq from configs order by used_at desc, seq desc limit 1)
