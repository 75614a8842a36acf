"""The Journal protocol: what every store of events, deliveries and attempts promises.

One contract suite (tests/journal/contract.py) holds every implementation to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from router.journal.answers import (
    Appended,
    Claimed,
    Contents,
    Queue,
    Stats,
    StoredAttempt,
    StoredConfig,
    StoredEvent,
    StoredReplay,
)
from router.journal.lane import LaneCount, LaneLimits, LaneState
from router.model import Attempt, DeliveryState, EventState, Plan, PlannedDelivery, StoredDelivery

__all__ = [
    "Appended",
    "Claimed",
    "Contents",
    "DeliveryFilter",
    "EventFilter",
    "Journal",
    "Queue",
    "Stats",
    "StoredAttempt",
    "StoredConfig",
    "StoredEvent",
    "StoredReplay",
]


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


class Journal(Protocol):
    """A durable store. Calls that write return after their commit; they may share one with others.

    Every write raises JournalUnwritable when nothing was committed because the store cannot write now, and
    ValueError when this one row cannot be stored, which never fails its neighbours.
    """

    lost: Callable[[], None]
    """Called when what this process runs is not its own any more (another one may take it): it must stop it."""

    hint: Callable[[], None]
    """Called when another process may have made deliveries due; a store with one owner never calls it."""

    async def open(self) -> None:
        """Create or migrate the store; raise JournalError with what to do where that is impossible.

        Deliveries that were running when their owner ended are ready again: suspects, with an attempt `crashed`
        that is not counted, due after a pause that doubles with each crash. One that ended its process twice
        while it ran alone is dead, `crashes the process`.
        """

    async def close(self) -> None:
        """Finish what was asked, and give the store back."""

    async def append(self, plan: Plan, *, take: Collection[str] = (), retry_dead: bool = True) -> Appended:
        """Store an event and its planned deliveries in one commit, as `append_all` does."""

    async def append_all(
        self, plans: Sequence[Plan], *, take: Collection[str] = (), retry_dead: bool = True
    ) -> list[Appended]:
        """Store events and their planned deliveries in one commit, all of them or none; one result for each.

        Those whose ids are in `take` are stored as running, attempt 1, for the caller to start. A
        source's id that is known already stores nothing, and counts on the first one's `duplicates`; with
        `retry_dead`, and unless its body differs, the dead deliveries of that event are due again, as by `retry`.
        """

    async def save_config(self, config: StoredConfig) -> None:
        """Keep a configuration that comes into force, before an event is planned by it; a repeat is harmless.

        Only events that were planned by one that was saved have it. Of the one that was saved last a purge says
        again, every hour, that it is in force.
        """

    async def config(self, wanted: str) -> StoredConfig | None:
        """Return a configuration by its digest or the beginning of it; the one in force last where several fit."""

    async def add(self, uid: str, deliveries: Sequence[PlannedDelivery], now: datetime) -> int:
        """Add the deliveries of a replay to a stored event; return how many were new.

        Dead ones of the same (route, action, index) become discarded, `replaced by a replay`.
        The new ones are due now, or as much later as they were planned after the event's receipt, and their
        `expires_at` is moved by the event's age: they have their whole time.
        The event becomes planned, unless nothing was new. KeyError where the event is unknown.
        """

    async def claim(self, wanted: Mapping[str, LaneLimits], now: datetime) -> Claimed:
        """Take due deliveries of these destinations, each lane inside its limits; running when returned.

        A lane that is paused, whose breaker is open or whose rate is spent gives none. Higher priorities go
        first, every fourth slot to a lower one (`lane.mixed`); in a priority the oldest due one is first. Rates
        and probes of breakers are written in the same commit. Suspects are left to `claim_suspect`.
        """

    async def claim_suspect(
        self, wanted: Mapping[str, LaneLimits], now: datetime, *, blamed: bool = False
    ) -> StoredDelivery | None:
        """Take the suspect that is due first and whose lane lets it start; running, and marked as alone.

        One that has ended a process while it ran alone only where `blamed`.
        """

    async def clear(self, delivery_id: str, lease: int) -> bool:
        """Note that a suspect has run alone long enough: it is none any more, and others may run beside it."""

    async def record(self, attempt: Attempt) -> bool:
        """Settle an attempt; false where its lease is not the delivery's any more (nothing changes then).

        A suspect is none any more. An attempt that does not count leaves the delivery its number of attempts, and
        its `first_started_at` empty where nothing else was begun; one that does makes it a retry. `pause_until`
        pauses the whole lane, in the same commit.
        """

    async def release(self, delivery_id: str, lease: int, now: datetime) -> bool:
        """Give a running delivery back unfinished: ready and due now, the attempt not counted (`interrupted`)."""

    async def retry(self, wanted: DeliveryFilter, now: datetime) -> list[str]:
        """Make dead deliveries ready and due now, with fresh attempts and time; return their ids, newest first.

        All that fit, without regard to `limit` and `before`. Those that are not dead stay as they are, and so do
        those whose parameters were never rendered (`params` is empty or null): there is nothing to send again.
        With the state `held` in the filter it is the held ones that become ready, as they were.
        """

    async def discard(self, wanted: DeliveryFilter, note: str, now: datetime) -> int:
        """End dead and held deliveries that fit, for good, with a note; return how many.

        Only those in the state of the filter, where it names one.
        """

    async def hold(self, reason: str, now: datetime) -> int:
        """Hold every delivery that is ready or running, until `retry` releases it; return how many."""

    async def lanes(self, counts: Sequence[LaneCount] = (), now: datetime | None = None) -> list[LaneState]:
        """Count ended attempts, which may open or close breakers (`lane.counted`); return all stored lanes."""

    async def queues(self) -> list[Queue]:
        """Return every lane that has ready deliveries."""

    async def pause(self, destination: str, lane: str | None, until: datetime | None, reason: str) -> None:
        """Pause a lane until then, or end its pause (None); `lane` None is the destination's whole lane ''."""

    async def untold(self, limit: int = 100) -> list[StoredDelivery]:
        """Return dead deliveries whose death was not told yet, the oldest first."""

    async def tell(self, delivery_id: str, planned: Sequence[PlannedDelivery], now: datetime) -> None:
        """Store what is done about a death, in one commit with the note that it was told; a repeat is harmless.

        The new deliveries have their whole time from `now` on, as those that `add` stores.
        """

    async def purge(self, settled_before: datetime, dead_before: datetime) -> int:
        """Remove a small number of events whose time is over, with all that belongs to them; return how many.

        Those received before `settled_before` whose deliveries were all settled before then; a dead one keeps
        its event until it has been dead since `dead_before`. Their ids are forgotten with them. The newest event
        stays. Configurations that no event has any more go at the end of a sweep, a day after they were in force,
        but for the newest. 0 means that nothing is left to remove.
        """

    async def rewind(self, now: datetime) -> int:
        """Mend what was written while the clock was ahead of `now`; return how many deliveries that were.

        What is ready and was last touched in the future is due no later than it would have been.
        """

    async def save_replay(self, replay: StoredReplay, owner: str | None = None) -> bool:
        """Store how a replay stands; the newest word about an id counts. Tell whether it stands so.

        One that is over stays as it ended: only its owner may still tell its counts. With an `owner` nothing is
        changed where the replay is not that one's.
        """

    async def own_replay(self, id_: str, owner: str, until: datetime, now: datetime) -> bool:
        """Make a running replay this owner's until then, unless another owner's time is not over.

        False where it is another's, or not running any more. A store of many processes counts the time from
        `now` by its own clock; one with one owner takes nobody else's time for valid.
        """

    async def attended(self, replay: str = "") -> bool:
        """Tell whether another process carries replays out: a router that runs here, or who owns this one."""

    async def replays(self, limit: int = 50, state: str | None = None) -> list[StoredReplay]:
        """Return replays, or those in a state, the newest first."""

    async def replay(self, id_: str) -> StoredReplay | None:
        """Return a replay by its id."""

    async def uids(self, wanted: EventFilter, after: str | None = None, limit: int = 500) -> list[str]:
        """Return the ids of events that fit, the oldest first, from above `after`, unless that is gone by now."""

    async def ahead(self, now: datetime) -> int:
        """Count the due deliveries of replays that nothing has started yet."""

    async def body(self, uid: str) -> bytes:
        """Return the event's body; KeyError where the event is unknown."""

    async def event(self, wanted: str) -> StoredEvent | None:
        """Return an event by the router's id or the sender's, whole; the newest where several fit."""

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        """List events, newest first, without bodies."""

    async def contents(self, uids: Sequence[str]) -> Mapping[str, Contents]:
        """Return what came with these events, by uid; one that is gone is left out."""

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

    async def ready(self) -> None:
        """Raise JournalUnwritable where a new event would be refused now: a probe, and room on the disk."""
