"""Starting deliveries over replicas: each lane inside its limits, written as running before anybody runs them.

A lane that has a rate or a breaker that is not closed is locked while it is claimed from, so that both hold over
all replicas. Deliveries that another replica is just claiming are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from router.journal.encoding import microseconds, moment, text
from router.journal.journal import Claimed
from router.journal.lane import BreakerState, LaneLimits, LaneState, after_start, mixed, startable
from router.journal.lanes import lane_of
from router.journal.postgres import lanes
from router.journal.postgres.lanes import Name
from router.journal.postgres.sessions import Connection
from router.journal.rows import stored_delivery
from router.journal.statements import load
from router.model import Priority, StoredDelivery

_SQL = load("postgres/claim.sql")
LANES = 1000
"""Lanes that one claim looks at; the next claim goes on behind them."""
LOCKED = timedelta(seconds=0.1)
"""When to ask a lane again in which another replica had locked what is due."""


@dataclass(slots=True)
class _Lane:
    """A lane with ready deliveries, as a claim sees it."""

    state: LaneState
    due: datetime
    started: int = 0
    spent: bool = False  #: it gave less than it was asked for
    passed_over: bool = False  #: another replica had some of what is due locked

    @property
    def name(self) -> Name:
        return (self.state.destination, self.state.lane)


_Round = tuple[str, str]
"""Where a destination's lanes are to be looked at next, and where that ends: at the front, where it has begun."""


