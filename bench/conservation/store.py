"""Where the journal is: its address for routes.yaml, and how it is read, by the calls that everybody has."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from router.journal.journal import DeliveryFilter, EventFilter, Stats, StoredAttempt, StoredEvent
from router.journal.reader import SqliteReader
from router.model import DeliveryState, StoredDelivery

_READS_WITHIN = 60.0  # seconds; nobody waits for it here
_OPEN = (DeliveryState.READY, DeliveryState.RUNNING, DeliveryState.WAITING, DeliveryState.HELD)


class Reader(Protocol):
    """What the accounting asks of a journal."""

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        """List events."""

    async def deliveries(self, wanted: DeliveryFilter) -> list[StoredDelivery]:
        """List deliveries."""

    async def attempts(self, delivery_id: str) -> list[StoredAttempt]:
        """List the attempts of a delivery."""

    async def stats(self) -> Stats:
        """Count by state."""

    async def close(self) -> None:
        """End it."""


class Store(Protocol):
    """A journal of a run's own."""

    @property
    def url(self) -> str:
        """What stands in routes.yaml."""

    def reader(self) -> Reader:
        """Return what reads it, beside the processes."""

    async def cut(self) -> None:
        """Break all connections to it, where there are any."""


@dataclass(frozen=True)
class SqliteStore:
    """A file; one process owns it."""

    file: Path

    @property
    def url(self) -> str:
        """What stands in routes.yaml."""
        return f"sqlite:///{self.file}"

    def reader(self) -> Reader:
        """Return what reads it, beside the process that owns it."""
        return SqliteReader(self.file, deadline=_READS_WITHIN)

    async def cut(self) -> None:
        """Do nothing: a file has no connections."""


@dataclass(frozen=True)
class PostgresStore:
    """A schema of a server; the processes share it. `name` is the schema's, and that of the connections."""

    address: str
    name: str

    @property
    def url(self) -> str:
        """What stands in routes.yaml."""
        return f"{self._with('schema')}&application_name={self.name}"

    def reader(self) -> Reader:
        """Return what reads it."""
        from router.journal.postgres.reader import PostgresReader

        return PostgresReader(self._with("schema"), deadline=_READS_WITHIN)

    async def cut(self) -> None:
        """End the connections of all processes, on the server's side."""
        query = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1"
        await self._ask(query, self.name)

    async def drop(self) -> None:
        """Remove the schema and all that is in it."""
        await self._ask(f'drop schema if exists "{self.name}" cascade')

    async def _ask(self, query: str, *values: str) -> None:
        import asyncpg

        connection = await asyncpg.connect(self.address)
        try:
            await connection.execute(query) if not values else await connection.fetch(query, *values)
        finally:
            await connection.close()

    def _with(self, key: str) -> str:
        return f"{self.address}{'&' if '?' in self.address else '?'}{key}={self.name}"


@asynccontextmanager
async def opened(journal: str, address: str, folder: Path) -> AsyncIterator[Store]:
    """Prepare the store of a run: a file in the folder, or a schema of its own that goes with the run."""
    if journal == "sqlite":
        yield SqliteStore(folder / "router.db")
        return
    store = PostgresStore(address, f"conservation_{secrets.token_hex(6)}")
    try:
        yield store
    finally:
        await store.drop()


async def unsettled(reader: Reader) -> int:
    """Return how many deliveries are neither done nor dead."""
    counts = (await reader.stats()).deliveries
    return sum(counts[state] for state in _OPEN)
