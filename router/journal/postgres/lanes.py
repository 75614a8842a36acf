"""The table of lanes, in PostgreSQL: rows are locked from reading to writing, in the order of their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from router.journal.encoding import text
from router.journal.lane import LONG_AGO, LaneCount, LaneState, counted, paused
from router.journal.lanes import lane_of, lane_values
from router.journal.postgres.sessions import Connection
from router.journal.statements import load
from router.model import Attempt

_SQL = load("postgres/claim.sql")
Name = tuple[str, str]
"""A lane: its destination, and what splits it."""


async def lock(connection: Connection, names: Iterable[Name]) -> dict[Name, LaneState]:
    """Return lanes, locked until the commit; those without a row get one."""
    wanted = sorted({(text(destination), text(lane)) for destination, lane in names})
    columns = [d for d, _ in wanted], [lane for _, lane in wanted]
    rows = await connection.fetch(_SQL["lock_lanes"], *columns)
    if len(rows) < len(wanted):
        await connection.execute(_SQL["make_lanes"], *columns)
        rows = await connection.fetch(_SQL["lock_lanes"], *columns)
    return {(row[0], row[1]): lane_of(row) for row in rows}


async def save(connection: Connection, states: Sequence[LaneState]) -> None:
    """Write lanes."""
    if states:
        rows = sorted((lane_values(state) for state in states), key=lambda row: row[:2])
        await connection.execute(_SQL["save_lanes"], *(list(column) for column in zip(*rows, strict=True)))


async def read(connection: Connection, destination: str, lane: str) -> LaneState:
    """Return a lane; one without a row as it is by default."""
    row = await connection.fetchrow(_SQL["lane"], text(destination), text(lane))
    return LaneState(destination, lane) if row is None else lane_of(row)


async def pause_for(connection: Connection, ended: Sequence[tuple[str, str, Attempt]]) -> None:
    """Pause the lanes of attempts whose destinations asked for it, unless they are paused for longer already."""
    asking = [one for one in ended if one[2].pause_until is not None]
    if not asking:
        return
    states = await lock(connection, [(destination, lane) for destination, lane, _ in asking])
    for destination, lane, attempt in asking:
        if attempt.pause_until is not None:
            reason = None if attempt.reason is None else text(attempt.reason)
            state = states[destination, lane]
            states[destination, lane] = paused(state, attempt.pause_until, reason)
    await save(connection, list(states.values()))


async def set_pause(
    connection: Connection, destination: str, lane: str, until: datetime | None, reason: str
) -> None:
    """Pause a lane until just then, on a person's word; None ends its pause."""
    (state,) = (await lock(connection, [(destination, lane)])).values()
    if until is None:
        await save(connection, [replace(state, paused_until=LONG_AGO, pause_reason=None)])
    else:
        await save(connection, [replace(state, paused_until=until, pause_reason=reason)])


async def count(connection: Connection, counts: Sequence[LaneCount], now: datetime) -> None:
    """Count ended attempts; breakers open and close."""
    states = await lock(connection, [(one.destination, one.lane) for one in counts])
    before = dict(states)
    for one in counts:
        name = (text(one.destination), text(one.lane))
        states[name] = counted(states[name], one, now)
    await save(connection, [state for name, state in states.items() if state != before[name]])
