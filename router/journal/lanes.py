"""The table of lanes: read and written one by one, inside whoever's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from router.journal.encoding import microseconds, moment, optional_text, text
from router.journal.lane import LONG_AGO, BreakerState, LaneCount, LaneState, counted, paused
from router.journal.statements import load

_SQL = load("write.sql")
BREAKER_CODES = {BreakerState.CLOSED: 0, BreakerState.OPEN: 1, BreakerState.PROBING: 2}
BREAKERS = {code: state for state, code in BREAKER_CODES.items()}


def read(cursor: sqlite3.Cursor, destination: str, lane: str) -> LaneState:
    """Return a lane; one without a row as it is by default."""
    row = cursor.execute(_SQL["lane"], (text(destination), text(lane))).fetchone()
    return LaneState(destination, lane) if row is None else lane_of((destination, lane, *row))


def save(cursor: sqlite3.Cursor, state: LaneState) -> None:
    """Write a lane."""
    cursor.execute(_SQL["save_lane"], lane_values(state))


def pause(cursor: sqlite3.Cursor, destination: str, lane: str, until: datetime, reason: str | None) -> None:
    """Pause a lane, unless it is paused for longer already."""
    before = read(cursor, destination, lane)
    after = paused(before, until, reason)
    if after is not before:
        save(cursor, after)


def set_pause(cursor: sqlite3.Cursor, destination: str, lane: str, until: datetime | None, reason: str) -> None:
    """Pause a lane until just then, on a person's word; None ends its pause."""
    state = read(cursor, destination, lane)
    if until is None:
        save(cursor, replace(state, paused_until=LONG_AGO, pause_reason=None))
    else:
        save(cursor, replace(state, paused_until=until, pause_reason=reason))


def count(cursor: sqlite3.Cursor, counts: Sequence[LaneCount], now: datetime) -> None:
    """Count ended attempts; breakers open and close."""
    for one in counts:
        before = read(cursor, one.destination, one.lane)
        after = counted(before, one, now)
        if after != before:
            save(cursor, after)


def lane_of(row: Sequence[Any]) -> LaneState:
    """Return the lane of a row."""
    destination, lane, paused_until, reason, next_start, breaker, open_until, window_at, ok, failed = row
    return LaneState(
        destination,
        lane,
        paused_until=moment(paused_until),
        pause_reason=reason,
        next_start=moment(next_start),
        breaker=BREAKERS[breaker],
        open_until=moment(open_until),
        window_at=moment(window_at),
        ok=ok,
        failed=failed,
    )


def lane_values(state: LaneState) -> tuple[Any, ...]:
    """Return a lane as the values of its row."""
    return (
        text(state.destination),
        text(state.lane),
        microseconds(state.paused_until),
        optional_text(state.pause_reason),
        microseconds(state.next_start),
        BREAKER_CODES[state.breaker],
        microseconds(state.open_until),
        microseconds(state.window_at),
        state.ok,
        state.failed,
    )
