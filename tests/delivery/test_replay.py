"""Stored events go through today's routes again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from router.delivery import replay as module
from router.delivery.replay import replay
from router.errors import Permanent, Rejected
from router.journal.journal import EventFilter, StoredEvent
from router.model import DeliveryState, EventState, Plan
from router.plugin import Delivery
from tests.delivery.house import House, Said, destination, event, house, planned

DELIVERED, DEAD, DISCARDED = DeliveryState.DELIVERED, DeliveryState.DEAD, DeliveryState.DISCARDED


async def works(self: Any, params: Said, delivery: Delivery) -> None:
    return


async def fails(self: Any, params: Said, delivery: Delivery) -> None:
    raise Permanent("HTTP 400")


def today(stored: StoredEvent, generation: str) -> Plan:
    """Plan by routes that have two actions."""
    number = int(stored.uid[4:])
    assert stored.body == event(number).body
    both = tuple(planned(number=number, action=by, replay=generation) for by in ("say", "also"))
    return Plan(event(number), EventState.PLANNED, both)


async def run(h: House, plan: Any = today, wanted: EventFilter | None = None, **options: Any) -> dict[str, Any]:
    result = await replay(h.journal, plan, wanted or EventFilter(), replay="rpl_1", now=h.clock(), **options)
    h.worker.wake()
    counts = result.as_dict()
    return {name: count for name, count in counts.items() if count}


async def fill(h: House, events: int) -> None:
    for number in range(1, events + 1):
        await h.accept(planned(number=number), number=number)
    for number in range(1, events + 1):
        await h.reach(planned(number=number).id, DELIVERED, DEAD)


async def test_what_was_delivered_is_left_out(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        await fill(h, 3)
        assert await run(h) == {"events": 3, "deliveries": 3, "left_out": 3}
        for number in (1, 2, 3):
            await h.reach(planned(number=number, action="also", replay="rpl_1").id, DELIVERED)
            assert await h.journal.delivery(planned(number=number, replay="rpl_1").id) is None


async def test_again_sends_it_a_second_time_under_another_id(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        await fill(h, 1)
        assert await run(h, again=True) == {"events": 1, "deliveries": 2}
        await h.reach(planned(replay="rpl_1").id, DELIVERED)
        await h.reach(planned(replay="rpl_1", action="also").id, DELIVERED)


async def test_a_dry_run_counts_the_same_and_changes_nothing(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        await fill(h, 2)
        assert await run(h, dry_run=True) == {"events": 2, "deliveries": 2, "left_out": 2}
        assert await h.states() == [DELIVERED, DELIVERED]


async def test_a_dead_delivery_is_replaced(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", fails)) as h:
        await fill(h, 1)
        assert (await h.reach(planned().id, DEAD)).reason == "HTTP 400"
        await h.targets.swap({"app": destination("app", works)})
        await h.targets.settled()
        assert await run(h) == {"events": 1, "deliveries": 2}
        await h.reach(planned(replay="rpl_1").id, DELIVERED)
        await h.reach(planned().id, DISCARDED)


async def test_what_is_still_under_way_is_left_out(tmp_path: Path) -> None:
    async with house(tmp_path) as h:  # the destination is not there, so it waits
        await h.accept(planned())
        assert await run(h) == {"events": 1, "deliveries": 1, "left_out": 1}


async def test_items_of_a_loop_are_told_apart(tmp_path: Path) -> None:
    def items(stored: StoredEvent, generation: str) -> Plan:
        return Plan(event(), EventState.PLANNED, tuple(planned(index=i, replay=generation) for i in range(3)))

    async with house(tmp_path, destination("app", works)) as h:
        await h.accept(planned(index=1))
        await h.reach(planned(index=1).id, DELIVERED)
        assert await run(h, items) == {"events": 1, "deliveries": 2, "left_out": 1}


async def test_events_are_replayed_oldest_first_over_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    order: list[str] = []

    def looks(stored: StoredEvent, generation: str) -> Plan:
        order.append(stored.uid)
        return today(stored, generation)

    async with house(tmp_path, destination("app", works)) as h:
        await fill(h, 10)
        assert await run(h, looks, EventFilter(limit=1)) == {"events": 10, "deliveries": 10, "left_out": 10}
        assert await run(h, looks, EventFilter(ids=["msg_4"]), again=True, dry_run=True) == {
            "events": 1,
            "deliveries": 2,
        }
    assert order == [f"evt_{n:05}" for n in range(1, 11)] + ["evt_00004"]


async def test_events_that_cannot_be_planned_or_match_nothing_are_counted(tmp_path: Path) -> None:
    def today_is_bad(stored: StoredEvent, generation: str) -> Plan:
        number = int(stored.uid[4:])
        plan = today(stored, generation)
        if number == 1:
            raise Rejected(404, "no source `clerk` is configured any more")
        if number == 2:
            return replace(plan, state=EventState.PLAN_FAILED, deliveries=(), reason="too many")
        if number == 3:
            return replace(plan, state=EventState.UNMATCHED, deliveries=())
        dead = planned(number=number, action="also", replay=generation, state=DEAD, reason="no `data.x`")
        return replace(plan, deliveries=(dead,))

    async with house(tmp_path, destination("app", works)) as h:
        await fill(h, 4)
        assert await run(h, today_is_bad) == {
            "events": 4,
            "plan_failed": 2,
            "unmatched": 1,
            "dead": 1,
            "failures": ["evt_00001: no source `clerk` is configured any more", "evt_00002: too many"],
        }
        await h.reach(planned(number=4, action="also", replay="rpl_1").id, DEAD)
