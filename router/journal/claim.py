"""Starting deliveries: each lane inside its limits, written as running before anybody runs them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from router.journal import lanes
from router.journal.encoding import microseconds, optional_moment, text
from router.journal.journal import Claimed
from router.journal.lane import LaneLimits, after_start, mixed, startable
from router.journal.rows import stored_delivery
from router.journal.statements import load
from router.model import Priority, StoredDelivery

_SQL = load("write.sql")
LANES = 1000
"""Lanes of a destination that one claim looks at; the next claim goes on behind them."""


class Claims:
    """Claims of one journal; remembers where each destination's lanes are to be looked at next."""

    def __init__(self) -> None:
        self._from: dict[str, tuple[str, str]] = {}  # where to go on, and where the round ends

    def claim(self, wanted: Mapping[str, LaneLimits], now: datetime, cursor: sqlite3.Cursor) -> Claimed:
        """Start due deliveries of these destinations."""
        seqs: list[int] = []
        left: set[tuple[str, str]] = set()
        cut: set[str] = set()
        next_at: dict[str, datetime] = {}
        for destination, limits in wanted.items():
            names, whole = self._lanes(cursor, destination)
            if not whole:
                cut.add(destination)
            room = limits.slots
            for place, name in enumerate(names):
                found, more, later = _of_lane(cursor, destination, name, replace(limits, slots=room), now)
                room -= len(found)
                seqs += found
                if more:
                    left.add((destination, name))
                if later is not None:
                    next_at[destination] = min(later, next_at.get(destination, later))
                if not room:  # the others first, next time
                    left.update((destination, other) for other in names[place + 1 :])
                    following = names[(place + 1) % len(names)]
                    self._from[destination] = following, following
                    break
        started = _started(cursor, seqs, now) if seqs else ()
        return Claimed(started, frozenset(left), next_at, frozenset(cut))

    def _lanes(self, cursor: sqlite3.Cursor, destination: str) -> tuple[list[str], bool]:
        """Return lanes with ready deliveries, and whether that ends a round.

        A round looks at each lane once, in several claims where there are many. It begins where the last claim
        has left off, goes on at the front, and ends where it began.
        """
        start, end = self._from.pop(destination, ("", ""))
        found: list[str] = []
        if start >= end:
            found += _ready_lanes(cursor, destination, start, LANES)
            start = ""
        if len(found) < LANES and start < end:
            rest = _ready_lanes(cursor, destination, start, LANES - len(found))
            found += [name for name in rest if name < end]
            if len(found) < LANES:
                return found, True
        elif len(found) < LANES:
            return found, True
        self._from[destination] = found[-1] + "\x01", end
        return found, False


def _ready_lanes(cursor: sqlite3.Cursor, destination: str, start: str, most: int) -> list[str]:
    wanted = {"destination": text(destination), "from": start, "limit": most}
    return [row[0] for row in cursor.execute(_SQL["ready_lanes"], wanted)]


def claim_suspect(
    wanted: Mapping[str, LaneLimits], now: datetime, blamed: bool, cursor: sqlite3.Cursor
) -> StoredDelivery | None:
    """Start the suspect that is due first and whose lane lets it; marked as alone."""
    at = microseconds(now)
    limits = {text(name): one for name, one in wanted.items()}
    asked = (at, 2**31 if blamed else 0, json.dumps(list(limits)))
    for seq, destination, name, _ in cursor.execute(_SQL["suspects"], asked).fetchall():
        if not _may_start(cursor, destination, name, limits[destination], now):
            continue
        cursor.execute(_SQL["start"], {"seqs": json.dumps([seq]), "now": at, "alone": True})
        return _started(cursor, [seq], now)[0]
    return None


def clear(delivery_id: str, lease: int, cursor: sqlite3.Cursor) -> bool:
    """Note that a suspect has outlived its time alone; false where the lease is no longer its."""
    return bool(cursor.execute(_SQL["clear"], (text(delivery_id), lease)).rowcount)


def _of_lane(
    cursor: sqlite3.Cursor, destination: str, name: str, limits: LaneLimits, now: datetime
) -> tuple[list[int], bool, datetime | None]:
    """Start what a lane may start; return the numbers, whether more is due, and when to ask the lane again."""
    state = lanes.read(cursor, destination, name)
    most = startable(state, limits, now)
    found = _due(cursor, destination, name, most, limits.turn, now) if most else []
    if found:
        after = after_start(state, limits, len(found), now)
        if after is not state:
            lanes.save(cursor, after)
            state = after
        started = {"seqs": json.dumps(found), "now": microseconds(now), "alone": False}
        cursor.execute(_SQL["start"], started)
    values = {"destination": text(destination), "lane": name}
    first = optional_moment(cursor.execute(_SQL["first_due"], values).fetchone()[0])
    if first is None:
        return found, False, None
    blocked = state.blocked_until(now)
    if first <= now:
        return found, True, blocked
    return found, False, first if blocked is None else max(first, blocked)


def _due(cursor: sqlite3.Cursor, destination: str, name: str, most: int, turn: int, now: datetime) -> list[int]:
    of, at = (text(destination), name), microseconds(now)
    first, retries, replays = (
        [int(row[0]) for row in cursor.execute(_SQL["due_in_lane"], (*of, int(priority), at, most))]
        for priority in Priority
    )
    return mixed(first, retries, replays, most, turn)


def _may_start(cursor: sqlite3.Cursor, destination: str, name: str, limits: LaneLimits, now: datetime) -> bool:
    """Tell whether one more may start in a lane, and if so spend its rate."""
    state = lanes.read(cursor, destination, name)
    if not startable(state, limits, now):
        return False
    after = after_start(state, limits, 1, now)
    if after is not state:
        lanes.save(cursor, after)
    return True


def _started(cursor: sqlite3.Cursor, seqs: Sequence[int], now: datetime) -> list[StoredDelivery]:
    values = {"seqs": json.dumps(seqs), "now": microseconds(now)}
    cursor.execute(_SQL["begin_attempts"], values)
    claimed = [stored_delivery(row) for row in cursor.execute(_SQL["claimed"], (values["seqs"],))]
    return sorted(claimed, key=lambda delivery: delivery.due_at)
