"""Events, plans and attempts for the journal's tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from router.ids import delivery_id
from router.journal.journal import Journal
from router.journal.lane import LaneLimits
from router.model import (
    Attempt,
    DeliveryState,
    Event,
    EventState,
    Outcome,
    Plan,
    PlannedDelivery,
    StoredDelivery,
)

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
Reopen = Callable[[], Awaitable[Journal]]
"""Closes the journal and opens another one on the same store, as a restart does."""


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def later(seconds: float) -> datetime:
    """Return a time so many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def event(name: str = "a", **changes: Any) -> Event:
    """Return an event whose ids come from its name."""
    values: dict[str, Any] = {
        "uid": f"evt_{name}",
        "source": "clerk",
        "id": f"msg_{name}",
        "type": "user.created",
        "time": NOW - timedelta(seconds=1),
        "received_at": NOW,
        "body": b'{"name": "' + name.encode("utf-8", "surrogatepass") + b'"}',
        "payload": None,
        "data": None,
        "headers": (("svix-id", f"msg_{name}"), ("X-Twice", "1"), ("X-Twice", "2")),
        "query": (("q", "1"),),
    }
    return Event(**(values | changes))


def planned(uid: str = "evt_a", action: str = "slack", **changes: Any) -> PlannedDelivery:
    """Return a planned delivery of an event."""
    values: dict[str, Any] = {
        "id": delivery_id(uid, changes.get("route", "welcome"), action, changes.get("index"), ""),
        "route": "welcome",
        "action": action,
        "plugin": "slack",
        "plugin_version": "1.0",
        "destination": "slack",
        "params": b'{"text": "hi"}',
        "max_attempts": 3,
        "expires_at": NOW + timedelta(hours=1),
    }
    return PlannedDelivery(**(values | changes))


def plan(name: str = "a", *deliveries: PlannedDelivery, **changes: Any) -> Plan:
    """Return a plan with one delivery, or with those that are given."""
    found = event(name, **changes)
    return Plan(found, EventState.PLANNED, deliveries or (planned(found.uid),))


def attempt(delivery: StoredDelivery, state: DeliveryState = DeliveryState.DELIVERED, **changes: Any) -> Attempt:
    """Return how the running attempt of a delivery ended."""
    outcomes = {
        DeliveryState.READY: Outcome.RETRY,
        DeliveryState.DEAD: Outcome.DEAD,
        DeliveryState.SKIPPED: Outcome.SKIPPED,
    }
    values: dict[str, Any] = {
        "delivery_id": delivery.id,
        "lease": delivery.lease,
        "number": delivery.attempts,
        "started_at": later(1),
        "ended_at": later(2),
        "outcome": outcomes.get(state, Outcome.DELIVERED),
        "state": state,
    }
    return Attempt(**(values | changes))


async def begun(journal: Journal, name: str = "a", **changes: Any) -> StoredDelivery:
    """Store an event with one delivery, taken, and return that."""
    wanted = plan(name, planned(f"evt_{name}", **changes))
    return (await journal.append(wanted, take={wanted.deliveries[0].id})).deliveries[0]


async def found(journal: Journal, id_: str) -> StoredDelivery:
    """Return a delivery that must be there."""
    delivery = await journal.delivery(id_)
    assert delivery is not None
    return delivery


def limits(slots: int = 100, **changes: Any) -> LaneLimits:
    """Return limits that only `slots` narrows, but for the changes."""
    return LaneLimits(slots, changes.pop("concurrency", slots), **changes)


async def claim(journal: Journal, free: Mapping[str, int], now: datetime) -> list[StoredDelivery]:
    """Claim so many of each destination."""
    return list((await journal.claim({name: limits(slots) for name, slots in free.items()}, now)).deliveries)
