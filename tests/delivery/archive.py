"""A journal with events of the past, and routes of today that may say other things about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from router.delivery.replay import Cursor, Replay, ReplayResult
from router.delivery.replay_request import Only, ReplayRequest
from router.journal.journal import DeliveryFilter, EventFilter, StoredEvent
from router.journal.sqlite import SqliteJournal
from router.model import Attempt, DeliveryState, Event, EventState, Outcome, Plan, PlannedDelivery, StoredDelivery
from tests.delivery.house import START, Clock, event, planned

DELIVERED, DEAD, READY, RUNNING = (
    DeliveryState.DELIVERED,
    DeliveryState.DEAD,
    DeliveryState.READY,
    DeliveryState.RUNNING,
)


def past(number: int) -> Event:
    """Return an event that came in so many seconds after START."""
    return replace(event(number), received_at=START + timedelta(seconds=number))


class Today:
    """Routes of today: each event makes these deliveries; `planned` counts how often an event was planned."""

    def __init__(self, *actions: str, plan: Callable[[StoredEvent, Plan], Plan] | None = None) -> None:
        self.actions: Mapping[str, tuple[str, ...]] = {"hello": actions or ("say", "also"), "bye": ("wave",)}
        self.hosts: Mapping[str, str] = {"app": "app.example"}
        self.plan = plan
        self.planned: list[str] = []

    def replan(self, stored: StoredEvent, replay: str, only: Only | None = None) -> Plan:
        """Plan an event."""
        number = int(stored.uid[4:])
        assert stored.body == event(number).body
        self.planned.append(stored.uid)
        made = tuple(
            planned(number=number, action=action, replay=replay)
            for action in self.actions["hello"]
            if only is None or only("hello", action)
        )
        state = EventState.PLANNED if made else EventState.UNMATCHED
        plan = Plan(past(number), state, made)
        return plan if self.plan is None else self.plan(stored, plan)


@dataclass
class Archive:
    """The journal, and a clock that stands still, ten minutes after START."""

    journal: SqliteJournal
    clock: Clock = field(default_factory=Clock)

    async def keep(self, *numbers: int, state: DeliveryState = DELIVERED, **more: Any) -> None:
        """Store events whose one delivery is in this state."""
        for number in numbers:
            await self.store(number, planned(number=number, **more), state=state)

    async def store(self, number: int, *deliveries: PlannedDelivery, state: DeliveryState = DELIVERED) -> None:
        """Store an event with these deliveries, which are in this state."""
        plan = Plan(past(number), EventState.PLANNED, deliveries)
        taken = () if state is READY else [delivery.id for delivery in deliveries]
        for delivery in (await self.journal.append(plan, take=taken)).deliveries:
            if state not in (READY, RUNNING):
                await self.end(delivery, state)

    async def end(self, delivery: StoredDelivery, state: DeliveryState) -> None:
        """Let the running attempt of a delivery end so."""
        outcome = Outcome.DEAD if state is DEAD else Outcome.DELIVERED
        now = self.clock()
        assert await self.journal.record(
            Attempt(delivery.id, delivery.lease, delivery.attempts, now, now, outcome, state)
        )

    async def states(self) -> dict[str, int]:
        """Count the deliveries by state."""
        found: dict[str, int] = {}
        for delivery in await self.journal.deliveries(DeliveryFilter(limit=100_000)):
            found[delivery.state.value] = found.get(delivery.state.value, 0) + 1
        return found

    async def run(self, today: Today, *, dry_run: bool = False, **asked: Any) -> dict[str, Any]:
        """Replay from the first to the last event at once; return the counts that are not nothing."""
        wanted = asked.pop("wanted", EventFilter())
        replay = Replay(self.journal, today, ReplayRequest(wanted, **asked), "rpl_1")
        cursor, result = Cursor(), ReplayResult()
        while uids := await replay.page(cursor):
            await replay.steps(uids, cursor, result, self.clock, dry_run=dry_run)
        return {name: count for name, count in result.as_dict().items() if count}


@asynccontextmanager
async def archive(path: Path, clock: Clock | None = None) -> AsyncIterator[Archive]:
    """Open one in a folder."""
    if clock is None:
        clock = Clock()
        clock.move(minutes=10)
    journal = SqliteJournal(path / "journal.db", clock=clock, min_free=0)
    await journal.open()
    yield Archive(journal, clock)
    await journal.close()
