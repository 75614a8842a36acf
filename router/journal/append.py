"""Writing an event and its deliveries: the hot path, one commit before the sender is answered."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from router.journal import bulk
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
from router.model import DeliveryState, Event, Plan, PlannedDelivery, StoredDelivery

_SQL = load("write.sql")
_SEEN, _COUNT_DUPLICATES, _INSERT_SEEN = _SQL["seen"], _SQL["count_duplicates"], _SQL["insert_seen"]
_LAST, _RETRY_OF_EVENT, _FORGET_SEEN = _SQL["last"], _SQL["retry_of_event"], _SQL["forget_seen"]
_INSERT_EVENT, _INSERT_BODY = _SQL["insert_event"], _SQL["insert_body"]
_INSERT_DELIVERY, _INSERT_PARAMS, _BEGIN_ATTEMPT = (
    _SQL["insert_delivery"],
    _SQL["insert_params"],
    _SQL["begin_attempt"],
)
_MOST = 2**62
_BODIES = 8  # of one statement: SQLite copies what it is given, and bodies may be large
_RECEIVED_AT = 6  # its place among the columns of an event
_First = tuple[int, bytes, str | None, int | None]


@dataclass(frozen=True, slots=True)
class DeliveryRows:
    """A planned delivery as rows; the event's number is put before `columns`."""

    columns: tuple[Any, ...]
    params: bytes
    started_at: int | None


@dataclass(frozen=True, slots=True)
class EventRows:
    """A plan as rows, made before the transaction; `body_hash` is None where the id says nothing about repeats.

    `now` is when a repeat makes dead deliveries due again; None where it does not. What was received no later than
    `before` says nothing about repeats any more.
    """

    event: tuple[Any, ...]
    body: tuple[bytes, bytes, bytes]
    key: tuple[str, str]
    body_hash: bytes | None
    deliveries: Sequence[DeliveryRows]
    result: Appended
    now: int | None
    before: int | None = None


def prepare(
    plan: Plan, take: Collection[str], now: datetime, *, config: int | None = None, retry_dead: bool = True
) -> EventRows:
    """Return the rows of a plan; the deliveries in `take` as started at `now`. `config` is a number."""
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
        config,
    )
    stored = tuple(store(item, event.uid, event.source, event.received_at, take, now) for item in plan.deliveries)
    return EventRows(
        event=rows,
        body=(pairs_bytes(event.headers), pairs_bytes(event.query), event.body),
        key=key,
        body_hash=_told_apart_by(event) if event.deduplicable else None,
        deliveries=[delivery_rows(s, p) for s, p in zip(stored, plan.deliveries, strict=True)],
        result=Appended(event.uid, stored),
        now=microseconds(now) if retry_dead else None,
        before=None if event.window is None else microseconds(event.received_at - event.window),
    )


def _told_apart_by(event: Event) -> bytes:
    """Return the hash by which a repeat differs or not: of its body, but for an id that was made of values."""
    return hashlib.sha256(event.body if event.window is None else event.id.encode()).digest()[:16]


def store(
    planned: PlannedDelivery, uid: str, source: str, created: datetime, take: Collection[str], now: datetime
) -> StoredDelivery:
    """Return a planned delivery as it is stored: running where it is ready, due and taken."""
    taken = planned.state is DeliveryState.READY and planned.id in take and planned.due_at is None
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
        due_at=planned.due_at or created,
        expires_at=planned.expires_at,
        settled_at=created if planned.state in FINAL else None,
        first_started_at=now if taken else None,
        lease=1 if taken else 0,
        lane=planned.lane,
        priority=planned.priority,
        fresh_until=planned.fresh_until,
    )


def delivery_rows(item: StoredDelivery, planned: PlannedDelivery) -> DeliveryRows:
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
            microseconds(item.due_at),
            expires,
            expires - created,
            started,
            None if item.settled_at is None else microseconds(item.settled_at),
            text(item.lane),
            int(item.priority),
            None if item.fresh_until is None else microseconds(item.fresh_until),
            planned.tells,
        ),
        params=item.params,
        started_at=started,
    )


def append(cursor: sqlite3.Cursor, batch: Sequence[EventRows]) -> list[Appended]:
    """Store events that their sources have not sent before; count the others on the first ones."""
    known = _known(cursor, batch)
    last_event, last_delivery = cursor.execute(_LAST).fetchone()
    last_stored = last_event
    new: list[tuple[int, EventRows]] = []
    repeats: dict[int, list[bool]] = {}
    results: list[Appended] = []
    for rows in batch:
        first = None if rows.body_hash is None else known.get(rows.key)
        if first is not None and rows.before is not None and (first[3] is None or first[3] <= rows.before):
            cursor.execute(_FORGET_SEEN, rows.key)
            first = None
        if first is not None:
            seq, body_hash, uid, _ = first
            differs = body_hash != rows.body_hash
            repeats.setdefault(seq, []).append(differs)
            retried = 0
            if rows.now is not None and not differs and seq <= last_stored:
                retried = cursor.execute(_RETRY_OF_EVENT, {"event": seq, "now": rows.now}).rowcount
            results.append(Appended(uid or "", duplicate=True, differs=differs, retried=retried))
            continue
        last_event += 1
        new.append((last_event, rows))
        if rows.body_hash is not None:
            known[rows.key] = (last_event, rows.body_hash, rows.result.uid, rows.event[_RECEIVED_AT])
        results.append(rows.result)
    bulk.insert(cursor, _INSERT_EVENT, [(seq, *rows.event) for seq, rows in new])
    bulk.insert(cursor, _INSERT_BODY, [(seq, *rows.body) for seq, rows in new], _BODIES)
    seen = [(*rows.key, seq, rows.body_hash) for seq, rows in new if rows.body_hash is not None]
    bulk.insert(cursor, _INSERT_SEEN, seen)
    _insert(cursor, last_delivery, [(seq, rows) for seq, event in new for rows in event.deliveries])
    for seq, differing in repeats.items():
        cursor.execute(_COUNT_DUPLICATES, (len(differing), sum(differing), seq))
    return results


def insert(cursor: sqlite3.Cursor, event: int, deliveries: Sequence[DeliveryRows]) -> None:
    """Store deliveries of the event with this number, and the start of the attempt of each that is taken."""
    _insert(cursor, cursor.execute(_LAST).fetchone()[1], [(event, rows) for rows in deliveries])


def _insert(cursor: sqlite3.Cursor, last: int, deliveries: Sequence[tuple[int, DeliveryRows]]) -> None:
    numbered = [(last + n, event, rows) for n, (event, rows) in enumerate(deliveries, 1)]
    bulk.insert(cursor, _INSERT_DELIVERY, [(seq, event, *rows.columns) for seq, event, rows in numbered])
    bulk.insert(cursor, _INSERT_PARAMS, [(seq, rows.params) for seq, _, rows in numbered])
    begun = [(seq, 1, 1, rows.started_at) for seq, _, rows in numbered if rows.started_at is not None]
    bulk.insert(cursor, _BEGIN_ATTEMPT, begun)


def _known(cursor: sqlite3.Cursor, batch: Sequence[EventRows]) -> dict[tuple[str, str], _First]:
    """Return what was seen before: number, hash of the body, id and time of receipt, by the sender's id."""
    keys = [rows.key for rows in batch if rows.body_hash is not None]
    found = cursor.execute(_SEEN, (json.dumps(keys),)).fetchall() if keys else ()
    return {keys[place]: (seq, body_hash, uid, at) for place, seq, body_hash, uid, at in found}
