"""The frozen values that travel along the data path: RawRequest -> Event -> Plan -> delivery -> Attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

Pairs = tuple[tuple[str, str], ...]
"""Header or query fields in the order they came; a doubled one stands twice."""


class EventState(StrEnum):
    """What became of an event."""

    UNPLANNED = "unplanned"  #: planning was put off to a worker
    PLANNED = "planned"  #: it has deliveries
    UNMATCHED = "unmatched"  #: no route took it, or none of the actions applied
    PLAN_FAILED = "plan-failed"  #: planning raised or went over its bounds; replayed after the fix


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    READY = "ready"  #: to be started when it is due
    RUNNING = "running"  #: an attempt is under way
    WAITING = "waiting"  #: ready, and not due yet; never stored, but shown and searched for
    HELD = "held"  #: stopped until a person releases it: its journal is a restored backup
    DELIVERED = "delivered"
    SKIPPED = "skipped"  #: rightly not sent, with the reason
    DISCARDED = "discarded"  #: ended by a person
    DEAD = "dead"  #: will not be tried again by itself; waits for a person


class Outcome(StrEnum):
    """How one attempt ended."""

    DELIVERED = "delivered"
    RETRY = "retry"  #: failed, and is tried again
    DEAD = "dead"  #: failed for good
    SKIPPED = "skipped"
    THROTTLED = "throttled"  #: the destination asked to wait (429); counts as no attempt
    INTERRUPTED = "interrupted"  #: cut by a shutdown; counts as no attempt
    CRASHED = "crashed"  #: the process ended while it ran; the outcome is unknown; counts as no attempt


class Priority(IntEnum):
    """The class of a delivery in its lane: live traffic first; every fourth slot goes to the lower ones."""

    FIRST = 0  #: not tried yet
    RETRY = 1  #: tried before, by itself or on a person's word
    REPLAY = 2  #: of a replay, whether tried or not


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One HTTP request as it came: the body's bytes after decompression, headers in order."""

    source: str
    method: str
    path: str
    query: Pairs
    headers: Pairs
    body: bytes
    received_at: datetime
    remote: str | None = None

    def header(self, name: str) -> str | None:
        """Return the header's value, blanks stripped; None where it is missing. The last of a doubled one."""
        found = self.all_of(name)
        return found[-1] if found else None

    def all_of(self, name: str) -> list[str]:
        """Return the values of the header, blanks stripped, in the order they came."""
        wanted = name.lower()
        return [value.strip() for key, value in self.headers if key.lower() == wanted]


@dataclass(frozen=True, slots=True)
class Event:
    """One verified message.

    `uid` is the router's id of it, `id` the sender's (or, where the sender gives none, `uid` again, and
    `deduplicable` is false). `headers` and `query` hold only what is kept; `data` is the part of
    `payload` that routes call `data`. Times are aware UTC. `window` is for how long its id tells repeats, None for
    as long as it is kept; with one, `id` was made of values of the event, and repeats may have another body.
    """

    uid: str
    source: str
    id: str
    type: str
    time: datetime
    received_at: datetime
    body: bytes
    payload: Any
    data: Any
    headers: Pairs = ()
    query: Pairs = ()
    deduplicable: bool = True
    window: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and when a delivery is tried again; times in seconds.

    Attempt n+1 waits a random time up to min(max_delay, first * 2**(n-1)).
    """

    max_attempts: int = 20
    first: float = 1.0
    max_delay: float = 4 * 3600.0
    max_age: float = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a lane's circuit breaker opens; times in seconds.

    It opens when, within `window`, at least `minimum` attempts ended and `share` of them failed. After `pause`
    one delivery is let through: its success closes the breaker, its failure opens it for another `pause`.
    """

    share: float = 0.5
    minimum: int = 20
    window: float = 60.0
    pause: float = 30.0


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
    """One action for one event, rendered: what the journal stores in the commit of the event.

    `params` is JSON, as bytes; secrets and the event's own body are referenced in it, never copied.
    `state` is ready, or dead with a reason (a template that failed), or skipped with a reason. `lane` splits
    the destination's queue; '' is its whole one. `due_at` is when it may start, None for at once; after
    `fresh_until` it is skipped. `tells` is false for what an `on_dead` made: its own death is told nobody.
    """

    id: str
    route: str
    action: str
    plugin: str
    plugin_version: str
    destination: str
    params: bytes
    max_attempts: int
    expires_at: datetime
    state: DeliveryState = DeliveryState.READY
    reason: str | None = None
    index: int | None = None
    lane: str = ""
    due_at: datetime | None = None
    fresh_until: datetime | None = None
    priority: Priority = Priority.FIRST
    tells: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """An event, and everything that is to be done about it.

    `config` is the digest of the configuration that it was planned by, '' where none is known.
    """

    event: Event
    state: EventState
    deliveries: tuple[PlannedDelivery, ...] = ()
    reason: str | None = None
    config: str = ""


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery as the journal holds it.

    `attempts` counts the attempts begun, the one that is running included. `lease` changes with every
    start, so that a late record of an earlier start is told apart. A `suspect` was running when its process
    ended; it runs alone until it has outlived that. `crashes_alone` are the ends that it is to blame for.
    """

    id: str
    event_uid: str
    source: str
    route: str
    action: str
    index: int | None
    plugin: str
    plugin_version: str
    destination: str
    params: bytes
    state: DeliveryState
    reason: str | None
    attempts: int
    max_attempts: int
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    settled_at: datetime | None = None
    first_started_at: datetime | None = None
    lease: int = 0
    interrupted: int = 0
    crashes: int = 0
    lane: str = ""
    priority: Priority = Priority.FIRST
    fresh_until: datetime | None = None
    suspect: bool = False
    crashes_alone: int = 0


@dataclass(frozen=True, slots=True)
class Death:
    """A delivery that has died, as an `on_dead` is told of it.

    `lease` tells one death of it from the next, after a person's retry.
    """

    id: str
    route: str
    action: str
    reason: str
    attempts: int
    lease: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a delivery, and what follows from it.

    `state` is the delivery's next state: delivered, dead, skipped, or ready with `due_at`. `facts` is
    what the action returned, already cut to size. `pause_until` is when its whole lane may go on, where the
    destination asked for a pause.
    """

    delivery_id: str
    lease: int
    number: int
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    state: DeliveryState
    reason: str | None = None
    due_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    pause_until: datetime | None = None

    @property
    def counts(self) -> bool:
        """Whether it is one of the delivery's `max_attempts`."""
        return self.outcome not in (Outcome.THROTTLED, Outcome.INTERRUPTED, Outcome.CRASHED)

    @property
    def duration(self) -> timedelta:
        """How long the attempt took."""
        return self.ended_at - self.started_at
