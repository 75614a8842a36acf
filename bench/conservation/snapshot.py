"""The journal at the end of a run, as far as the accounting needs it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.conservation.store import Reader
from router.journal.journal import DeliveryFilter, EventFilter, StoredAttempt, StoredEvent
from router.model import StoredDelivery

_PAGE = 1000
_AT_ONCE = 4


@dataclass(frozen=True)
class Snapshot:
    """Events by the sender's id, deliveries by the router's id of their event, attempts by delivery.

    `attempts` holds those of deliveries that were sent, or started, more than once.
    """

    events: Mapping[str, Sequence[StoredEvent]]
    deliveries: Mapping[str, Sequence[StoredDelivery]]
    attempts: Mapping[str, Sequence[StoredAttempt]]


async def take(reader: Reader, requests: Mapping[str, int]) -> Snapshot:
    """Read all of it; `requests` says how often each delivery was seen."""
    events: dict[str, list[StoredEvent]] = defaultdict(list)
    before: str | None = None
    while found := await reader.events(EventFilter(before=before, limit=_PAGE)):
        for event in found:
            events[event.id].append(event)
        before = found[-1].uid
    deliveries: dict[str, list[StoredDelivery]] = defaultdict(list)
    before = None
    while page := await reader.deliveries(DeliveryFilter(before=before, limit=_PAGE)):
        for delivery in page:
            deliveries[delivery.event_uid].append(delivery)
        before = page[-1].id
    several = [
        delivery.id
        for group in deliveries.values()
        for delivery in group
        if max(requests.get(delivery.id, 0), delivery.attempts + delivery.crashes + delivery.interrupted) > 1
        or requests.get(delivery.id, 0) > delivery.attempts
    ]
    attempts: dict[str, Sequence[StoredAttempt]] = {}
    waiting = iter(several)

    async def one() -> None:
        for name in waiting:
            attempts[name] = await reader.attempts(name)

    await asyncio.gather(*(one() for _ in range(_AT_ONCE)))
    return Snapshot(events, deliveries, attempts)


def counted(keys: Sequence[str]) -> Mapping[str, int]:
    """Return how often each key was seen."""
    return Counter(keys)
