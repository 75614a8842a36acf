"""Writing what becomes of deliveries: recorded, given back, reaped, retried, added, held, ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from router.journal import settle
from router.journal.append import delivery_rows, store
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
from router.journal.postgres import lanes
from router.journal.postgres.append import insert
from router.journal.postgres.numbers import Numbers
from router.journal.postgres.sessions import Connection
from router.journal.statements import load
from router.model import Attempt, DeliveryState, PlannedDelivery

_SQL = load("postgres/write.sql")
_ADD = load("postgres/append.sql")
STEP = 500
"""Deliveries that one transaction changes: each holds its rows until the commit."""
Start = tuple[str, int]
"""A start of a delivery: its id and its lease."""
Doubt = tuple[Start, datetime]
"""A start that may not have been committed, and when it was made."""


async def record(
    connection: Connection, attempts: Sequence[Attempt], owner: int | None, again: Collection[Start]
) -> list[bool]:
    """Settle attempts; false, and nothing changes, for each whose lease is no longer its owner's.

    `again` are the starts whose record was tried before, and may have been committed.
    """
    rows: dict[Start, tuple[Any, ...]] = {}
    places: list[int] = []
    for place, attempt in enumerate(attempts):
        start = (text(attempt.delivery_id), attempt.lease)
        values = _values(attempt)
        if start not in rows:  # the first of two for the same start settles it
            rows[start] = (*start, *values)
            places.append(place)
    results = [False] * len(attempts)
    columns = [list(column) for column in zip(*rows.values(), strict=True)]
    pauses = any(attempts[place].pause_until is not None for place in places)
    if pauses:
        async with connection.transaction():
            settled = await connection.fetch(_SQL["record"], *columns, owner)
            await lanes.pause_for(connection, [(d, lane, attempts[places[n - 1]]) for n, d, lane in settled])
    else:
        settled = await connection.fetch(_SQL["record"], *columns, owner)
    for place, _, _ in settled:
        results[places[place - 1]] = True
    doubtful = [place for place in places if not results[place] and _start(attempts[place]) in again]
    if doubtful:
        asked = [
            (*_start(one), microseconds(one.ended_at), one.outcome.value)
            for one in (attempts[p] for p in doubtful)
        ]
        asked_columns = [list(column) for column in zip(*asked, strict=True)]
        for (place,) in await connection.fetch(_SQL["recorded_already"], *asked_columns):
            results[doubtful[place - 1]] = True
    return results


def _start(attempt: Attempt) -> Start:
    return (text(attempt.delivery_id), attempt.lease)


def _values(attempt: Attempt) -> tuple[Any, ...]:
    state = attempt.state
    if state is not DeliveryState.READY and state not in FINAL:
        raise ValueError(f"an attempt cannot leave its delivery `{state}`")
    ended = microseconds(attempt.ended_at)
    return (
        STATE_CODES[state],
        optional_text(attempt.reason),
        microseconds(attempt.due_at or attempt.ended_at) if state is DeliveryState.READY else None,
        ended if state in FINAL else None,
        int(not attempt.counts),
        ended,
        attempt.outcome.value,
        facts_bytes(attempt.facts),
    )


async def release(connection: Connection, starts: Sequence[Start], owner: int | None, now: datetime) -> int:
    """Give running deliveries back, their attempts not counted; return how many were the owner's."""
    return await _release(connection, starts, [None] * len(starts), owner, now)


async def release_doubtful(
    connection: Connection, doubts: Sequence[Doubt], owner: int | None, now: datetime
) -> int:
    """Give back what was started for nobody; return how much of it was started at all.

    After a start that was rolled back the next one, which somebody runs, has its lease: the time tells them apart.
    """
    starts, times = [start for start, _ in doubts], [microseconds(started) for _, started in doubts]
    return await _release(connection, starts, times, owner, now)


async def _release(
    connection: Connection, starts: Sequence[Start], times: Sequence[int | None], owner: int | None, now: datetime
) -> int:
    ids, leases = [text(id_) for id_, _ in starts], [lease for _, lease in starts]
    values = (ids, owner, leases, microseconds(now), settle.INTERRUPTED, times)
    return int(await connection.fetchval(_SQL["release"], *values))


async def clear(connection: Connection, delivery_id: str, lease: int, owner: int | None) -> bool:
    """Note that a suspect has outlived its time alone; false where the lease is no longer its."""
    return await connection.fetchval(_SQL["clear"], text(delivery_id), lease, owner) is not None


