-- name: event.ids
e.seq in (select seq from events where uid = any(:ids::text[])
  union select event from seen where ext_hash = any(:hashes::bytea[]))

-- name: event.source
e.source = :source

-- name: event.type
e.type = :type

-- name: event.type_glob
e.type like :type

-- name: event.state
e.plan = :state

-- name: event.unusual
e.plan <> 1

-- name: event.delivered
exists (select 1 from deliveries d where d.event = e.seq
  and d.state = coalesce(:delivery_state::smallint, d.state) and d.route = coalesce(:route::text, d.route))

-- name: event.open
e.seq in (select d.event from deliveries d
  where d.state = :delivery_state and d.state <> 5 and d.route = coalesce(:route::text, d.route))

-- name: event.since
e.received_at >= :since

-- name: event.until
e.received_at < :until

-- name: event.text
exists (select 1 from bodies b where b.event = e.seq and position(:text::bytea in b.body) > 0)

-- name: event.before
(e.received_at, e.seq) < (select b.received_at, b.seq from events b where b.uid = :before)

-- name: event.above
(e.received_at, e.seq) > (:above_at::bigint, :above_seq::bigint)

-- name: delivery.ids
d.id = any(:ids::text[])

-- name: delivery.event
d.event in (select seq from events where uid = :event union select event from seen where ext_hash = :hash)

-- name: delivery.source
e.source = :source

-- name: delivery.type
e.type = :type

-- name: delivery.type_glob
e.type like :type

-- name: delivery.route
d.route = :route

-- name: delivery.action
d.action = :action

-- name: delivery.destination
d.destination = :destination

-- name: delivery.state
d.state = :state

-- name: delivery.open
d.state <> 5

-- name: delivery.not_due
d.due > (extract(epoch from clock_timestamp()) * 1000000)::bigint

-- name: delivery.since
d.created_at >= :since

-- name: delivery.until
d.created_at < :until

-- name: delivery.text
(position(:text::bytea in p.body) > 0 or position(:said::text in d.reason) > 0)

-- name: delivery.before
(d.created_at, d.seq) < (select b.created_at, b.seq from deliveries b where b.id = :before)
