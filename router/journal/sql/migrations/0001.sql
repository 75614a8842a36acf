-- Times are whole microseconds since 1970, UTC. Whatever a sender or a template made is a blob, never text.
-- deliveries.state: 0 ready, 1 running, 2 waiting, 3 held, 5 delivered, 6 skipped, 7 dead, 8 discarded.
-- events.plan: 0 unplanned, 1 planned, 2 unmatched, 3 plan-failed.

create table meta (
  name text primary key,
  value integer not null
) without rowid;

create table events (
  seq integer primary key,
  uid text not null unique,
  source text not null,
  ext_id text not null,           -- the sender's id
  deduplicable integer not null,
  type text not null,
  time integer not null,
  received_at integer not null,
  plan integer not null,
  reason text,
  size integer not null,
  duplicates integer not null default 0,
  duplicate_differs integer not null default 0   -- of them, those with another body
);
create index e_time on events (received_at);
create index e_unusual on events (plan, received_at) where plan <> 1;

create table bodies (
  event integer primary key,
  headers blob not null,
  query blob not null,
  body blob not null
);

-- The ids that were seen: a table of its own, so that it can outlive the event.
create table seen (
  ext_id text not null,
  source text not null,
  event integer not null,
  body_hash blob not null,
  primary key (ext_id, source)
) without rowid;

create table deliveries (
  seq integer primary key,
  id text not null unique,
  event integer not null,
  route text not null,
  action text not null,
  item integer,                   -- position in for_each
  plugin text not null,
  plugin_version text not null,
  destination text not null,
  state integer not null,
  reason text,
  attempts integer not null,
  max_attempts integer not null,
  tries integer not null,         -- max_attempts as planned: what a retry grants afresh
  lease integer not null,
  interrupted integer not null default 0,
  crashes integer not null default 0,
  created_at integer not null,
  due integer not null,
  expires_at integer not null,
  span integer not null,          -- expires_at - created_at as planned: what a retry grants afresh
  first_started_at integer,
  settled_at integer
);
-- A query uses a partial index only where it repeats the index's own condition, word for word.
create index d_ready on deliveries (destination, due) where state = 0;
create index d_open on deliveries (state, created_at) where state <> 5;
create index d_event on deliveries (event);
create index d_time on deliveries (created_at);

create table params (
  delivery integer primary key,
  body blob not null
);

create table attempts (
  delivery integer not null,
  lease integer not null,         -- tells the starts apart; an interrupted one is no attempt, so its number comes again
  number integer not null,
  started_at integer not null,
  ended_at integer,
  outcome text,
  reason text,
  facts blob,
  primary key (delivery, lease)
) without rowid;
