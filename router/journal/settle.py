"""Writing what becomes of deliveries: claimed, recorded, released, recovered, retried, replaced."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from router.journal.append import delivery_rows, insert, store
from router.journal.encoding import FINAL, STATE_CODES, facts_bytes, microseconds, moment, optional_text, text
from router.journal.rows import stored_delivery
from router.journal.statements import load
from router.model import Attempt, DeliveryState, Outcome, PlannedDelivery, StoredDelivery

_SQL = load("write.sql")
CRASHED = "the process ended while it ran; whether it took effect is unknown"
INTERRUPTED = "stopped by a shutdown; whether it took effect is unknown"


def claim(cursor: sqlite3.Cursor, free: Mapping[str, int], now: datetime) -> list[StoredDelivery]:
    """Start due deliveries, at most so many of each destination; the longest due first."""
    at = microseconds(now)
    found: list[StoredDelivery] = []
    for destination, most in free.items():
        if most <= 0:
            continue
        rows = cursor.execute(_SQL["claimable"], (text(destination), at, most)).fetchall()
        for row in rows:
            before = stored_delivery(row)
            started = replace(
                before,
                state=DeliveryState.RUNNING,
                lease=before.lease + 1,
                attempts=before.attempts + 1,
                first_started_at=before.first_started_at or now,
            )
            cursor.execute(_SQL["start"], (at, row[0]))
            cursor.execute(_SQL["begin_attempt"], (row[0], started.lease, started.attempts, at))
            found.append(started)
    found.sort(key=lambda delivery: delivery.due_at)
    return found


def record(cursor: sqlite3.Cursor, attempts: Sequence[Attempt]) -> list[bool]:
    """Settle attempts; false, and nothing changes, for each whose lease is no longer the delivery's."""
    wanted = [(text(attempt.delivery_id), attempt.lease) for attempt in attempts]
    running = dict(json.loads(cursor.execute(_SQL["leased"], (json.dumps(wanted),)).fetchone()[0]))
    deliveries: dict[int, list[Any]] = {}
    ends = []
    results = []
    for place, attempt in enumerate(attempts):
        state, seq = attempt.state, running.get(place)
        if state is not DeliveryState.READY and state not in FINAL:
            raise ValueError(f"an attempt cannot leave its delivery `{state}`")
        if seq is None or seq in deliveries:  # the first of two for the same start settles it
            results.append(False)
            continue
        results.append(True)
        ended, reason, facts = microseconds(attempt.ended_at), optional_text(attempt.reason), attempt.facts
        due = None
        if state is DeliveryState.READY:
            due = microseconds(attempt.due_at or attempt.ended_at)
        deliveries[seq] = [seq, STATE_CODES[state], reason, due, ended if state in FINAL else None]
        raw = facts_bytes(facts)
        ends.append([seq, attempt.lease, ended, attempt.outcome.value, reason, raw and raw.decode("ascii")])
    if ends:
        cursor.execute(_SQL["settle"], (json.dumps(list(deliveries.values())),))
        cursor.execute(_SQL["end_attempts"], (json.dumps(ends),))
    return results


def release(cursor: sqlite3.Cursor, delivery_id: str, lease: int, now: datetime) -> bool:
    """Give a running delivery back, its attempt not counted; false where the lease is no longer its."""
    at, id_ = microseconds(now), text(delivery_id)
    if not cursor.execute(_SQL["release"], (at, id_, lease)).rowcount:
        return False
    cursor.execute(_SQL["end_attempt"], (at, Outcome.INTERRUPTED.value, INTERRUPTED, None, id_, lease))
    return True


def recover(cursor: sqlite3.Cursor, now: datetime) -> int:
    """Make what was running when the last owner ended ready again, and due now; return how many."""
    at = microseconds(now)
    cursor.execute(_SQL["crashed_attempts"], (at, CRASHED))
    return cursor.execute(_SQL["crashed_deliveries"], (at, CRASHED)).rowcount


def retry(cursor: sqlite3.Cursor, ids: Sequence[str], now: datetime) -> list[str]:
    """Make these ready and due now, with fresh attempts and time; return those that were dead."""
    at = microseconds(now)
    return [id_ for id_ in ids if cursor.execute(_SQL["retry"], {"id": text(id_), "now": at}).rowcount]


def add(cursor: sqlite3.Cursor, uid: str, deliveries: Sequence[PlannedDelivery], now: datetime) -> int | KeyError:
    """Add those that are new to an event, and discard the dead ones that they repeat; return how many were new."""
    event = cursor.execute(_SQL["event_of_uid"], (text(uid),)).fetchone()
    if event is None:
        return KeyError(uid)
    seq, received = event
    # What was planned counts from the event's receipt; the fresh deliveries have their whole time from now.
    age = max(now - moment(received), timedelta())
    new = []
    for planned in deliveries:
        fresh = replace(planned, expires_at=planned.expires_at + age)
        rows = delivery_rows(store(fresh, uid, "", now, (), now))
        if cursor.execute(_SQL["known_delivery"], (rows.columns[0],)).fetchone() is None:
            new.append((planned, rows))
    # All the old ones first: a new one may be dead as well, and is not to be replaced by its neighbour.
    for planned, _ in new:
        cause = {"route": text(planned.route), "action": text(planned.action), "item": planned.index}
        cursor.execute(_SQL["replace_dead"], {"event": seq, "now": microseconds(now), **cause})
    insert(cursor, seq, [rows for _, rows in new])
    if new:
        cursor.execute(_SQL["replan"], (seq,))
    return len(new)
