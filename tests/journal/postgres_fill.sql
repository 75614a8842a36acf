-- A large journal, half a percent of whose deliveries are not delivered.
insert into events (seq, uid, source, ext_id, deduplicable, type, time, received_at, plan, size)
select n, 'evt_' || n, 'clerk', 'msg_' || n, true, 'user.created', n, n, case when n % 400 = 0 then 2 else 1 end, 10
from generate_series(1, :events) n;
insert into bodies select n, '[]', '[]', repeat('x', 200)::bytea from generate_series(1, :events) n;
insert into seen select sha256(convert_to('msg_' || n, 'UTF8')), 'clerk', n, '\x00' from generate_series(1, :events) n;
insert into deliveries (seq, event, id, route, action, plugin, plugin_version, destination, lane, priority, state, attempts,
  max_attempts, tries, lease, tell, created_at, due, expires_at, span, settled_at, owner, suspect)
select n, (n + 1) / 2, 'dlv_' || n, 'r', 'a' || n % 2, 'http', '1', 'to' || n % 5, 'lane' || n % 40, n % 3,
  (array[0, 0, 0, 1, 3, 7, 7, 8])[n % 8 + 1] * (n % 200 < 8)::int + 5 * (n % 200 >= 8)::int, 1, 20, 20, 1, n % 2, n, n,
  n + 1000, 1000, case when n % 200 >= 8 then n end, case when n % 200 = 3 then 1 end, n % 200 = 1
from generate_series(1, 2 * :events) n;
insert into params select n, '{}' from generate_series(1, 2 * :events) n;
insert into attempts (delivery, lease, number, started_at) select n, 1, 1, n from generate_series(1, 2 * :events) n;
insert into lanes (destination, lane) select 'to' || n % 5, 'lane' || n from generate_series(1, 40) n;
analyze
