"""What is asked of the journal; each query runs in one read transaction of the connection it gets."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from router.journal.encoding import PLANS, STATES, moment, optional_moment, pairs, text
from router.journal.filters import Where, where_deliveries, where_events
from router.journal.journal import Contents, DeliveryFilter, EventFilter, Queue, Stats, StoredAttempt, StoredEvent
from router.journal.lane import LaneState
from router.journal.lanes import lane_of
from router.journal.rows import Row, stored_attempt, stored_delivery, stored_event
from router.journal.statements import load
from router.model import DeliveryState, EventState, StoredDelivery

_SQL = load("read.sql")


def lanes(connection: sqlite3.Connection) -> list[LaneState]:
    """Return all stored lanes."""
    return [lane_of(row) for row in connection.execute(_SQL["lanes"])]


def queues(connection: sqlite3.Connection) -> list[Queue]:
    """Return every lane that has ready deliveries."""
    rows = connection.execute(_SQL["queues"])
    return [Queue(destination, lane, ready, moment(due)) for destination, lane, ready, due in rows]


def body(connection: sqlite3.Connection, uid: str) -> bytes:
    """Return the body of an event; KeyError where it is unknown."""
    row = connection.execute(_SQL["body_of_uid"], (text(uid),)).fetchone()
    if row is None:
        raise KeyError(uid)
    return bytes(row[0])


def event(connection: sqlite3.Connection, wanted: str) -> StoredEvent | None:
    """Return one event, whole, by the router's id or else the sender's."""
    row = None
    for name in ("event_of_uid", "event_of_ext_id"):
        row = row or connection.execute(_SQL[name], (text(wanted),)).fetchone()
    if row is None:
        return None
    headers, query, raw = connection.execute(_SQL["whole_body"], (row[0],)).fetchone()
    states = _states(connection, [row[0]])[row[0]]
    return stored_event(row, states, headers=pairs(headers), query=pairs(query), body=raw)


def events(connection: sqlite3.Connection, wanted: EventFilter) -> list[StoredEvent]:
    """Return a page of events."""
    rows = _select(connection, "events", where_events(wanted).paged(wanted))
    states = _states(connection, [row[0] for row in rows])
    return [stored_event(row, states[row[0]]) for row in rows]


def contents(connection: sqlite3.Connection, uids: Sequence[str]) -> Mapping[str, Contents]:
    """Return what came with these events, by uid; one that is gone is left out."""
    rows = connection.execute(_SQL["contents"], (json.dumps([text(uid) for uid in uids]),))
    return {uid: Contents(pairs(headers), pairs(query), raw) for uid, headers, query, raw in rows}


def delivery(connection: sqlite3.Connection, wanted: str) -> StoredDelivery | None:
    """Return one delivery by its id."""
    row = connection.execute(_SQL["delivery"], (text(wanted),)).fetchone()
    return None if row is None else stored_delivery(row)


def deliveries(connection: sqlite3.Connection, wanted: DeliveryFilter) -> list[StoredDelivery]:
    """Return a page of deliveries."""
    return [
        stored_delivery(row) for row in _select(connection, "deliveries", where_deliveries(wanted).paged(wanted))
    ]


def delivery_ids(connection: sqlite3.Connection, wanted: DeliveryFilter) -> list[str]:
    """Return the ids of a page of deliveries."""
    return [row[0] for row in _select(connection, "delivery_ids", where_deliveries(wanted).paged(wanted))]


def attempts(connection: sqlite3.Connection, delivery_id: str) -> list[StoredAttempt]:
    """Return the attempts of a delivery."""
    return [stored_attempt(row) for row in connection.execute(_SQL["attempts"], (text(delivery_id),))]


def count(connection: sqlite3.Connection, wanted: EventFilter | DeliveryFilter) -> int:
    """Count what fits."""
    if isinstance(wanted, EventFilter):
        return int(_select(connection, "count_events", where_events(wanted))[0][0])
    return int(_select(connection, "count_deliveries", where_deliveries(wanted))[0][0])


def stats(connection: sqlite3.Connection) -> Stats:
    """Count by state. What is usual has no index: it is the rest."""
    plans = {PLANS[code]: n for code, n in connection.execute(_SQL["count_unusual_events"])}
    plans[EventState.PLANNED] = _number(connection, "count_all_events") - sum(plans.values())
    states = {STATES[code]: n for code, n in connection.execute(_SQL["count_open_deliveries"])}
    states[DeliveryState.DELIVERED] = _number(connection, "count_all_deliveries") - sum(states.values())
    return Stats(
        events={state: plans.get(state, 0) for state in EventState},
        deliveries={state: states.get(state, 0) for state in DeliveryState},
        oldest_due=optional_moment(connection.execute(_SQL["oldest_due"]).fetchone()[0]),
        bytes=_number(connection, "pages"),
    )


def statement(name: str, where: Where) -> str:
    """Return the SQL of a query with these conditions."""
    return _SQL[name].replace("{where}", where.sql)


def _select(connection: sqlite3.Connection, name: str, where: Where) -> list[Row]:
    return connection.execute(statement(name, where), where.values).fetchall()


def _number(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(_SQL[name]).fetchone()[0])


def _states(connection: sqlite3.Connection, seqs: Sequence[int]) -> Mapping[int, dict[DeliveryState, int]]:
    found: dict[int, dict[DeliveryState, int]] = {seq: {} for seq in seqs}
    row: tuple[Any, ...]
    for row in connection.execute(_SQL["states_of_events"], (json.dumps(list(seqs)),)):
        found[row[0]][STATES[row[1]]] = row[2]
    return found
