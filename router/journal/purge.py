"""Removing what is over: events past their retention, lanes that say nothing, replays long done."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from router.journal import configs as config_table
from router.journal.configs import SPARED
from router.journal.encoding import EPOCH, microseconds
from router.journal.statements import load

_SQL = load("purge.sql")
_OVER = _SQL["over"]
_LOOK, _STILL_OVER = (_SQL[name].replace("{over}", _OVER) for name in ("look", "still_over"))
_REMOVALS = tuple(
    _SQL[f"remove_{table}"] for table in ("attempts", "params", "deliveries", "bodies", "seen", "events")
)

EVENTS, DELIVERIES, BYTES = 200, 1000, 4 * 1024 * 1024
"""What one step removes at most: each keeps the writer from commits for some milliseconds."""
PAGE = 500
LONG_AGO = timedelta(days=1)
_SPARED = microseconds(EPOCH + SPARED)


@dataclass(frozen=True, slots=True)
class Position:
    """How far a sweep has come: the event that it looked at last, in the order of their receipt."""

    received_at: int = -(2**63)
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Before:
    """What is over: settled before the one, dead since before the other; microseconds."""

    settled: int
    dead: int

    @classmethod
    def of(cls, settled: datetime, dead: datetime) -> Before:
        """Return it for two times."""
        return cls(microseconds(settled), microseconds(dead))

    @property
    def values(self) -> dict[str, object]:
        """The parameters of the statements."""
        return {"settled_before": self.settled, "dead_before": self.dead}


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be removed next, and how far the sweep has come with it."""

    events: tuple[int, ...]
    position: Position
    configs: frozenset[int]  #: the numbers of those that the events have which stay


def look(connection: sqlite3.Connection, after: Position, before: Before) -> Step | None:
    """Return the next step of a sweep, which may remove nothing; None where all events were looked at."""
    position = {"at": after.received_at, "seq": after.seq, "limit": PAGE}
    rows = connection.execute(_LOOK, before.values | position).fetchall()
    if not rows:
        return None
    chosen: list[int] = []
    configs: set[int] = set()
    deliveries = size = 0
    for received, seq, body, number, config, over in rows:
        if over:
            deliveries, size = deliveries + number, size + body
            if chosen and (len(chosen) >= EVENTS or deliveries > DELIVERIES or size > BYTES):
                break
            chosen.append(seq)
        elif config is not None:
            configs.add(config)
        after = Position(received, seq)
    return Step(tuple(chosen), after, frozenset(configs))


def remove(cursor: sqlite3.Cursor, events: Sequence[int], before: Before) -> int:
    """Remove those events that are over even now, with all that belongs to them; return how many."""
    wanted = before.values | {"events": json.dumps(events)}
    over = [row[0] for row in cursor.execute(_STILL_OVER, wanted)]
    if over:
        for statement in _REMOVALS:
            cursor.execute(statement, {"events": json.dumps(over)})
    return len(over)


def forget(cursor: sqlite3.Cursor, before: Before, now: datetime, kept: Collection[int] | None) -> None:
    """Remove lanes that say nothing, replays that ended long ago, and configurations but for those in `kept`."""
    # What a breaker has counted, or why it is open, is of no use once nothing has ended there for a day.
    long_ago = min(before.settled, microseconds(now - LONG_AGO))
    cursor.execute(_SQL["forget_lanes"], {"now": microseconds(now), "long_ago": long_ago})
    cursor.execute(_SQL["forget_replays"], {"settled_before": before.settled})
    if kept is not None:
        config_table.forget(cursor, min(before.settled, microseconds(now)) - _SPARED, kept)


def give_back(connection: sqlite3.Connection) -> bool:
    """Give some free pages back to the file system, outside any transaction; tell whether more are free."""
    free = _free_pages(connection)
    if not free:
        return False
    # The statement frees one page a row, and `execute` steps it once.
    connection.executescript(_SQL["vacuum"])
    return 0 < _free_pages(connection) < free


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute(_SQL["free_pages"]).fetchone()[0])
