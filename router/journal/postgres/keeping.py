"""What is asked of the journal on a person's word, or with time: retry, hold, discard, replays, telling, purge."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from router.journal.configs import Known, columns
from router.journal.journal import DeliveryFilter, StoredConfig, StoredReplay
from router.journal.postgres import configs as config_table
from router.journal.postgres import purge as purging
from router.journal.postgres import replays as replay_table
from router.journal.postgres import settle
from router.journal.postgres.numbers import Numbers
from router.journal.postgres.reader import DEADLINE, PostgresReader
from router.journal.postgres.sessions import Connection, Sessions
from router.journal.postgres.writer import Writer
from router.model import DeliveryState, PlannedDelivery

T = TypeVar("T")
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
        self._configs = Known()

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

    async def save_replay(self, replay: StoredReplay, owner: str | None = None) -> bool:
        """Store how a replay stands; one that is over stays so."""
        return await self._transact(replay_table.save, replay, owner)

    async def own_replay(self, id_: str, owner: str, until: datetime, now: datetime) -> bool:
        """Make a running replay this owner's until then, unless another owner's time is not over."""
        return await self._transact(replay_table.own, id_, owner, until, now)

    async def attended(self, replay: str = "") -> bool:
        """Tell whether another process carries replays out: a router, or who owns this one."""
        return await self._read(replay_table.attended, replay, self._owner)

    async def save_config(self, config: StoredConfig) -> None:
        """Keep a configuration that comes into force; a repeat is harmless."""
        packed = await asyncio.to_thread(columns, config)
        now = self._clock()
        self._configs.saved(config, await self._transact(config_table.save, packed, now), now)

    async def _config_number(self, digest: str) -> int | None:
        """Return the number of a configuration that was saved, by this process or another."""
        return await self._configs.number(digest, partial(self._read, config_table.number))

    async def purge(self, settled_before: datetime, dead_before: datetime) -> int:
        """Remove a small number of events whose time is over; 0 ends a sweep, and the next call begins anew."""
        before = purging.Before.of(settled_before, dead_before)
        if (config := self._configs.to_say(self._clock())) is not None:
            await self.save_config(config)
        while (step := await self._read(purging.look, self._swept, before)) is not None:
            removed = 0
            if step.events:
                removed = await self._transact(purging.remove, step.events, before)
            self._swept = step.position
            self._configs.swept(step.configs, whole=removed == len(step.events))
            if removed:
                return removed
        self._swept = purging.Position()
        await self._transact(purging.forget, before, self._clock(), self._configs.end_sweep())
        return 0

    @property
    def _owner(self) -> int | None:
        """The number of this worker, None where it is none."""
        return None

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
