"""Reading the journal beside whoever writes it: read-only connections, in threads, each read bounded."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from router.errors import JournalError
from router.journal import configs as config_table
from router.journal import queries, telling
from router.journal import replays as replay_table
from router.journal.connection import code_of
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
from router.journal.migration import open_for_reading
from router.model import StoredDelivery

T = TypeVar("T")
DEADLINE = 2.0
"""Seconds after which a read is ended: an open one keeps the write-ahead log from being emptied."""
THREADS = 4
_STEPS = 2000  # of SQLite's virtual machine between two looks at the clock


class SqliteReader:
    """Reads a journal file; nothing is opened before the first read. Every read may raise JournalError.

    No read stays open across an await, and none takes longer than `deadline` seconds.
    """

    def __init__(self, path: Path, *, deadline: float = DEADLINE) -> None:
        self.path = path
        self._deadline = deadline
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="journal-reader")
        self._own = threading.local()
        self._opened: list[sqlite3.Connection] = []

    async def close(self) -> None:
        """End the reads and their connections."""
        await asyncio.to_thread(self._threads.shutdown)
        while self._opened:
            self._opened.pop().close()

    async def body(self, uid: str) -> bytes:
        """Return the event's body; KeyError where the event is unknown."""
        return await self._read(queries.body, uid)

    async def event(self, wanted: str) -> StoredEvent | None:
        """Return an event by the router's id or the sender's, whole; the newest where several fit."""
        return await self._read(queries.event, wanted)

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        """List events, newest first, without bodies."""
        return await self._read(queries.events, wanted)

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

    async def attempts(self, delivery_id: str) -> list[StoredAttempt]:
        """List the attempts of a delivery, first to last."""
        return await self._read(queries.attempts, delivery_id)

    async def count(self, wanted: EventFilter | DeliveryFilter) -> int:
        """Count what fits, without regard to `limit` and `before`."""
        return await self._read(queries.count, wanted)

    async def stats(self) -> Stats:
        """Count everything by state."""
        stats = await self._read(queries.stats)
        log = self.path.with_name(self.path.name + "-wal")
        try:
            size = log.stat().st_size
        except OSError:
            size = 0
        return Stats(stats.events, stats.deliveries, stats.oldest_due, stats.bytes + size)

    async def replays(self, limit: int = 50, state: str | None = None) -> list[StoredReplay]:
        """Return replays, or those in a state, the newest first."""
        return await self._read(replay_table.replays, limit, state)

    async def replay(self, id_: str) -> StoredReplay | None:
        """Return a replay by its id."""
        return await self._read(replay_table.replay, id_)

    async def uids(self, wanted: EventFilter, after: str | None = None, limit: int = 500) -> list[str]:
        """Return the ids of events that fit, the oldest first, from above the event `after`."""
        return await self._read(replay_table.uids, wanted, after, limit)

    async def ahead(self, now: datetime) -> int:
        """Count the due deliveries of replays that nothing has started yet."""
        return await self._read(replay_table.ahead, now)

    async def untold(self, limit: int = 100) -> list[StoredDelivery]:
        """Return dead deliveries whose death was not told yet, the oldest first."""
        return await self._read(telling.untold, limit)

    async def queues(self) -> list[Queue]:
        """Return every lane that has ready deliveries."""
        return await self._read(queries.queues)

    async def stored_lanes(self) -> list[LaneState]:
        """Return all stored lanes."""
        return await self._read(queries.lanes)

    async def _dead_ids(self, wanted: DeliveryFilter) -> Sequence[str]:
        return await self._read(queries.delivery_ids, wanted)

    async def _read(self, query: Callable[..., T], *wanted: Any) -> T:
        loop = asyncio.get_running_loop()
        try:
            reading = loop.run_in_executor(self._threads, self._run, query, wanted)
        except RuntimeError as error:
            raise JournalError("the journal is closed") from error
        return await reading

    def _run(self, query: Callable[..., T], wanted: tuple[Any, ...]) -> T:
        connection = self._connection()
        end = time.monotonic() + self._deadline
        connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            connection.execute("begin")
            return query(connection, *wanted)
        except sqlite3.Error as error:
            if code_of(error) == sqlite3.SQLITE_INTERRUPT:
                raise JournalError(
                    f"the search was ended after {self._deadline:g} s: narrow the filter "
                    "(`source`, `type`, `state`, `since`, `until`), or search without `text`"
                ) from error
            raise JournalError(f"the journal `{self.path}` cannot be read: {error}") from error
        finally:
            if connection.in_transaction:
                connection.rollback()
            connection.set_progress_handler(None, 0)

    def _connection(self) -> sqlite3.Connection:
        known: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if known is None:
            known = self._own.connection = open_for_reading(self.path)
            self._opened.append(known)
        return known
