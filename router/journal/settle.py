"""Writing what becomes of deliveries: recorded, released, recovered, retried, replaced."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from router.journal import lanes
from router.journal.append import delivery_rows, insert, store
from router.journal.encoding import (
    EPOCH,
    FINAL,
    STATE_CODES,
    facts_bytes,
    microseconds,
    moment,
    optional_text,
    text,
)
from router.journal.lane import FOR_GOOD
from router.journal.statements import load
from router.model import Attempt, DeliveryState, Outcome, PlannedDelivery

_SQL = load("write.sql")
CRASHES = "crashes the process: it ended twice while this ran alone"
LONGEST_WAIT = timedelta(minutes=1)
"""How long a delivery that was running at many crashes waits after the next one, at most."""
LONGEST_PAUSE = timedelta(hours=1)
"""How long a lane waits at most after the clock was set back, if its times were written before that."""
AHEAD = timedelta(seconds=5)
"""What lies no further in the future was written by somebody whose clock is a little ahead, or just now."""
CRASHED = "the process ended while it ran; whether it took effect is unknown"
INTERRUPTED = "stopped by a shutdown; whether it took effect is unknown"


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
        uncounted = int(not attempt.counts)
        deliveries[seq] = [seq, STATE_CODES[state], reason, due, ended if state in FINAL else None, uncounted]
        if attempt.pause_until is not None:
            destination, lane = cursor.execute(_SQL["lane_of"], (seq,)).fetchone()
            lanes.pause(cursor, destination, lane, attempt.pause_until, reason)
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
    """Make what was running when the last owner ended ready again, as suspects; return how many."""
    at = microseconds(now)
    cursor.execute(_SQL["crashed_attempts"], (at, CRASHED))
    waits = {"longest": microseconds(EPOCH + LONGEST_WAIT), "second": 1_000_000}
    said = {"now": at, "crashed": CRASHED, "crashes": CRASHES}
    return cursor.execute(_SQL["crashed_deliveries"], said | waits).rowcount


def rewind(cursor: sqlite3.Cursor, now: datetime) -> int:
    """Mend what was written while the clock was ahead; return how many deliveries that were."""
    times = {"now": microseconds(now), "ahead": microseconds(now + AHEAD)}
    bounds = {"latest": microseconds(now + LONGEST_PAUSE), "for_good": microseconds(FOR_GOOD)}
    cursor.execute(_SQL["rewind_lanes"], times | bounds)
    return cursor.execute(_SQL["rewind"], times).rowcount


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
        due = None if planned.due_at is None else planned.due_at + age
        fresh = replace(planned, expires_at=planned.expires_at + age, due_at=due)
        rows = delivery_rows(store(fresh, uid, "", now, (), now), planned)
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
