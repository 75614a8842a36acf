-- Lanes, priorities, suspects, and what became of the dead.
-- deliveries.priority: 0 first, 1 retry, 2 replay. lanes.breaker: 0 closed, 1 open, 2 probing.

alter table deliveries add column lane text not null default '';      -- splits the destination's queue
alter table deliveries add column priority integer not null default 0;
alter table deliveries add column fresh_until integer;
alter table deliveries add column suspect integer not null default 0; -- was running when its process ended
alter table deliveries add column alone integer not null default 0;   -- running, and nothing else was started since
alter table deliveries add column crashes_alone integer not null default 0;
alter table deliveries add column tell integer not null default 0;    -- its death: 0 is told nobody, 1 is to be told, 2 was told

update deliveries set priority = 1 where state = 0 and attempts > 0;

-- A query uses a partial index only where it repeats the index's own condition, word for word.
drop index d_ready;
create index d_ready on deliveries (destination, lane, priority, due) where state = 0 and suspect = 0;
create index d_suspect on deliveries (due) where state = 0 and suspect = 1;
create index d_replay on deliveries (due) where state = 0 and priority = 2;
create index d_tell on deliveries (settled_at) where state = 7 and tell = 1;

create table lanes (
  destination text not null,
  lane text not null,
  paused_until integer not null default 0,
  pause_reason text,
  next_start integer not null default 0,
  breaker integer not null default 0,
  open_until integer not null default 0,
  window_at integer not null default 0,
  ok integer not null default 0,
  failed integer not null default 0,
  primary key (destination, lane)
) without rowid;

create table replays (
  id text primary key,
  filter blob not null,           -- JSON: what was asked for
  result blob not null,           -- JSON: the counts so far
  last text,                      -- the event that was replayed last
  state text not null,            -- running, done, cancelled
  started_at integer not null,
  ended_at integer,
  owner text,                     -- the process that carries it out, where many share a journal
  owned_until integer
) without rowid;

-- The configurations that events were planned by. Numbers are never given again.
create table configs (
  seq integer primary key autoincrement,
  digest text not null unique,
  first_used_at integer not null,
  used_at integer not null,       -- when a process has said last that it is in force
  content blob not null           -- its files and the fingerprints of its variables: JSON, deflated
);
alter table events add column config integer;
