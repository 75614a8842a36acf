"""What is asked of the journal on a person's word, or with time: retry, hold, discard, replays, telling, purge."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from router.journal.encoding import microseconds, optional_text, text
from router.journal.journal import DeliveryFilter, StoredReplay
from router.journal.postgres import purge as purging
from router.journal.postgres import settle
from router.journal.postgres.numbers import Numbers
from router.journal.postgres.reader import DEADLINE, PostgresReader
from router.journal.postgres.sessions import Connection, Sessions, execute
from router.journal.postgres.writer import Writer
from router.journal.statements import load
from router.model import DeliveryState, PlannedDelivery

T = TypeVar("T")
_SAVE_REPLAY = load("postgres/write.sql")["save_replay"]
WRITERS = 5
WRITE_TIMEOUT = 10.0
"""Seconds after which a write is ended."""
PAGE = 200
_ENDED_BY_HAND = (DeliveryState.DEAD, DeliveryState.HELD)


class PostgresKeeping(PostgresReader):
    """The part of the journal in PostgreSQL that is asked for by a person, or that removes."""

    def __init__(self, url: str, *, clock: Callable[[], datetime], deadline: float = DEADLINE) -> None:
        super().__init__(url, deadline=deadline)
        self._clock = clock
        self._numbers = Numbers()
        self._writes = Sessions(
            self.address,
            most=WRITERS,
            timeout=WRITE_TIMEOUT,
            application=self.address.application or "router",
        )
        self._writer = Writer(self._writes, self.address)
        self._swept = purging.Position()

    async def retry(self, wanted: DeliveryFilter, now: datetime) -> list[str]:
        """Make dead deliveries ready and due now, with fresh attempts and time; held ones as they were."""
        state = wanted.state or DeliveryState.DEAD
        if state not in _ENDED_BY_HAND:
            return []
        change = settle.retry if state is DeliveryState.DEAD else settle.free
        retried = await self._each_page(replace(wanted, state=state), lambda c, ids: change(c, ids, now))
        if retried:
            self._say()
        return retried

    async def discard(self, wanted: DeliveryFilter, note: str, now: datetime) -> int:
        """End dead and held deliveries that fit, for good, with a note; return how many."""
        if not note.strip():
            raise ValueError("a note is needed: why these deliveries are ended")
        ended = 0
        for state in _ENDED_BY_HAND:
            if wanted.state in (None, state):

                def end(
                    connection: Connection, ids: Sequence[str], state: DeliveryState = state
                ) -> Awaitable[set[str]]:
                    return settle.discard(connection, ids, state, note.strip(), now)

                ended += len(await self._each_page(replace(wanted, state=state), end))
        return ended

    async def hold(self, reason: str, now: datetime) -> int:
        """Hold every delivery that is ready or running, until `retry` releases it; return how many."""
        held = 0
        while found := await self._transact(settle.hold, reason, now):
            held += found
        return held

    async def tell(self, delivery_id: str, planned: Sequence[PlannedDelivery], now: datetime) -> None:
        """Store what is done about a death, in one commit with the note that it was told. A repeat is harmless."""
        await self._transact(settle.tell, delivery_id, planned, now, self._numbers)
        if planned:
            self._say()

    async def save_replay(self, replay: StoredReplay) -> None:
        """Store how a replay stands; the newest word about an id counts."""
        columns = (
            text(replay.id),
            _json(replay.filter),
            _json(replay.result),
            optional_text(replay.last),
            text(replay.state),
            microseconds(replay.started_at),
            None if replay.ended_at is None else microseconds(replay.ended_at),
        )
        await self._transact(execute, _SAVE_REPLAY, *columns)

    async def purge(self, settled_before: datetime, dead_before: datetime) -> int:
        """Remove a small number of events whose time is over; 0 ends a sweep, and the next call begins anew."""
        before = purging.Before.of(settled_before, dead_before)
        while (step := await self._read(purging.look, self._swept, before)) is not None:
            removed = 0
            if step.events:
                removed = await self._transact(purging.remove, step.events, before)
            self._swept = step.position
            if removed:
                return removed
        self._swept = purging.Position()
        await self._transact(purging.forget, before, self._clock())
        return 0

    def _say(self) -> None:
        """Tell others that there is work, soon."""

    async def _transact(
        self,
        work: Callable[..., Awaitable[T]],
        *arguments: Any,
        uncertain: Callable[[T], None] = lambda _: None,
    ) -> T:
        return await self._writer.transact(work, *arguments, uncertain=uncertain)

    async def _each_page(
        self, wanted: DeliveryFilter, change: Callable[[Connection, Sequence[str]], Awaitable[set[str]]]
    ) -> list[str]:
        """Change what fits, so many a commit; the search is a reader's, so `change` looks at each again."""
        page = replace(wanted, before=None, limit=PAGE)
        changed: list[str] = []
        while found := await self._delivery_ids(page):
            did = await self._transact(change, found)
            changed += [id_ for id_ in found if id_ in did]
            page = replace(page, before=found[-1])
        return changed


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")
