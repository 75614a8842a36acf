"""Writing an event and its deliveries: the hot path, one commit before the sender is answered."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from router.journal.encoding import (
    FINAL,
    PLAN_CODES,
    STATE_CODES,
    microseconds,
    optional_text,
    pairs_bytes,
    text,
)
from router.journal.journal import Appended
from router.journal.statements import load
from router.model import DeliveryState, Plan, PlannedDelivery, StoredDelivery

_SQL = load("write.sql")
_SEEN, _COUNT_DUPLICATE, _INSERT_SEEN = _SQL["seen"], _SQL["count_duplicate"], _SQL["insert_seen"]
_INSERT_EVENT, _INSERT_BODY = _SQL["insert_event"], _SQL["insert_body"]
_INSERT_DELIVERY, _INSERT_PARAMS, _BEGIN_ATTEMPT = (
    _SQL["insert_delivery"],
    _SQL["insert_params"],
    _SQL["begin_attempt"],
)
_MOST = 2**62


@dataclass(frozen=True, slots=True)
class DeliveryRows:
    """A planned delivery as rows; the event's number is put before `columns`."""

    columns: tuple[Any, ...]
    params: bytes
    started_at: int | None


@dataclass(frozen=True, slots=True)
class EventRows:
    """A plan as rows, made before the transaction; `body_hash` is None where the id says nothing about repeats."""

    event: tuple[Any, ...]
    body: tuple[bytes, bytes, bytes]
    key: tuple[str, str]
    body_hash: bytes | None
    deliveries: Sequence[DeliveryRows]
    result: Appended


def prepare(plan: Plan, take: Collection[str], now: datetime) -> EventRows:
    """Return the rows of a plan; the deliveries in `take` as started at `now`."""
    event = plan.event
    key = (text(event.id), text(event.source))
    rows = (
        text(event.uid),
        key[1],
        key[0],
        event.deduplicable,
        text(event.type),
        microseconds(event.time),
        microseconds(event.received_at),
        PLAN_CODES[plan.state],
        optional_text(plan.reason),
        len(event.body),
    )
    stored = tuple(store(item, event.uid, event.source, event.received_at, take, now) for item in plan.deliveries)
    return EventRows(
        event=rows,
        body=(pairs_bytes(event.headers), pairs_bytes(event.query), event.body),
        key=key,
        body_hash=hashlib.sha256(event.body).digest()[:16] if event.deduplicable else None,
        deliveries=[delivery_rows(item) for item in stored],
        result=Appended(event.uid, stored),
    )


def store(
    planned: PlannedDelivery, uid: str, source: str, created: datetime, take: Collection[str], now: datetime
) -> StoredDelivery:
    """Return a planned delivery as it is stored: due at once, running where it is ready and taken."""
    taken = planned.state is DeliveryState.READY and planned.id in take
    return StoredDelivery(
        id=planned.id,
        event_uid=uid,
        source=source,
        route=planned.route,
        action=planned.action,
        index=planned.index,
        plugin=planned.plugin,
        plugin_version=planned.plugin_version,
        destination=planned.destination,
        params=planned.params,
        state=DeliveryState.RUNNING if taken else planned.state,
        reason=planned.reason,
        attempts=1 if taken else 0,
        max_attempts=planned.max_attempts,
        created_at=created,
        due_at=created,
        expires_at=planned.expires_at,
        settled_at=created if planned.state in FINAL else None,
        first_started_at=now if taken else None,
        lease=1 if taken else 0,
    )


def delivery_rows(item: StoredDelivery) -> DeliveryRows:
    """Return a delivery that is to be stored as rows."""
    created, expires = microseconds(item.created_at), microseconds(item.expires_at)
    most = min(item.max_attempts, _MOST)
    started = None if item.first_started_at is None else microseconds(item.first_started_at)
    return DeliveryRows(
        columns=(
            text(item.id),
            text(item.route),
            text(item.action),
            item.index,
            text(item.plugin),
            text(item.plugin_version),
            text(item.destination),
            STATE_CODES[item.state],
            optional_text(item.reason),
            item.attempts,
            most,
            most,
            item.lease,
            created,
            created,
            expires,
            expires - created,
            started,
            None if item.settled_at is None else microseconds(item.settled_at),
        ),
        params=item.params,
        started_at=started,
    )


def append(cursor: sqlite3.Cursor, rows: EventRows) -> Appended:
    """Store an event that its source has not sent before; count it on the first one otherwise."""
    execute = cursor.execute
    if rows.body_hash is not None:
        known = execute(_SEEN, rows.key).fetchone()
        if known is not None:
            differs = known[1] != rows.body_hash
            execute(_COUNT_DUPLICATE, (differs, known[0]))
            return Appended(known[2] or "", duplicate=True, differs=differs)
    execute(_INSERT_EVENT, rows.event)
    seq = cursor.lastrowid
    execute(_INSERT_BODY, (seq, *rows.body))
    if rows.body_hash is not None:
        execute(_INSERT_SEEN, (*rows.key, seq, rows.body_hash))
    for delivery in rows.deliveries:
        insert(cursor, seq, delivery)
    return rows.result


def insert(cursor: sqlite3.Cursor, event: int | None, rows: DeliveryRows) -> None:
    """Store one delivery of the event with this number, and the start of its attempt where it is taken."""
    cursor.execute(_INSERT_DELIVERY, (event, *rows.columns))
    seq = cursor.lastrowid
    cursor.execute(_INSERT_PARAMS, (seq, rows.params))
    if rows.started_at is not None:
        cursor.execute(_BEGIN_ATTEMPT, (seq, 1, 1, rows.started_at))
