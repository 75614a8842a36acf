"""What is asked of the journal; each query runs in one read transaction of the connection it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from router.journal.encoding import PLANS, STATES, microseconds, moment, optional_moment, pairs, text
from router.journal.filters import Where, where_deliveries, where_events
from router.journal.journal import (
    Contents,
    DeliveryFilter,
    EventFilter,
    Queue,
    Stats,
    StoredAttempt,
    StoredEvent,
    StoredReplay,
)
from router.journal.lane import LaneState
from router.journal.lanes import lane_of
from router.journal.postgres.append import hash_of
from router.journal.postgres.filters import PostgresWhere, numbered
from router.journal.postgres.sessions import Connection
from router.journal.replays import stored as stored_replay
from router.journal.rows import stored_attempt, stored_delivery, stored_event
from router.journal.statements import load
from router.model import DeliveryState, EventState, StoredDelivery

_SQL = load("postgres/read.sql")
ESTIMATED = 1_000_000
"""From how many rows on the total of a table is estimated: to count them would take too long for a metric."""


async def body(connection: Connection, uid: str) -> bytes:
    """Return the body of an event; KeyError where it is unknown."""
    rows = await _fetch(connection, "body_of_uid", uid=text(uid))
    if not rows:
        raise KeyError(uid)
    return bytes(rows[0][0])


async def event(connection: Connection, wanted: str) -> StoredEvent | None:
    """Return one event, whole, by the router's id or else the sender's."""
    rows = await _fetch(connection, "event_of_uid", uid=text(wanted))
    rows = rows or await _fetch(connection, "event_of_ext_id", hash=hash_of(text(wanted)))
    if not rows:
        return None
    row = rows[0]
    ((headers, query, raw),) = await _fetch(connection, "whole_body", event=row[0])
    states = await _states(connection, [row[0]])
    return stored_event(row, states[row[0]], headers=pairs(headers), query=pairs(query), body=raw)


async def events(connection: Connection, wanted: EventFilter) -> list[StoredEvent]:
    """Return a page of events."""
    rows = await select(connection, "events", where_events(wanted, PostgresWhere).paged(wanted))
    states = await _states(connection, [row[0] for row in rows])
    return [stored_event(row, states[row[0]]) for row in rows]


async def contents(connection: Connection, uids: Sequence[str]) -> Mapping[str, Contents]:
    """Return what came with these events, by uid; one that is gone is left out."""
    rows = await _fetch(connection, "contents", uids=[text(uid) for uid in uids])
    return {uid: Contents(pairs(headers), pairs(query), bytes(raw)) for uid, headers, query, raw in rows}


async def uids(connection: Connection, wanted: EventFilter, after: str | None, limit: int) -> list[str]:
    """Return the ids of events that fit, the oldest first, from above the event `after`."""
    where = where_events(wanted, PostgresWhere)
    place = () if after is None else await _fetch(connection, "place", uid=text(after))
    if place:
        where.add("above", above_at=place[0][0], above_seq=place[0][1])
    where.values["limit"] = min(max(0, limit), 2**31)
    return [row[0] for row in await select(connection, "uids", where)]


async def delivery(connection: Connection, wanted: str) -> StoredDelivery | None:
    """Return one delivery by its id."""
    rows = await _fetch(connection, "delivery", id=text(wanted))
    return stored_delivery(rows[0]) if rows else None


async def deliveries(connection: Connection, wanted: DeliveryFilter) -> list[StoredDelivery]:
    """Return a page of deliveries."""
    where = where_deliveries(wanted, PostgresWhere).paged(wanted)
    return [stored_delivery(row) for row in await select(connection, "deliveries", where)]


async def delivery_ids(connection: Connection, wanted: DeliveryFilter) -> list[str]:
    """Return the ids of a page of deliveries."""
    where = where_deliveries(wanted, PostgresWhere).paged(wanted)
    return [row[0] for row in await select(connection, "delivery_ids", where)]


async def untold(connection: Connection, limit: int) -> list[StoredDelivery]:
    """Return dead deliveries whose death was not told yet, the oldest death first."""
    return [stored_delivery(row) for row in await _fetch(connection, "untold", limit=min(max(0, limit), 2**31))]


async def attempts(connection: Connection, delivery_id: str) -> list[StoredAttempt]:
    """Return the attempts of a delivery."""
    return [stored_attempt(tuple(row)) for row in await _fetch(connection, "attempts", id=text(delivery_id))]


async def count(connection: Connection, wanted: EventFilter | DeliveryFilter) -> int:
    """Count what fits."""
    if isinstance(wanted, EventFilter):
        rows = await select(connection, "count_events", where_events(wanted, PostgresWhere))
    else:
        rows = await select(connection, "count_deliveries", where_deliveries(wanted, PostgresWhere))
    return int(rows[0][0])


async def ahead(connection: Connection, now: datetime) -> int:
    """Count the due deliveries of replays that nothing has started yet."""
    return int((await _fetch(connection, "ahead", now=microseconds(now)))[0][0])


async def stats(connection: Connection) -> Stats:
    """Count by state. What is usual has no index: it is the rest, and of many rows an estimate."""
    estimates: dict[str, int] = {row[0]: row[1] for row in await _fetch(connection, "estimates")}
    plans = {PLANS[code]: n for code, n in await _fetch(connection, "count_unusual_events")}
    plans[EventState.PLANNED] = max(0, await _total(connection, "events", estimates) - sum(plans.values()))
    states = {STATES[code]: n for code, n in await _fetch(connection, "count_open_deliveries")}
    rest = await _total(connection, "deliveries", estimates) - sum(states.values())
    states[DeliveryState.DELIVERED] = max(0, rest)
    return Stats(
        events={state: plans.get(state, 0) for state in EventState},
        deliveries={state: states.get(state, 0) for state in DeliveryState},
        oldest_due=optional_moment((await _fetch(connection, "oldest_due"))[0][0]),
        bytes=int((await _fetch(connection, "bytes"))[0][0]),
    )


async def lanes(connection: Connection) -> list[LaneState]:
    """Return every lane that has a row."""
    return [lane_of(row) for row in await _fetch(connection, "lanes")]


async def queues(connection: Connection) -> list[Queue]:
    """Return every lane that has ready deliveries."""
    return [Queue(row[0], row[1], row[2], moment(row[3])) for row in await _fetch(connection, "queues")]


async def replays(connection: Connection, limit: int, state: str | None) -> list[StoredReplay]:
    """Return replays, the newest first."""
    rows = await _fetch(connection, "replays", limit=min(max(0, limit), 2**31), state=state)
    return [stored_replay(row) for row in rows]


async def replay(connection: Connection, id_: str) -> StoredReplay | None:
    """Return one replay."""
    rows = await _fetch(connection, "replay", id=text(id_))
    return stored_replay(rows[0]) if rows else None


def statement(name: str, where: Where) -> tuple[str, list[Any]]:
    """Return the SQL of a query with these conditions, and its parameters."""
    sql, names = numbered(_SQL[name].replace("{where}", where.sql))
    return sql, [where.values[key] for key in names]


async def select(connection: Connection, name: str, where: Where) -> Sequence[Any]:
    """Run a query with these conditions."""
    sql, values = statement(name, where)
    rows: Sequence[Any] = await connection.fetch(sql, *values)
    return rows


async def _fetch(connection: Connection, name: str, **values: Any) -> Sequence[Any]:
    sql, names = numbered(_SQL[name])
    rows: Sequence[Any] = await connection.fetch(sql, *(values[key] for key in names))
    return rows


async def _total(connection: Connection, table: str, estimates: Mapping[str, int]) -> int:
    if estimates.get(table, 0) >= ESTIMATED:
        return estimates[table]
    return int((await _fetch(connection, f"count_all_{table}"))[0][0])


async def _states(connection: Connection, seqs: Sequence[int]) -> Mapping[int, dict[DeliveryState, int]]:
    found: dict[int, dict[DeliveryState, int]] = {seq: {} for seq in seqs}
    for event_, state, number in await _fetch(connection, "states_of_events", events=list(seqs)):
        found[event_][STATES[state]] = number
    return found
