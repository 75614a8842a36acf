"""Where the journal is: its address for routes.yaml, and how it is read, by the calls that everybody has."""

from __future__ import annotations

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
        """Return what reads it."""


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


@asynccontextmanager
async def opened(journal: str, address: str, folder: Path) -> AsyncIterator[Store]:
    """Prepare the store of a run; what it leaves goes with it."""
    if journal != "sqlite":
        raise ValueError(f"there is no journal `{journal}`: write sqlite")
    yield SqliteStore(folder / "router.db")


async def unsettled(reader: Reader) -> int:
    """Return how many deliveries are neither done nor dead."""
    counts = (await reader.stats()).deliveries
    return sum(counts[state] for state in _OPEN)