class Claims:
    """Claims of one journal; remembers where each destination's lanes are to be looked at next."""

    def __init__(self) -> None:
        self._from: dict[str, _Round] = {}

    async def claim(
        self, connection: Connection, wanted: Mapping[str, LaneLimits], now: datetime, owner: int
    ) -> Claimed:
        """Start due deliveries of these destinations."""
        found, cut = await self._lanes(connection, wanted)
        free = {destination: limits.slots for destination, limits in wanted.items()}
        seqs: list[int] = []
        while shares := self._shares(found, wanted, free, now):
            seqs += await _take(connection, shares, wanted, free, now)
        deliveries = await _start(connection, seqs, owner, now, alone=False)
        left, next_at = await _rest(connection, found, now)
        self._turn(found, free, cut)
        return Claimed(deliveries, frozenset(left), next_at, frozenset(cut))

    async def _lanes(
        self, connection: Connection, wanted: Mapping[str, LaneLimits]
    ) -> tuple[list[_Lane], set[str]]:
        """Return lanes with ready deliveries, and the destinations whose rounds are not at their end.

        A round looks at each lane once, in several claims where there are many. It begins where the last claim
        has left off, goes on at the front, and ends where it began.
        """
        rounds = {text(destination): self._from.pop(text(destination), ("", "")) for destination in wanted}
        found, cut = await _stretch(connection, rounds, LANES)
        _go_on(self._from, rounds, found, cut)
        front = {d: ("", end) for d, (start, end) in rounds.items() if start >= end and end and d not in cut}
        if front and len(found) < LANES:
            rest, more = await _stretch(connection, front, LANES - len(found))
        else:
            rest, more = [], set(front)
        _go_on(self._from, front, rest, more)
        return found + rest, cut | more

    def _shares(
        self, found: Sequence[_Lane], wanted: Mapping[str, LaneLimits], free: Mapping[str, int], now: datetime
    ) -> list[tuple[_Lane, int]]:
        """Deal the free slots of each destination out to its lanes."""
        shares = []
        for destination, limits in wanted.items():
            able = []
            for lane in found:
                if lane.state.destination == text(destination) and lane.due <= now and not lane.spent:
                    most = _most(lane, limits, free[destination], now)
                    if most:
                        able.append((lane, most))
            slots = free[destination]
            for place, (lane, most) in enumerate(able):
                share = min(most, -(-slots // (len(able) - place)))
                if share:
                    shares.append((lane, share))
                    slots -= share
        return shares

    def _turn(self, found: Sequence[_Lane], free: Mapping[str, int], cut: set[str]) -> None:
        """Where a destination's slots did not go round, begin behind the lane that got the last one, next time."""
        for destination, slots in free.items():
            served = [
                lane.state.lane for lane in found if lane.state.destination == text(destination) and lane.started
            ]
            if not slots and served and text(destination) not in cut:
                following = served[-1] + "\x01"
                self._from[text(destination)] = following, following


async def claim_suspect(
    connection: Connection, wanted: Mapping[str, LaneLimits], now: datetime, blamed: bool, owner: int
) -> StoredDelivery | None:
    """Start the suspect that is due first and whose lane lets it; marked as alone."""
    names = {text(destination): limits for destination, limits in wanted.items()}
    most = 2**31 if blamed else 0
    for seq, destination, lane in await connection.fetch(_SQL["suspects"], microseconds(now), most, list(names)):
        limits = names[destination]
        state = await lanes.read(connection, destination, lane)
        if not startable(state, limits, now):
            continue
        if _is_shared(state, limits):
            (state,) = (await lanes.lock(connection, [(destination, lane)])).values()
            if not startable(state, limits, now):
                continue
        if await connection.fetchval(_SQL["lock_suspect"], seq) is None:
            continue  # another replica has it
        if (after := after_start(state, limits, 1, now)) is not state:
            await lanes.save(connection, [after])
        return (await _start(connection, [seq], owner, now, alone=True))[0]
    return None


async def _stretch(
    connection: Connection, rounds: Mapping[str, _Round], most: int
) -> tuple[list[_Lane], set[str]]:
    """Return the next lanes of these rounds, and the destinations that may have more of them before the end."""
    found, more = await _ready_lanes(connection, {d: start for d, (start, _) in rounds.items()}, most)
    beyond = {d: end for d, (start, end) in rounds.items() if start < end}  # the others go on at the front
    inside, over = [], set()
    for lane in found:
        destination, name = lane.name
        if destination in beyond and name >= beyond[destination]:
            over.add(destination)
        else:
            inside.append(lane)
    return inside, more - over


def _go_on(at: dict[str, _Round], rounds: Mapping[str, _Round], found: Sequence[_Lane], cut: set[str]) -> None:
    for destination in cut:
        start, end = rounds[destination]
        seen = [lane.state.lane for lane in found if lane.state.destination == destination]
        at[destination] = (seen[-1] + "\x01" if seen else start), end


async def _ready_lanes(
    connection: Connection, begin: Mapping[str, str], most: int
) -> tuple[list[_Lane], set[str]]:
    rows = await connection.fetch(_SQL["ready_lanes"], list(begin), list(begin.values()), most + 1, most + 1)
    found = [_Lane(_state(row), moment(row[2])) for row in rows[:most] if row[2] is not None]
    if len(rows) <= most:
        return found, set()
    # The lanes come in rounds, one of each destination that has more: those of the last two rounds may have more.
    rounds: dict[str, int] = {}
    for row in rows:
        rounds[row[0]] = rounds.get(row[0], 0) + 1
    deepest = max(rounds.values())
    seen = {lane.state.destination for lane in found}
    return found, {name for name, depth in rounds.items() if depth >= deepest - 1 and name in seen}


def _state(row: Sequence[Any]) -> LaneState:
    if row[3] is None:
        return LaneState(row[0], row[1])
    return lane_of((row[0], row[1], *row[3:]))


def _is_shared(state: LaneState, limits: LaneLimits) -> bool:
    """Whether what may start of a lane depends on what other replicas start."""
    return bool(limits.interval) or state.breaker is not BreakerState.CLOSED


def _most(lane: _Lane, limits: LaneLimits, slots: int, now: datetime) -> int:
    busy = {**limits.busy, lane.state.lane: limits.busy.get(lane.state.lane, 0) + lane.started}
    return startable(lane.state, replace(limits, slots=slots, busy=busy), now)


async def _take(
    connection: Connection,
    shares: Sequence[tuple[_Lane, int]],
    wanted: Mapping[str, LaneLimits],
    free: dict[str, int],
    now: datetime,
) -> list[int]:
    """Lock due deliveries of these lanes, so many of each, and spend their rates; return their numbers."""
    names = {text(destination): destination for destination in wanted}
    shared = [lane for lane, _ in shares if _is_shared(lane.state, wanted[names[lane.state.destination]])]
    if shared:
        fresh = await lanes.lock(connection, [lane.name for lane in shared])
        for lane in shared:
            lane.state = fresh[lane.name]
    asked = []
    for lane, share in shares:
        limits = wanted[names[lane.state.destination]]
        asked.append(min(share, _most(lane, limits, share, now)))
        lane.spent = not asked[-1]
    rows = await connection.fetch(
        _SQL["due_in_lanes"],
        [lane.state.destination for lane, _ in shares],
        [lane.state.lane for lane, _ in shares],
        asked,
        microseconds(now),
    )
    due: list[tuple[list[int], ...]] = [([], [], []) for _ in shares]
    for place, priority, seq in rows:
        due[place - 1][priority].append(seq)
    taken: list[int] = []
    changed = []
    for (lane, _), most, queues in zip(shares, asked, due, strict=True):
        destination = names[lane.state.destination]
        limits = wanted[destination]
        turn = limits.turn + limits.slots - free[destination]
        chosen = mixed(queues[Priority.FIRST], queues[Priority.RETRY], queues[Priority.REPLAY], most, turn)
        after = after_start(lane.state, limits, len(chosen), now)
        if after is not lane.state:
            lane.state = after
            changed.append(after)
        lane.started += len(chosen)
        lane.passed_over = len(chosen) < most
        lane.spent = lane.spent or lane.passed_over
        free[destination] -= len(chosen)
        taken += chosen
    await lanes.save(connection, changed)
    return taken


async def _start(
    connection: Connection, seqs: Sequence[int], owner: int, now: datetime, *, alone: bool
) -> list[StoredDelivery]:
    if not seqs:
        return []
    rows = await connection.fetch(_SQL["start"], list(seqs), owner, microseconds(now), alone)
    return [stored_delivery(row) for row in sorted(rows, key=lambda row: (row["due"], row["seq"]))]


async def _rest(
    connection: Connection, found: Sequence[_Lane], now: datetime
) -> tuple[set[Name], dict[str, datetime]]:
    """Return the lanes that still have due deliveries, and when something of each destination may start."""
    started = [lane for lane in found if lane.started]
    dues = {lane.name: lane.due for lane in found if not lane.started}
    if started:
        columns = [lane.state.destination for lane in started], [lane.state.lane for lane in started]
        for place, due in await connection.fetch(_SQL["first_dues"], *columns):
            if due is not None:
                dues[started[place - 1].name] = moment(due)
    left: set[Name] = set()
    next_at: dict[str, datetime] = {}
    for lane in found:
        first = dues.get(lane.name)
        if first is None:
            continue
        blocked = lane.state.blocked_until(now)
        if first <= now:
            left.add(lane.name)
            # Whoever has it locked may not start it, and then nobody else looks for it.
            later = now + LOCKED if blocked is None and lane.passed_over else blocked
        else:
            later = first if blocked is None else max(first, blocked)
        if later is not None:
            destination = lane.state.destination
            next_at[destination] = min(later, next_at.get(destination, later))
    return left, next_at
