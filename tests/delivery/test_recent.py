"""Events that wait for a slot are started from memory, within bounds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from router.delivery.attempt import Carried
from router.delivery.recent import Recent
from router.journal.journal import Journal, StoredEvent
from router.model import DeliveryState
from router.plugin import Delivery, EventInfo
from tests.delivery.house import Said, destination, event, eventually, house, planned

DELIVERED = DeliveryState.DELIVERED

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def carried(name: str, size: int = 1000) -> Carried:
    return Carried(EventInfo(name, name, "clerk", "user.created", NOW, NOW, ()), b"x" * size)


def test_an_event_is_found_until_there_is_no_room() -> None:
    recent = Recent(room=10_000)
    events = [carried(f"evt_{n}") for n in range(10)]
    for one in events:
        recent.keep(one)
    assert [recent.get(one.info.uid) for one in events] == [None] * 6 + events[6:]
    assert recent.get("evt_unknown") is None


def test_an_event_that_comes_again_takes_no_room() -> None:
    recent = Recent(room=5_000)
    kept = carried("evt_a")
    for _ in range(100):
        recent.keep(kept)
    recent.keep(carried("evt_b"))
    assert recent.get("evt_a") is kept


def test_one_that_is_larger_than_the_room_is_not_kept_and_harms_nothing() -> None:
    recent = Recent(room=5_000)
    recent.keep(carried("evt_large", 6_000))
    assert recent.get("evt_large") is None
    recent.keep(carried("evt_small"))
    assert recent.get("evt_small") is not None


async def test_a_delivery_that_waited_for_a_slot_is_started_without_reading_its_event_again(
    tmp_path: Path,
) -> None:
    gate = asyncio.Event()
    bodies: list[bytes] = []
    reads: list[str] = []

    async def wait(self: Any, params: Said, delivery: Delivery) -> None:
        await gate.wait()
        bodies.append(delivery.body())

    class Counting:
        def __init__(self, journal: Journal) -> None:
            self._journal = journal

        def __getattr__(self, name: str) -> Any:
            return getattr(self._journal, name)

        async def event(self, wanted: str) -> StoredEvent | None:
            reads.append(wanted)
            return await self._journal.event(wanted)

    def wrap(journal: Journal) -> Any:
        return Counting(journal)

    async with house(tmp_path, destination("app", wait, concurrency=1), wrap=wrap) as h:
        for number in range(1, 6):
            await h.accept(planned(number=number), number=number)
        await eventually(lambda: h.worker.running)
        reads.clear()  # the first may have been claimed before its append returned
        gate.set()
        for number in range(1, 6):
            await h.reach(planned(number=number).id, DELIVERED)
    assert sorted(bodies) == sorted(event(number).body for number in range(1, 6))
    assert reads == []
