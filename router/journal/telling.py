"""Telling of deaths in the journal: which deaths nobody was told of, and what telling made."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from router.journal import queries
from router.journal.append import delivery_rows, insert, store
from router.journal.encoding import moment, text
from router.journal.statements import load
from router.model import PlannedDelivery, StoredDelivery

_SQL = load("telling.sql")


def untold(connection: sqlite3.Connection, limit: int) -> list[StoredDelivery]:
    """Return dead deliveries whose death was not told yet, the oldest death first."""
    ids = connection.execute(_SQL["untold"], (min(max(0, limit), 2**31),)).fetchall()
    found = (queries.delivery(connection, id_) for (id_,) in ids)
    return [delivery for delivery in found if delivery is not None]


def tell(delivery_id: str, planned: Sequence[PlannedDelivery], now: datetime, cursor: sqlite3.Cursor) -> None:
    """Note that a death was told, and store what that made; nothing where it was told before, or lives again."""
    told = cursor.execute(_SQL["told"], (text(delivery_id),)).fetchall()
    if not told:
        return
    event = told[0][0]
    uid, received = cursor.execute(_SQL["event"], (event,)).fetchone()
    # What was planned counts from the event's receipt; what is made of a death has its whole time from now.
    age = max(now - moment(received), timedelta())
    rows = []
    for one in planned:
        due = None if one.due_at is None else one.due_at + age
        fresh = replace(one, expires_at=one.expires_at + age, due_at=due, tells=False)
        if cursor.execute(_SQL["known"], (text(fresh.id),)).fetchone() is None:
            rows.append(delivery_rows(store(fresh, uid, "", now, (), now), fresh))
    insert(cursor, event, rows)