async def reap(connection: Connection, now: datetime) -> int:
    """Make what owners left running whose beat is over ready again, as suspects; return how many."""
    longest = microseconds(EPOCH + settle.LONGEST_WAIT)
    found = await connection.fetch(_SQL["reap"], microseconds(now), settle.CRASHED, settle.CRASHES, longest, STEP)
    return len(found)


async def rewind(connection: Connection, now: datetime) -> int:
    """Mend what was written while the clock was ahead; return how many deliveries that were."""
    at, ahead = microseconds(now), microseconds(now + settle.AHEAD)
    latest = microseconds(now + settle.LONGEST_PAUSE)
    await connection.execute(_SQL["rewind_lanes"], at, ahead, latest, microseconds(FOR_GOOD))
    return len(await connection.fetch(_SQL["rewind"], at, ahead))


async def retry(connection: Connection, ids: Sequence[str], now: datetime) -> set[str]:
    """Make these ready and due now, with fresh attempts and time; return those that were dead."""
    return {row[0] for row in await connection.fetch(_SQL["retry"], list(ids), microseconds(now))}


async def free(connection: Connection, ids: Sequence[str], now: datetime) -> set[str]:
    """Make these ready as they were, with their whole time anew where it is over; return those that were held."""
    return {row[0] for row in await connection.fetch(_SQL["free"], list(ids), microseconds(now))}


async def discard(
    connection: Connection, ids: Sequence[str], state: DeliveryState, note: str, now: datetime
) -> set[str]:
    """End those of these that are in this state; return them."""
    values = (STATE_CODES[state], text(f"discarded: {note}"), microseconds(now))
    return {row[0] for row in await connection.fetch(_SQL["discard"], list(ids), *values)}


async def hold(connection: Connection, reason: str, now: datetime) -> int:
    """Hold some of what is ready or running, the attempt that runs not counted; return how many, 0 at the end."""
    values = (microseconds(now), text(reason), "held while it ran; whether it took effect is unknown", STEP)
    return len(await connection.fetch(_SQL["hold"], *values))


async def add(
    connection: Connection, uid: str, deliveries: Sequence[PlannedDelivery], now: datetime, numbers: Numbers
) -> int:
    """Add those that are new to an event, and discard the dead ones that they repeat; return how many were new."""
    event = await connection.fetchrow(_ADD["event_for_adding"], text(uid))
    if event is None:
        raise KeyError(uid)
    seq, received = event
    new = await _unknown(connection, deliveries)
    # All the old ones first: a new one may be dead as well, and is not to be replaced by its neighbour.
    for planned in new:
        cause = (text(planned.route), text(planned.action), planned.index)
        await connection.execute(_ADD["replace_dead"], seq, *cause, microseconds(now))
    await _insert(connection, seq, received, uid, new, now, numbers)
    if new:
        await connection.execute(_ADD["replan"], seq)
    return len(new)


async def tell(
    connection: Connection,
    delivery_id: str,
    planned: Sequence[PlannedDelivery],
    now: datetime,
    numbers: Numbers,
) -> None:
    """Note that a death was told, and store what that made; nothing where it was told before, or lives again."""
    event = await connection.fetchval(_ADD["told"], text(delivery_id))
    if event is None:
        return
    uid, received = await connection.fetchrow(_ADD["event_told"], event)
    new = [replace(one, tells=False) for one in await _unknown(connection, planned)]
    await _insert(connection, event, received, uid, new, now, numbers)


async def _unknown(connection: Connection, planned: Sequence[PlannedDelivery]) -> list[PlannedDelivery]:
    ids = [text(one.id) for one in planned]
    known = {row[0] for row in await connection.fetch(_ADD["known_deliveries"], ids)}
    return [one for one, id_ in zip(planned, ids, strict=True) if id_ not in known]


async def _insert(
    connection: Connection,
    event: int,
    received: int,
    uid: str,
    planned: Sequence[PlannedDelivery],
    now: datetime,
    numbers: Numbers,
) -> None:
    # What was planned counts from the event's receipt; the fresh deliveries have their whole time from now.
    age = max(now - moment(received), timedelta())
    rows = []
    for one in planned:
        due = None if one.due_at is None else one.due_at + age
        fresh = replace(one, expires_at=one.expires_at + age, due_at=due)
        rows.append(delivery_rows(store(fresh, uid, "", now, (), now), fresh))
    await insert(connection, event, rows, numbers)
