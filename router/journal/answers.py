"""What a journal answers: stored events, deliveries that were taken, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from router.model import DeliveryState, EventState, Outcome, Pairs, StoredDelivery


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did: `duplicate` when the source had sent this id before, `differs` when it then had
    another body. `deliveries` are those that were stored, in the order of the plan; `lease` is theirs where
    they were taken. `retried` are the dead deliveries of a duplicate's event that it made due again.
    """

    uid: str
    deliveries: tuple[StoredDelivery, ...] = ()
    duplicate: bool = False
    differs: bool = False
    retried: int = 0


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim took. `left` are the lanes (destination, lane) that still have due deliveries.

    `next_at` says of each destination that was asked for when something may start that cannot now: it becomes
    due, or its lane's pause, rate or breaker lets it. Lanes that only want a free slot are not in it. `cut` are
    destinations of which not every lane was looked at yet; the next claims look at the others.
    """

    deliveries: Sequence[StoredDelivery] = ()
    left: frozenset[tuple[str, str]] = frozenset()
    next_at: Mapping[str, datetime] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class StoredReplay:
    """A replay that was asked for: its filter and its counts so far, as JSON has them.

    `last` is the event that it did last; `state` is running, done or cancelled.
    """

    id: str
    filter: Mapping[str, object]
    result: Mapping[str, object]
    last: str | None
    state: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredConfig:
    """A configuration as the journal keeps it: enough to compile it again, and no value that came from outside.

    `root` is the folder of its first file. `files` has the texts as they stand there, `${...}` unexpanded, by
    their names relative to the root; `read` names those that are YAML, in the order in which they were read (the
    first alone where it is empty), and the others are templates. `variables` has a fingerprint of what each
    reference stood for, by the name of the variable or `file:` and that of the file; '' where it was unset.
    `digest` tells it from all others.
    """

    digest: str
    root: str
    files: Mapping[str, str]
    variables: Mapping[str, str]
    first_used_at: datetime
    read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """What is stored of the request that an event came with."""

    headers: Pairs
    query: Pairs
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event as the journal holds it; `body` and `headers` only where one event is asked for.

    `config` is the digest of the configuration that was in force when it came, '' where none is known; a replay
    does not change it.
    """

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
    config: str = ""


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
class Queue:
    """What waits in a lane: ready deliveries, suspects too, and when the first of them is or was due."""

    destination: str
    lane: str
    ready: int
    first_due: datetime


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts by state, and the oldest due delivery that is ready."""

    events: Mapping[EventState, int]
    deliveries: Mapping[DeliveryState, int]
    oldest_due: datetime | None
    bytes: int
