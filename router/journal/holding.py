"""Deliveries that a person stopped: held, released again, or ended for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from router.journal.encoding import STATE_CODES, microseconds, moment, text
from router.journal.statements import load
from router.model import DeliveryState
from router.printable import to_the_second

_SQL = load("ending.sql")
_CUT = "held while it ran; whether it took effect is unknown"


def hold(cursor: sqlite3.Cursor, reason: str, now: datetime) -> int:
    """Hold what is ready or running, the attempt that runs not counted; return how many."""
    at = microseconds(now)
    cursor.execute(_SQL["end_held_attempts"], {"now": at, "reason": _CUT})
    return cursor.execute(_SQL["hold"], {"reason": text(reason)}).rowcount


def free(cursor: sqlite3.Cursor, ids: Sequence[str], now: datetime) -> list[str]:
    """Make these ready as they were, with their whole time anew where it is over; return those that were held."""
    at = microseconds(now)
    return [id_ for id_ in ids if cursor.execute(_SQL["free"], {"id": text(id_), "now": at}).rowcount]


def discard(cursor: sqlite3.Cursor, ids: Sequence[str], state: DeliveryState, note: str, now: datetime) -> int:
    """End those of these that are in this state; return how many."""
    wanted = {"state": STATE_CODES[state], "reason": text(f"discarded: {note}"), "now": microseconds(now)}
    return sum(cursor.execute(_SQL["discard"], wanted | {"id": text(id_)}).rowcount for id_ in ids)


def mark_copy(connection: sqlite3.Connection, taken_at: datetime) -> None:
    """Mark a copy of a journal, so that opening it holds what is unsettled in it."""
    connection.execute(_SQL["mark_copy"], (microseconds(taken_at),))


def hold_copy(cursor: sqlite3.Cursor, now: datetime) -> tuple[datetime, int] | None:
    """Hold what is unsettled in a copy that is opened, once; return when it was taken, and how many that were."""
    row = cursor.execute(_SQL["copied_at"]).fetchone()
    if row is None:
        return None
    taken_at = moment(row[0])
    held = hold(
        cursor, f"restored from a backup of {to_the_second(taken_at)}; release with router retry --state held", now
    )
    cursor.execute(_SQL["unmark"])
    return taken_at, held
