"""Reading a journal in PostgreSQL: connections of its own, each read a bounded transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from router.address import Address
from router.errors import JournalError
from router.journal.journal import (
    Contents,
    DeliveryFilter,
    EventFilter,
    Queue,
    Stats,
    StoredAttempt,
    StoredConfig,
    StoredEvent,
    StoredReplay,
)
from router.journal.lane import LaneState
from router.journal.postgres import configs as config_table
from router.journal.postgres import queries
from router.journal.postgres.faults import FAULTS, cannot_open, is_lost, is_too_late, told
from router.journal.postgres.migration import check
from router.journal.postgres.sessions import Connection, Sessions
from router.model import StoredDelivery

T = TypeVar("T")
DEADLINE = 2.0
"""Seconds after which a read is ended."""
READERS = 3


class PostgresReader:
    """Reads a journal; nothing is opened before the first read. Every read may raise JournalError."""

    def __init__(self, url: str, *, deadline: float = DEADLINE) -> None:
        self.address = Address.read(url)
        self._deadline = deadline
        self._reads = Sessions(
            self.address,
            most=READERS,
            timeout=deadline,
            application=self.address.application or "router reader",
        )
        self._checked = False

    async def close(self) -> None:
        """End the reads and their connections."""
        await self._reads.close()

    async def body(self, uid: str) -> bytes:
        """Return the event's body; KeyError where the event is unknown."""
        return await self._read(queries.body, uid)

    async def event(self, wanted: str) -> StoredEvent | None:
        """Return an event by the router's id or the sender's, whole; the newest where several fit."""
        return await self._read(queries.event, wanted)

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        """List events, newest first, without bodies."""
        return await self._read(queries.events, wanted)

    async def uids(self, wanted: EventFilter, after: str | None = None, limit: int = 500) -> list[str]:
        """Return the ids of events that fit, the oldest first, from above the event `after`."""
        return await self._read(queries.uids, wanted, after, limit)

    async def config(self, wanted: str) -> StoredConfig | None:
        """Return a configuration by its digest or the beginning of it."""
        return await self._read(config_table.find, wanted)

    async def contents(self, uids: Sequence[str]) -> Mapping[str, Contents]:
        """Return what came with these events, by uid; one that is gone is left out."""
        return await self._read(queries.contents, uids)

    async def delivery(self, wanted: str) -> StoredDelivery | None:
        """Return a delivery by its id."""
        return await self._read(queries.delivery, wanted)

    async def deliveries(self, wanted: DeliveryFilter) -> list[StoredDelivery]:
        """List deliveries, newest first."""
        return await self._read(queries.deliveries, wanted)

    async def untold(self, limit: int = 100) -> list[StoredDelivery]:
        """Return dead deliveries whose death was not told yet, the oldest first."""
        return await self._read(queries.untold, limit)

    async def attempts(self, delivery_id: str) -> list[StoredAttempt]:
        """List the attempts of a delivery, first to last."""
        return await self._read(queries.attempts, delivery_id)

    async def count(self, wanted: EventFilter | DeliveryFilter) -> int:
        """Count what fits, without regard to `limit` and `before`."""
        return await self._read(queries.count, wanted)

    async def ahead(self, now: datetime) -> int:
        """Count the due deliveries of replays that nothing has started yet."""
        return await self._read(queries.ahead, now)

    async def stats(self) -> Stats:
        """Count everything by state; of tables with more than a million rows the usual state is estimated."""
        return await self._read(queries.stats)

    async def replays(self, limit: int = 50, state: str | None = None) -> list[StoredReplay]:
        """Return replays, or those in a state, the newest first."""
        return await self._read(queries.replays, limit, state)

    async def replay(self, id_: str) -> StoredReplay | None:
        """Return a replay by its id."""
        return await self._read(queries.replay, id_)

    async def queues(self) -> list[Queue]:
        """Return every lane that has ready deliveries."""
        return await self._read(queries.queues)

    async def stored_lanes(self) -> list[LaneState]:
        """Return all stored lanes."""
        return await self._read(queries.lanes)

    async def _delivery_ids(self, wanted: DeliveryFilter) -> list[str]:
        return await self._read(queries.delivery_ids, wanted)

    async def _read(self, query: Callable[..., Awaitable[T]], *wanted: Any) -> T:
        for last in (False, True):
            try:
                return await self._once(query, wanted)
            except JournalError:
                raise
            except FAULTS as error:
                if is_too_late(error) or isinstance(error, TimeoutError):
                    raise JournalError(
                        f"the search was ended after {self._deadline:g} s: narrow the filter "
                        "(`source`, `type`, `state`, `since`, `until`), or search without `text`"
                    ) from error
                if not is_lost(error):
                    raise JournalError(
                        f"the journal {self.address.name} cannot be read: {told(error, self.address)}"
                    ) from error
                self._reads.drop()  # they broke together; a read may be done again
                if last:
                    raise cannot_open(error, self.address) from error
        raise AssertionError("unreachable")

    async def _once(self, query: Callable[..., Awaitable[T]], wanted: Sequence[Any]) -> T:
        async with self._reads.session() as connection:
            if not self._checked:
                await check(connection, self.address)
                self._checked = True
            async with (
                asyncio.timeout(self._deadline + 0.5),
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await _answer(query, connection, wanted)


async def _answer(query: Callable[..., Awaitable[T]], connection: Connection, wanted: Sequence[Any]) -> T:
    return await query(connection, *wanted)
