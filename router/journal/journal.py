"""The Journal protocol: what every store of events, deliveries and attempts promises.

One contract suite (tests/journal/contract.py) holds every implementation to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from router.model import (
    Attempt,
    DeliveryState,
    EventState,
    Outcome,
    Pairs,
    Plan,
    PlannedDelivery,
    StoredDelivery,
)


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: `duplicate` when the source had sent this id before, `differs` when it then had
    another body. `deliveries` are those that were stored, in the order of the plan; `lease` is theirs where
    they were taken.
    """

    uid: str
    deliveries: tuple[StoredDelivery, ...] = ()
    duplicate: bool = False
    differs: bool = False


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the journal holds it; `body` and `headers` only where one event is asked for."""

    uid: str
    source: str
    id: str
    type: str
    time: datetime
    received_at: datetime
    state: EventState
    reason: str | None
    size: int
    duplicates: int
    deliveries: Mapping[DeliveryState, int] = field(default_factory=dict)
    headers: Pairs = ()
    query: Pairs = ()
    body: bytes = b""
    deduplicable: bool = True
    duplicate_differs: int = 0  #: of the duplicates, those with another body


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One recorded try of a delivery; `outcome` is None while it runs.

    An interrupted one is no attempt, so the one after it has its `number` again.
    """

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: Outcome | None
    reason: str | None
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events; every field that is set must fit. `ids` are the router's or the sender's."""

    ids: Sequence[str] = ()
    source: str | None = None
    type: str | None = None  #: exact, or a glob with *
    state: EventState | None = None
    delivery_state: DeliveryState | None = None  #: has a delivery in this state
    route: str | None = None
    since: datetime | None = None  #: by received_at, inclusive
    until: datetime | None = None  #: exclusive
    text: str | None = None  #: in the body, as bytes
    before: str | None = None  #: a uid: continue a listing, newest first, below it
    limit: int = 50


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries; every field that is set must fit. `ids` are theirs, `event` is of either kind."""

    ids: Sequence[str] = ()
    event: str | None = None
    source: str | None = None
    type: str | None = None
    route: str | None = None
    action: str | None = None
    destination: str | None = None
    state: DeliveryState | None = None
    since: datetime | None = None  #: by creation, inclusive
    until: datetime | None = None
    text: str | None = None  #: in the parameters or the reason
    before: str | None = None  #: a delivery id: continue a listing, newest first, below it
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts by state, and the oldest due delivery that is ready."""

    events: Mapping[EventState, int]
    deliveries: Mapping[DeliveryState, int]
    oldest_due: datetime | None
    bytes: int


class Journal(Protocol):
    """A durable store. Calls that write return after their commit; they may share one with others.

    Every write raises JournalUnwritable when nothing was committed because the store cannot write now, and
    ValueError when this one row cannot be stored, which never fails its neighbours.
    """

    async def open(self) -> None:
        """Create or migrate the store; raise JournalError with what to do where that is impossible.

        Deliveries that were running when the last owner ended are ready again, with an attempt `crashed`.
        """

    async def close(self) -> None:
        """Finish what was asked, and give the store back."""

    async def append(self, plan: Plan, *, take: Collection[str] = ()) -> Appended:
        """Store an event and its planned deliveries in one commit.

        Those whose ids are in `take` are stored as running, attempt 1, for the caller to start. A
        source's id that is known already stores nothing, and counts on the first one's `duplicates`.
        """

    async def add(self, uid: str, deliveries: Sequence[PlannedDelivery], now: datetime) -> int:
        """Add the deliveries of a replay to a stored event; return how many were new.

        Dead ones of the same (route, action, index) become discarded, `replaced by a replay`.
        The new ones are due now, and their `expires_at` is moved by the event's age: they have their whole time.
        The event becomes planned, unless nothing was new. KeyError where the event is unknown.
        """

    async def claim(self, free: Mapping[str, int], now: datetime) -> list[StoredDelivery]:
        """Take due deliveries, at most `free[destination]` of each, oldest due first; running when returned."""

    async def record(self, attempt: Attempt) -> bool:
        """Settle an attempt; false where its lease is not the delivery's any more (nothing changes then)."""

    async def release(self, delivery_id: str, lease: int, now: datetime) -> bool:
        """Give a running delivery back unfinished: ready and due now, the attempt not counted (`interrupted`)."""

    async def retry(self, wanted: DeliveryFilter, now: datetime) -> list[str]:
        """Make dead deliveries ready and due now, with fresh attempts and time; return their ids, newest first.

        All that fit, without regard to `limit` and `before`. Those that are not dead stay as they are, and so do
        those whose parameters were never rendered (`params` is empty or null): there is nothing to send again.
        """

    async def next_due(self, destinations: Collection[str]) -> datetime | None:
        """Return when the next ready delivery of these destinations is due."""

    async def body(self, uid: str) -> bytes:
        """Return the event's body; KeyError where the event is unknown."""

    async def event(self, wanted: str) -> StoredEvent | None:
        """Return an event by the router's id or the sender's, whole; the newest where several fit."""

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        """List events, newest first, without bodies."""

    async def delivery(self, wanted: str) -> StoredDelivery | None:
        """Return a delivery by its id."""

    async def deliveries(self, wanted: DeliveryFilter) -> list[StoredDelivery]:
        """List deliveries, newest first."""

    async def attempts(self, delivery_id: str) -> list[StoredAttempt]:
        """List the attempts of a delivery, first to last."""

    async def count(self, wanted: EventFilter | DeliveryFilter) -> int:
        """Count what fits, without regard to `limit` and `before`."""

    async def stats(self) -> Stats:
        """Count everything by state."""

    async def probe(self) -> None:
        """Write and commit something harmless; raise JournalUnwritable where that fails."""
