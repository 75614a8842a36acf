"""Removing what is over: events past their retention, lanes that say nothing, replays long done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from router.journal.configs import SPARED
from router.journal.encoding import EPOCH, microseconds
from router.journal.postgres import configs as config_table
from router.journal.postgres.sessions import Connection
from router.journal.statements import load

_SQL = load("postgres/purge.sql")
_LOOK, _STILL_OVER = (_SQL[name].replace("{over}", _SQL["over"]) for name in ("look", "still_over"))

EVENTS, DELIVERIES, BYTES = 200, 1000, 4 * 1024 * 1024
"""What one step removes at most, so that it holds its rows for a moment only."""
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


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be removed next, and how far the sweep has come with it."""

    events: tuple[int, ...]
    position: Position
    configs: frozenset[int]  #: the numbers of those that the events have which stay


async def look(connection: Connection, after: Position, before: Before) -> Step | None:
    """Return the next step of a sweep, which may remove nothing; None where all events were looked at."""
    rows = await connection.fetch(_LOOK, before.settled, before.dead, after.received_at, after.seq, PAGE)
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


async def remove(connection: Connection, events: Sequence[int], before: Before) -> int:
    """Remove those events that are over even now, with all that belongs to them; return how many.

    Each is locked first, and its deliveries, so that nobody adds to it or retries it meanwhile.
    """
    locked = [row[0] for row in await connection.fetch(_SQL["lock_events"], list(events))]
    await connection.fetch(_SQL["lock_deliveries"], locked)
    over = [row[0] for row in await connection.fetch(_STILL_OVER, before.settled, before.dead, locked)]
    return int(await connection.fetchval(_SQL["remove"], over)) if over else 0


async def forget(connection: Connection, before: Before, now: datetime, kept: Collection[int] | None) -> None:
    """Remove lanes that say nothing, replays that ended long ago, and configurations but for those in `kept`."""
    # What a breaker has counted, or why it is open, is of no use once nothing has ended there for a day.
    long_ago = min(before.settled, microseconds(now - LONG_AGO))
    await connection.execute(_SQL["forget_lanes"], microseconds(now), long_ago)
    await connection.execute(_SQL["forget_replays"], before.settled)
    if kept is not None:
        await config_table.forget(connection, min(before.settled, microseconds(now)) - _SPARED, kept)
