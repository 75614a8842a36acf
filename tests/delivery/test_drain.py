"""A shutdown lets attempts end, cuts the rest, and writes everything down."""

from __future__ import annotations

import asyncio
import threading
from functools import partial
from pathlib import Path
from typing import Any

from router.model import DeliveryState, EventState, Outcome, Plan
from router.plugin import Delivery, Retry
from tests.delivery.house import START, House, Said, destination, event, eventually, house, planned

DELIVERED, READY, RUNNING = DeliveryState.DELIVERED, DeliveryState.READY, DeliveryState.RUNNING


async def works(self: Any, params: Said, delivery: Delivery) -> None:
    return


def executing(h: House) -> bool:
    return any(running.executing for running in h.worker._underway._running.values())


async def test_running_attempts_may_end_and_nothing_new_is_started(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def waits(self: Any, params: Said, delivery: Delivery) -> None:
        await gate.wait()

    async with house(tmp_path, destination("app", waits, concurrency=1)) as h:
        [first] = await h.accept(planned(number=1), number=1)
        await eventually(lambda: h.worker.running)
        [second] = await h.accept(planned(number=2), number=2)
        draining = asyncio.ensure_future(h.worker.drain(60))
        await asyncio.sleep(0)
        assert h.worker.take([planned(number=3)]) == frozenset()
        gate.set()
        assert await draining == 0
        assert (await h.reach(first, DELIVERED)).attempts == 1
        assert (await h.reach(second, READY)).attempts == 0
        assert h.worker.unrecorded == 0


async def test_what_does_not_end_in_time_is_given_back_and_costs_no_attempt(tmp_path: Path) -> None:
    cleaned: list[str] = []

    async def hangs(self: Any, params: Said, delivery: Delivery) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(delivery.id)

    async with house(tmp_path, destination("app", hangs)) as h:
        [name] = await h.accept(planned())
        await eventually(lambda: h.worker.running)
        await h.reach(name, RUNNING)
        assert await h.worker.drain(0.01) == 0
        given = await h.reach(name, READY)
        assert (given.attempts, given.interrupted, given.due_at) == (0, 1, h.clock())
        assert cleaned == [name]
        assert h.seen.attempts == []
    async with house(tmp_path, destination("app", works)) as h:
        await h.reach(name, DELIVERED)
        assert [a.outcome for a in await h.attempts(name)] == [Outcome.INTERRUPTED, Outcome.DELIVERED]


async def test_an_action_that_turns_its_cancellation_into_an_error_is_interrupted_all_the_same(
    tmp_path: Path,
) -> None:
    async def hangs(self: Any, params: Said, delivery: Delivery) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise Retry("was cancelled") from None

    async with house(tmp_path, destination("app", hangs)) as h:
        [name] = await h.accept(planned())
        await eventually(lambda: h.worker.running)
        await h.worker.drain(0.01)
        assert ((await h.reach(name, READY)).attempts, h.seen.attempts) == (0, [])


async def test_an_attempt_that_still_delivers_when_it_is_cut_is_delivered(tmp_path: Path) -> None:
    async def delivers(self: Any, params: Said, delivery: Delivery) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    async with house(tmp_path, destination("app", delivers)) as h:
        [name] = await h.accept(planned())
        await eventually(lambda: h.worker.running)
        await h.worker.drain(0.01)
        await h.reach(name, DELIVERED)


async def test_the_sixth_interruption_costs_an_attempt(tmp_path: Path) -> None:
    async def hangs(self: Any, params: Said, delivery: Delivery) -> None:
        await asyncio.Event().wait()

    name = planned().id
    for round_number in range(1, 7):
        async with house(tmp_path, destination("app", hangs)) as h:
            if round_number == 1:
                await h.accept(planned())
            await eventually(partial(executing, h))
            await h.worker.drain(0)
            left = await h.reach(name, READY)
    assert (left.interrupted, left.attempts) == (5, 1)
    assert left.reason == "interrupted by a shutdown, more often than is free of charge"


async def test_an_append_under_way_when_the_drain_begins_is_given_back(tmp_path: Path) -> None:
    async with house(tmp_path, destination("app", works)) as h:
        taken = frozenset[str]()
        while not taken:
            taken = h.worker.take([planned()])
            await asyncio.sleep(0)
        draining = asyncio.ensure_future(h.worker.drain(60))
        await asyncio.sleep(0)
        plan = Plan(event(), EventState.PLANNED, (planned(),))
        h.worker.started(await h.journal.append(plan, take=taken), plan.event)
        assert await draining == 0
        assert (await h.reach(planned().id, READY)).attempts == 0


async def test_a_cancelled_process_gives_its_deliveries_back(tmp_path: Path) -> None:
    async def hangs(self: Any, params: Said, delivery: Delivery) -> None:
        await asyncio.Event().wait()

    async with house(tmp_path, destination("app", hangs)) as h:
        [name] = await h.accept(planned())
        await eventually(partial(executing, h))
        for running in h.worker._underway._running.values():
            assert running.task is not None
            running.task.cancel()  # as the end of asyncio.run does
        await eventually(lambda: not h.worker.running)
        found = await h.journal.delivery(name)
        assert found is not None
        assert found.interrupted == 1


async def test_a_delivery_whose_event_is_still_being_read_is_not_executed_any_more(tmp_path: Path) -> None:
    gate, calls, reads = asyncio.Event(), [], []

    async def counts(self: Any, params: Said, delivery: Delivery) -> None:
        calls.append(delivery.id)

    async with house(tmp_path) as h:
        [name] = await h.accept(planned())
    async with house(tmp_path, destination("app", counts)) as h:
        read = h.journal.event

        async def slowly(wanted: str) -> Any:
            reads.append(wanted)
            await gate.wait()
            return await read(wanted)

        h.journal.event = slowly  # type: ignore[method-assign]
        await eventually(lambda: reads)
        draining = asyncio.ensure_future(h.worker.drain(0))
        await eventually(lambda: all(running.interrupted for running in h.worker._underway._running.values()))
        gate.set()
        assert await draining == 0
        assert (await h.reach(name, READY)).interrupted == 1
    assert calls == []


async def test_the_end_of_a_lost_attempt_does_not_hide_the_one_that_came_after_it(tmp_path: Path) -> None:
    gates = [threading.Event(), threading.Event()]
    calls: list[str] = []

    def deaf(self: Any, params: Said, delivery: Delivery) -> None:
        calls.append(delivery.id)
        gates[len(calls) - 1].wait()

    async with house(tmp_path, destination("app", deaf)) as h:
        await h.looked()
        [name] = await h.accept(planned())
        await eventually(lambda: len(calls) == 1)
        h.journal.lost()
        assert await h.journal.release(name, 1, START)
        h.worker.wake()
        await eventually(lambda: len(calls) == 2)
        gates[0].set()
        await eventually(lambda: h.worker.running == 1)
        await asyncio.sleep(0.02)
        assert h.worker.running == 1
        gates[1].set()
        assert (await h.reach(name, DeliveryState.DELIVERED)).lease == 2
